"""Whether the version says what the changes mean: semver.org's major, minor and patch."""

import re
from collections.abc import Iterator, Sequence

from serverless_app.authoring.diff.changes import Change

_SEMANTIC = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", re.ASCII)
_PATH = "<version>"
_WORDS = frozenset({"description", "moved"})
"""The kinds that change no data and no rule."""


def version_change(old: str, new: str, changes: Sequence[Change]) -> Iterator[Change]:
    """Yield how the version changed, or that it does not say what the changes mean.

    `old, new`: the versions, such as `1.2.3`.
    """
    if not changes:
        if old != new:
            yield Change(_PATH, "version", f"{old} → {new}", "nothing else changed")
        return
    before, after = _parts(old), _parts(new)
    if before is None or after is None:
        yield Change(_PATH, "version", f"{old} → {new}", "not major.minor.patch: it cannot say what the changes mean")
        return
    asked, what = _asked(before, changes), f"{old} → {new}"
    if after >= asked:
        yield Change(_PATH, "version", what, "it says what the changes mean")
    else:
        advice = ".".join(map(str, asked))
        yield Change(_PATH, "version", what, f"it says less than the changes mean: make it {advice}")


def _parts(version: str) -> tuple[int, ...] | None:
    match = _SEMANTIC.fullmatch(version)
    return None if match is None else tuple(map(int, match.groups()))


def _asked(before: tuple[int, ...], changes: Sequence[Change]) -> tuple[int, int, int]:
    """Return the least version that these changes ask for; below 1.0.0 the minor number stands for the major."""
    major, minor, patch = before
    if all(change.kind in _WORDS for change in changes):
        return major, minor, patch + 1
    if any(change.breaking for change in changes) and major > 0:
        return major + 1, 0, 0
    return major, minor + 1, 0
