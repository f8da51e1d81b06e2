"""A local cloud starts, keeps its state, tells why it cannot start, and goes when asked or left alone."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from localcloud import LocalCloud, LocalCloudError
from localcloud.home import Home
from tests.e2e.localcloud.assemblies import function, role, wait_for, write_assembly

STARTER = """
import sys
from pathlib import Path
from localcloud import LocalCloud

cloud = LocalCloud(Path(sys.argv[1]))
cloud.start(detached=sys.argv[2:] == ["detached"])
print("up", flush=True)
sys.stdin.read()
"""


def start_elsewhere(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a cloud from another process, which then waits for its end."""
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(home), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == "up\n"
    return starter


def kill(starter: subprocess.Popen[str]) -> None:
    starter.kill()
    starter.communicate()


def is_free(home: Path) -> bool:
    return Home(home).holder() is None


def test_state_survives_stop_and_start(own_cloud: LocalCloud) -> None:
    own_cloud.start()
    own_cloud.client("s3").create_bucket(Bucket="kept")
    own_cloud.client("s3").put_object(Bucket="kept", Key="a", Body=b"body")
    own_cloud.client("sqs").create_queue(QueueName="kept")
    own_cloud.stop()
    own_cloud.start()
    assert own_cloud.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"body"
    assert own_cloud.client("sqs").get_queue_url(QueueName="kept")["QueueUrl"].endswith("/kept")


def test_a_deployed_stack_survives_a_crash(own_cloud: LocalCloud, tmp_path: Path) -> None:
    own_cloud.start()
    own_cloud.deploy(write_assembly(tmp_path / "cdk.out", "kept", {"Topic": {"Type": "AWS::SNS::Topic"}}))
    pid = own_cloud.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    own_cloud.stop()
    own_cloud.start()
    assert own_cloud.status().stacks["kept"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("running", [True, False])
def test_reset_forgets_every_resource(own_cloud: LocalCloud, *, running: bool) -> None:
    own_cloud.start()
    own_cloud.client("s3").create_bucket(Bucket="lost")
    own_cloud.client("s3").put_object(Bucket="lost", Key="a", Body=b"body")
    if not running:
        own_cloud.stop()
    own_cloud.reset()
    own_cloud.start()
    assert own_cloud.client("s3").list_buckets()["Buckets"] == []


def test_starting_a_running_cloud_changes_nothing(cloud: LocalCloud) -> None:
    before = cloud.status()
    cloud.start()
    assert cloud.status() == before


def test_of_two_starts_at_once_one_serves(tmp_path: Path) -> None:
    clouds = [LocalCloud(tmp_path / "home"), LocalCloud(tmp_path / "home")]
    starts = [threading.Thread(target=cloud.start) for cloud in clouds]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    first, second = (cloud.status() for cloud in clouds)
    for cloud in clouds:
        cloud.stop()
    assert first.running
    assert first == second


def test_a_cloud_that_runs_with_other_settings_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(LocalCloudError, match="already runs with iam False, not True"):
        LocalCloud(cloud.status().home, iam=True).start()


def test_stops_soon_with_connections_and_handlers_open(own_cloud: LocalCloud, tmp_path: Path) -> None:
    code = "import threading\ndef handler(event, context):\n    threading.Event().wait(60)\n"
    own_cloud.start()
    resources = {"Role": role(), "Busy": function("busy", code)}
    own_cloud.deploy(write_assembly(tmp_path / "cdk.out", "busy", resources, code))
    own_cloud.client("lambda").invoke(FunctionName="busy", InvocationType="Event")
    began = time.monotonic()
    own_cloud.stop()
    assert time.monotonic() - began < 3
    assert not own_cloud.status().running


def test_a_context_leaves_a_cloud_running_that_ran_before(cloud: LocalCloud) -> None:
    with LocalCloud(cloud.status().home) as same:
        assert same.status().pid == cloud.status().pid
    assert cloud.status().running


def test_goes_when_its_parent_is_killed(tmp_path: Path) -> None:
    starter = start_elsewhere(tmp_path)
    assert LocalCloud(tmp_path).status().running
    kill(starter)
    wait_for(lambda: is_free(tmp_path))


def test_stays_when_detached_and_goes_when_asked(tmp_path: Path) -> None:
    kill(start_elsewhere(tmp_path, "detached"))
    cloud = LocalCloud(tmp_path)
    assert cloud.client("sts").get_caller_identity()["Account"] == "000000000000"
    cloud.stop()
    assert is_free(tmp_path)


def test_a_busy_worker_goes_with_a_killed_server(own_cloud: LocalCloud, tmp_path: Path) -> None:
    claim = tmp_path / "claim"
    claim.mkdir()
    code = (
        "import threading\nfrom pathlib import Path\nfrom local_home import Home\n"
        "def handler(event, context):\n"
        "    while not (claim := Home(Path(event)).acquire()):\n        pass\n"
        "    threading.Event().wait(60)\n"
    )
    assembly = tmp_path / "cdk.out"
    resources = {"Role": role(), "Busy": function("busy", code, timeout=90)}
    write_assembly(assembly, "busy", resources, code)
    source = Path(__file__).parents[3] / "localcloud" / "home.py"
    (assembly / "code" / "local_home.py").write_text(source.read_text())
    own_cloud.start()
    own_cloud.deploy(assembly)
    own_cloud.client("lambda").invoke(FunctionName="busy", InvocationType="Event", Payload=f'"{claim}"')
    wait_for(lambda: not is_free(claim))
    pid = own_cloud.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: is_free(claim))


def test_listens_on_the_loopback_address_alone(cloud: LocalCloud) -> None:
    port = int(cloud.endpoint_url.rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(OSError, match=r"refused|unreachable|timed out|assign"):
        socket.create_connection(("127.0.0.2", port), timeout=1)


def test_a_taken_port_that_was_asked_for_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalCloudError, match=f"port {port} on 127.0.0.1 is in use by another program; stop"):
            LocalCloud(tmp_path, port=port).start()


def test_a_port_taken_by_a_local_cloud_names_its_home(cloud: LocalCloud, tmp_path: Path) -> None:
    port = int(cloud.endpoint_url.rpartition(":")[2])
    with pytest.raises(LocalCloudError, match=f"in use by the local cloud of {cloud.status().home}"):
        LocalCloud(tmp_path, port=port).start()


def test_a_taken_preferred_port_is_replaced(cloud: LocalCloud, own_cloud: LocalCloud) -> None:
    own_cloud.start()
    assert own_cloud.endpoint_url != cloud.endpoint_url


def test_a_broken_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    broken = LocalCloud(tmp_path, env={"MINISTACK_WORKER_THREADS": "many"})
    with pytest.raises(LocalCloudError, match=r"(?s)did not start; the end of .*server\.log.*'many'"):
        broken.start()
    assert is_free(tmp_path)


def test_a_client_without_a_cloud_says_how_to_start_one(own_cloud: LocalCloud) -> None:
    with pytest.raises(LocalCloudError, match="start it with `python -m localcloud up`"):
        own_cloud.client("s3")


def test_the_environment_leads_any_sdk_to_the_cloud(cloud: LocalCloud) -> None:
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    answer = subprocess.run(
        [sys.executable, "-c", program], env=cloud.environment(), capture_output=True, text=True, check=True
    )
    assert answer.stdout == "000000000000\n"
