"""Errors: the state machine sees one of two exact classes, and a message that still says which one was raised."""

import pytest

from etl.errors import (
    AccessDenied,
    ContractError,
    EtlError,
    InputError,
    NotFound,
    QualityError,
    SourceError,
    StagingError,
    TerminalError,
    ToleranceExceeded,
    TransientError,
    WindowTaken,
    family_of,
)


@pytest.mark.parametrize(
    "kind",
    [
        InputError,
        ContractError,
        SourceError,
        ToleranceExceeded,
        QualityError,
        StagingError,
        AccessDenied,
        NotFound,
        EtlError,
    ],
)
def test_what_no_retry_helps_becomes_a_terminal_error_that_names_its_class(kind: type[EtlError]) -> None:
    family = family_of(kind("the cause"))

    assert type(family) is TerminalError
    assert str(family) == f"{kind.__name__}: the cause"


@pytest.mark.parametrize("kind", [TransientError, TerminalError])
def test_a_family_keeps_its_class_and_its_message(kind: type[EtlError]) -> None:
    family = family_of(kind("the cause"))

    assert type(family) is kind
    assert str(family) == "the cause"


def test_a_kind_of_transient_error_becomes_a_transient_error() -> None:
    assert type(family_of(WindowTaken("day 2024-12-22 is taken"))) is TransientError
