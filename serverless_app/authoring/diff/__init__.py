"""What changed between two versions of a contract, and whom it breaks.

Two sides rely on a contract. **Readers** break when what they read has another shape or promises less: a column is gone
or has another type or width, nulls or duplicates come where there were none, a key, a partition or a relationship is
another, data may be older. **Sources** break when what they brought yesterday is refused today, or fails the run.
Everything else is compatible.

Sources: Avro 1.12 "Schema Resolution", Protocol Buffers "Updating A Message Type", dbt "Model contracts: breaking
changes", Iceberg "Schema Evolution". They look at one side each; here both are named.
"""

from collections.abc import Iterator

from etl.contracts.model import Contract
from serverless_app.authoring.diff.changes import Change, Side
from serverless_app.authoring.diff.fields import fieldset_changes
from serverless_app.authoring.diff.rules import dataset_changes
from serverless_app.authoring.diff.version import version_change

__all__ = ["Change", "Side", "diff"]


def diff(old: Contract, new: Contract) -> list[Change]:
    """Compare two versions of a contract.

    `old, new`: the version that readers and sources know, and the one that shall replace it.
    Returns: field by field in the new version's order, then what is said of the whole dataset, then the version; empty
    when nothing changed. A change of the version alone, or one that says too little, breaks nobody.
    """
    changes = list(_changes(old, new))
    return changes + list(version_change(old.version, new.version, changes))


def _changes(old: Contract, new: Contract) -> Iterator[Change]:
    yield from fieldset_changes("", old.fields, new.fields)
    yield from dataset_changes(old, new)
