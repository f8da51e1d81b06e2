"""The dependency layers: complete, small enough, and enough for every handler to be imported and to work."""

import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distributions, version
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from serverless_app.wheels import LayerError, build_layer, lambda_platforms
from tests.infrastructure.layers import LAYERS, OF_THE_RUNTIME, ROOT, Layer, import_path

HANDLERS = sorted(f"{path.parent.name}.{path.stem}" for path in ROOT.glob("lambdas/*/[!_]*.py"))
LIMIT = 250 * 1024 * 1024
AARCH64 = 183  # e_machine in the header of an ELF file

pytestmark = pytest.mark.network


@dataclass(frozen=True)
class Built:
    """A layer as it is deployed, and whether its modules came compiled."""

    layer: Layer
    folder: Path
    compiled: bool

    def libraries(self) -> list[Path]:
        """Return the compiled code in it."""
        return [path for path in self.folder.rglob("*.so*") if path.read_bytes()[:4] == b"\x7fELF"]


@pytest.fixture(scope="module", params=LAYERS, ids=lambda layer: layer.pipeline)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    layer: Layer = request.param
    out = tmp_path_factory.mktemp("arm64")
    platforms = lambda_platforms(layer.runtime)
    compiled = build_layer(layer.requirements, out, runtime=layer.runtime, platforms=platforms)
    return Built(layer, out, compiled)


@pytest.fixture(scope="module")
def import_paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What functions have on their import path, by layer."""
    return {layer.pipeline: import_path(layer, tmp_path_factory.mktemp(layer.pipeline)) for layer in LAYERS}


def test_deployed_wheels_are_for_arm64_and_the_runtime(built: Built) -> None:
    libraries = built.libraries()
    assert libraries
    assert {int.from_bytes(path.read_bytes()[18:20], "little") for path in libraries} == {AARCH64}
    tags = {tag for path in libraries for tag in re.findall(r"cpython-\d+-\w+", path.name)}
    assert tags == {f"cpython-{built.layer.runtime.replace('.', '')}-aarch64"}


def test_deployed_wheels_need_no_newer_c_library_than_the_runtime_has(built: Built) -> None:
    needed = {
        int(minor)
        for path in built.libraries()
        for minor in re.findall(rb"\0GLIBC_2\.(\d+)[.\d]*\0", path.read_bytes())
    }
    assert needed
    assert max(needed) <= built.layer.glibc


def test_layer_has_what_its_packages_require(built: Built) -> None:
    packages = list(distributions(path=[str(built.folder / "python")]))
    here = {canonicalize_name(package.name) for package in packages} | set(OF_THE_RUNTIME)
    required = {
        canonicalize_name(requirement.name)
        for package in packages
        for requirement in map(Requirement, package.requires or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    assert required
    assert required <= here


def test_layer_has_the_versions_that_the_tests_run_with(built: Built) -> None:
    deployed = {package.name: package.version for package in distributions(path=[str(built.folder / "python")])}
    assert deployed == {name: version(name) for name in deployed}


def test_layer_and_functions_stay_below_the_limit_of_lambda(built: Built) -> None:
    shipped = [built.folder, ROOT / "etl", ROOT / "lambdas"]
    size = sum(path.stat().st_size for folder in shipped for path in folder.rglob("*") if path.is_file())
    assert 0 < size < LIMIT


def test_layer_says_whether_its_modules_are_compiled(built: Built) -> None:
    tag = f"cpython-{built.layer.runtime.replace('.', '')}"
    assert built.compiled is bool(list((built.folder / "python" / "msgspec").rglob(f"*.{tag}.pyc")))


def test_nothing_is_left_that_no_function_loads(built: Built) -> None:
    names = {path.name for path in built.folder.rglob("*")}
    assert not [name for name in names if "flight" in name and ".so" in name]
    assert not {"include", "_pyarrow_cpp_tests.pyx", "bin"} & names


def test_a_requirement_that_does_not_exist_is_named(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("msgspec==0.0.0\n")
    with pytest.raises(LayerError, match=r"msgspec==0\.0\.0"):
        build_layer(requirements, tmp_path / "out", runtime="3.11", platforms=lambda_platforms("3.11"))


def test_a_layer_for_a_runtime_that_is_not_installed_here_is_not_compiled(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("jmespath==1.1.0\n")
    assert build_layer(requirements, tmp_path, runtime="3.99", platforms=lambda_platforms("3.13")) is False


@pytest.mark.parametrize("handler", HANDLERS)
def test_handler_needs_nothing_but_its_layer(import_paths: dict[str, str], handler: str) -> None:
    done = _run(f"from lambdas.{handler} import handler", import_paths[handler.partition(".")[0]])
    assert done.returncode == 0, done.stderr


def test_a_package_outside_the_layer_is_out_of_a_handlers_reach(import_paths: dict[str, str]) -> None:
    assert find_spec("rich") is not None
    assert "No module named 'rich'" in _run("import rich", import_paths["lake_export"]).stderr


WORK = """
import adbc_driver_postgresql, duckdb, pyarrow as pa, pyarrow.parquet as pq, pyarrow.compute as pc, sys
rows = pa.table({"id": pa.array([3, 1, 2]), "cost": pa.array(["1.10", None, "2.5"]).cast(pa.decimal128(12, 6))})
pq.write_table(rows, sys.argv[1], compression="zstd")
assert pq.read_table(sys.argv[1]).equals(rows)
with duckdb.connect() as connection:
    (total,) = connection.execute(f"SELECT sum(id) FROM read_parquet('{sys.argv[1]}')").fetchone()
    assert total == connection.execute("SELECT sum(id) FROM rows").fetchone()[0] == pc.sum(rows["id"]).as_py() == 6
try:
    adbc_driver_postgresql.connect("postgresql://127.0.0.1:1/nowhere")
except Exception as error:
    assert "refused" in str(error), error
else:
    raise AssertionError("connected to a closed port")
"""


def test_what_was_left_out_of_the_packages_is_not_missed(import_paths: dict[str, str], tmp_path: Path) -> None:
    done = _run(WORK, import_paths["lake_export"], str(tmp_path / "data.parquet"))
    assert done.returncode == 0, done.stderr


def _run(code: str, import_path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -S leaves out site-packages, -P the working directory: the import path is all there is.
    return subprocess.run(
        [sys.executable, "-S", "-P", "-c", code, *arguments],
        env={"PYTHONPATH": import_path, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
