"""What `etl_pipeline` is, for whoever handles pipelines by their declarations."""

from typing import Final

from etl.contracts import read_contract
from etl.pipelines.descriptor import Pipeline
from etl.pipelines.etl_pipeline.transform import CONTRACT
from etl.windows import Grain

PIPELINE: Final = Pipeline(
    name="etl_pipeline",
    grain=Grain.INSTANT,
    words=("date", "start", "end", "replay"),
    datasets=lambda: {"events": read_contract(CONTRACT)},
)
