"""What a pipeline declares of itself: `pipeline.py` of its folder holds one, named `PIPELINE`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from etl.contracts import Contract
from etl.inputs import Grain, InputGrammar


@dataclass(frozen=True, kw_only=True)
class PipelineDeclaration:
    """A pipeline as the rest of the project knows it."""

    name: str
    """Its one name: of the folder, the stack, the settings and the argument of the command."""
    grain: Grain
    words: tuple[str, ...]
    """The words that an input may use beside `scheduled` and `action` (`etl.inputs`)."""
    datasets: Callable[[], Mapping[str, Contract]]
    """Returns the contracts of what it makes, by dataset."""

    @property
    def inputs(self) -> InputGrammar:
        """The grammar of its inputs."""
        return InputGrammar(self.name, self.grain, self.words)
