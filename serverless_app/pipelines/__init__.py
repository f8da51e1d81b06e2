"""What follows from a pipeline's name: its stack and its state machine are called after it."""

import pkgutil
from dataclasses import dataclass

import etl.pipelines


class UnknownPipelineError(Exception):
    """No pipeline has this name; the message lists those that there are."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline by its one name, `trip_records` in the code and `trip-records` in AWS."""

    name: str

    @property
    def state_machine(self) -> str:
        """The name of its state machine."""
        return self.name.replace("_", "-")

    @property
    def stack(self) -> str:
        """The name of its stack."""
        return "".join(word.capitalize() for word in self.name.split("_")) + "Stack"


def pipelines() -> list[Pipeline]:
    """Return every pipeline: one per folder of `etl.pipelines`."""
    return [Pipeline(module.name) for module in pkgutil.iter_modules(etl.pipelines.__path__) if module.ispkg]


def find_pipeline(name: str) -> Pipeline:
    """Return the pipeline of that name, or raise UnknownPipelineError."""
    known = {pipeline.name: pipeline for pipeline in pipelines()}
    if name not in known:
        raise UnknownPipelineError(f"there is no pipeline {name!r}; there are: {', '.join(sorted(known))}")
    return known[name]
