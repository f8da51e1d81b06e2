"""What `lake_export` is, for whoever handles pipelines by their declarations."""

from typing import Final

from etl.pipelines.descriptor import Pipeline
from etl.pipelines.lake_export.datasets import PIPELINE as NAME
from etl.pipelines.lake_export.datasets import datasets
from etl.windows import Grain

PIPELINE: Final = Pipeline(
    name=NAME,
    grain=Grain.DAY,
    words=("date", "start_date", "end_date", "datasets", "force"),
    datasets=datasets,
)
