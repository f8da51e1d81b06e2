"""Statistics: as exact as fractions, in any order."""

from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from etl.transform.statistics import Statistics
from tests.unit.strategies import numbers

some_numbers = st.lists(numbers(), min_size=1, max_size=30)


def statistics_of(values: list[Decimal]) -> Statistics:
    statistics = Statistics()
    for value in values:
        statistics.add(value)
    return statistics


@given(some_numbers)
def test_count_sum_minimum_and_maximum_are_exact(values: list[Decimal]) -> None:
    statistics = statistics_of(values)

    assert statistics.count == len(values)
    assert Fraction(statistics.sum) == sum(map(Fraction, values))
    assert statistics.minimum == min(values)
    assert statistics.maximum == max(values)


@given(some_numbers)
def test_the_mean_is_right_to_38_digits(values: list[Decimal]) -> None:
    exact = sum(map(Fraction, values), Fraction(0)) / len(values)

    mean = statistics_of(values).mean

    assert mean is not None
    assert len(mean.as_tuple().digits) <= 38
    unit_in_the_last_place = Fraction(10) ** (mean.adjusted() - 37)
    assert abs(Fraction(mean) - exact) <= unit_in_the_last_place / 2


@given(some_numbers, st.randoms(use_true_random=False))
def test_the_order_of_the_values_makes_no_difference(values: list[Decimal], random: Random) -> None:
    shuffled = random.sample(values, len(values))

    assert statistics_of(shuffled).to_dict() == statistics_of(values).to_dict()


def test_a_result_writes_every_digit_and_no_exponent() -> None:
    assert statistics_of([Decimal("1E+3"), Decimal("0.00000000000000000000000001")]).to_dict() == {
        "count": 2,
        "sum": "1000.00000000000000000000000001",
        "min": "0.00000000000000000000000001",
        "max": "1000",
        "mean": "500.000000000000000000000000005",
    }


def test_no_values_have_a_count_and_a_sum_alone() -> None:
    assert Statistics().to_dict() == {"count": 0, "sum": "0", "min": None, "max": None, "mean": None}


def test_equal_values_have_one_text_whichever_came_first() -> None:
    one, other = (statistics_of([Decimal(text) for text in texts]) for texts in (("1", "1.0"), ("1.0", "1")))

    assert one.to_dict() == other.to_dict()
