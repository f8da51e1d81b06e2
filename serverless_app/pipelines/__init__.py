"""Find pipelines by name: their declarations, their operations, and their names in AWS."""

import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import etl.pipelines
from etl.pipelines.declaration import PipelineDeclaration


class UnknownPipelineError(Exception):
    """No pipeline has this name; the message lists the known ones."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline by its name: `trip_records` in the code, `trip-records` in AWS."""

    name: str

    @property
    def state_machine(self) -> str:
        """The name of its state machine."""
        return self.name.replace("_", "-")

    @property
    def stack(self) -> str:
        """The name of its stack."""
        return "".join(word.capitalize() for word in self.name.split("_")) + "Stack"

    @property
    def declaration(self) -> PipelineDeclaration:
        """Its declaration, from `etl/pipelines/<name>/pipeline.py`."""
        declaration: PipelineDeclaration = importlib.import_module(f"etl.pipelines.{self.name}.pipeline").PIPELINE
        return declaration

    def module(self, kind: str) -> ModuleType | None:
        """Return its module `serverless_app/pipelines/<name>/<kind>.py`; None when it has none."""
        name = f"{__name__}.{self.name}.{kind}"
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and name.startswith(error.name):
                return None
            raise

    def provided(self, kind: str, name: str) -> Any | None:
        """Return what the module `kind` calls `name`; None when the pipeline does not provide it."""
        return getattr(self.module(kind), name, None)


def pipelines() -> list[Pipeline]:
    """Return every pipeline: one per folder of `etl.pipelines`."""
    return [Pipeline(module.name) for module in pkgutil.iter_modules(etl.pipelines.__path__) if module.ispkg]


def find_pipeline(name: str) -> Pipeline:
    """Return the pipeline of that name, or raise UnknownPipelineError."""
    known = {pipeline.name: pipeline for pipeline in pipelines()}
    if name not in known:
        raise UnknownPipelineError(f"there is no pipeline {name!r}; there are: {', '.join(sorted(known))}")
    return known[name]
