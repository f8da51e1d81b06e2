"""The declaration of `lake_export`."""

from typing import Final

from etl.inputs import Grain
from etl.pipelines.declaration import PipelineDeclaration
from etl.pipelines.lake_export.datasets import PIPELINE as NAME
from etl.pipelines.lake_export.datasets import datasets

PIPELINE: Final = PipelineDeclaration(
    name=NAME,
    grain=Grain.DAY,
    words=("date", "start_date", "end_date", "datasets", "force"),
    datasets=datasets,
)
