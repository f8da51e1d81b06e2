"""The declaration of `etl_pipeline`."""

from pathlib import Path
from typing import Final

from etl.contracts import read_contract
from etl.inputs import Grain
from etl.pipelines.declaration import PipelineDeclaration
from etl.runs.ledger import ChunkId
from etl.windows import Window

CONTRACT: Final = Path(__file__).parent / "contracts" / "events.yaml"
LEASE_SECONDS: Final = 960
"""For how long a window is a run's own after each of its claims: longer than a function lives."""

PIPELINE: Final = PipelineDeclaration(
    name="etl_pipeline",
    grain=Grain.INSTANT,
    words=("date", "start", "end", "start_date", "end_date", "replay"),
    datasets=lambda: {"events": read_contract(CONTRACT)},
)


def chunk_of(window: Window) -> ChunkId:
    """Return the chunk of a run over a window."""
    return ChunkId(PIPELINE.name, "events", "/".join(window.to_dict().values()))
