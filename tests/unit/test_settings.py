"""Settings: typed from the environment, and a refusal that names the variable."""

import msgspec
import pytest

from etl.errors import InputError
from etl.settings import read_settings


class Settings(msgspec.Struct):
    staging_bucket: str
    lookback_hours: int = 24


def test_reads_a_field_from_the_variable_of_its_name_in_its_type() -> None:
    assert read_settings(Settings, {"STAGING_BUCKET": "b", "LOOKBACK_HOURS": "48"}) == Settings("b", 48)


def test_a_variable_that_is_not_set_takes_the_default() -> None:
    assert read_settings(Settings, {"STAGING_BUCKET": "b"}) == Settings("b", 24)


def test_reads_the_environment_of_the_process_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_BUCKET", "of-the-process")

    assert read_settings(Settings).staging_bucket == "of-the-process"


@pytest.mark.parametrize(
    ("environment", "field", "variable"),
    [
        ({}, "staging_bucket", "STAGING_BUCKET"),
        ({"STAGING_BUCKET": "b", "LOOKBACK_HOURS": "a day"}, "lookback_hours", "LOOKBACK_HOURS"),
        ({"STAGING_BUCKET": "b", "LOOKBACK_HOURS": ""}, "lookback_hours", "LOOKBACK_HOURS"),
    ],
)
def test_names_the_variable_that_is_missing_or_wrong(environment: dict[str, str], field: str, variable: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_settings(Settings, environment)

    assert field in str(refusal.value)
    assert variable in str(refusal.value)
    assert "deploy the stack again, or set them" in str(refusal.value)
