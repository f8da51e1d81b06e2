"""What a pipeline declares of its runs: its name, its grain, and the words that its input may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from etl.contracts import Contract
from etl.windows import Grain


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline as the rest of the project knows it; `pipeline.py` of its folder holds one, named `PIPELINE`."""

    name: str
    """Its one name: of the folder, the stack, the settings and the argument of the command."""
    grain: Grain
    words: tuple[str, ...]
    """The words that an input may use, such as `date` and `force`; `scheduled` and `action` always belong to them."""
    datasets: Callable[[], Mapping[str, Contract]]
    """The contracts of what it makes, by dataset."""
    database: str | None = None
    """The PostgreSQL database that it reads from or writes to, if any."""
