"""The array kernels beside naive loops."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue import kernels
from custvalue.kernels.limits import surely_positive
from custvalue.kernels.risk import certainty_equivalent

values = st.lists(st.integers(-5, 5), min_size=1, max_size=30)


@given(values)
def test_rank_equals_one_plus_the_number_of_larger_values(numbers):
    ranks = kernels.descending_rank(np.array(numbers, dtype=float))
    assert ranks.tolist() == [1 + sum(other > number for other in numbers) for number in numbers]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_rank_by_two_keys_equals_the_rank_of_the_pairs(pairs):
    first, second = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    ranks = kernels.descending_rank(first, second)
    assert ranks.tolist() == [1 + sum(other > pair for other in pairs) for pair in pairs]


def test_rows_without_a_value_are_not_ranked_and_count_for_nobody():
    assert kernels.descending_rank(np.array([np.nan, 3.0, 7.0])).tolist()[1:] == [2.0, 1.0]
    assert np.isnan(kernels.descending_rank(np.array([np.nan, np.nan]))).all()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=25).filter(any))
def test_gini_equals_the_mean_absolute_difference_over_all_pairs(numbers):
    ordered = np.array(sorted(numbers, reverse=True), dtype=float)
    n, total = len(numbers), sum(numbers)
    brute = Fraction(sum(abs(a - b) for a in numbers for b in numbers), 2 * n * total)
    assert kernels.gini(ordered) == pytest.approx(float(brute), abs=1e-12)


@pytest.mark.parametrize(("value", "lower_owns", "upper_owns"), [(7.999, 0, 0), (8.0, 0, 1), (8.001, 1, 1)])
def test_a_cut_belongs_to_the_side_that_owns_it(value, lower_owns, upper_owns):
    assert kernels.band_codes(np.array([value]), (8.0,), (False,)).tolist() == [lower_owns]
    assert kernels.band_codes(np.array([value]), (8.0,), (True,)).tolist() == [upper_owns]


def test_the_count_to_reach_a_level_includes_the_crossing_one_and_forgives_round_off():
    tenths = np.cumsum(np.full(10, 0.1))  # 0.1 added eight times is 0.7999999999999999
    assert kernels.count_to_reach(tenths, 0.8) == 8
    assert kernels.count_to_reach(np.array([5.0, 8.0, 9.0]), 8.0) == 2
    assert kernels.count_to_reach(np.array([5.0, 8.0, 9.0]), 8.5) == 3


def test_wilson_interval_solves_its_defining_equation():
    # Its ends are the p0 with |p - p0| = z * sqrt(p0 (1 - p0) / n).
    successes, trials, z = 17.0, 40.0, 1.959963984540054
    ends = kernels.wilson_interval(np.array([successes]), np.array([trials]), 0.95)
    for end in (float(ends[0][0]), float(ends[1][0])):
        assert abs(successes / trials - end) == pytest.approx(z * math.sqrt(end * (1 - end) / trials), rel=1e-9)


def test_wilson_interval_without_trials_is_missing_and_at_the_ends_stays_within_0_and_1():
    low, high = kernels.wilson_interval(np.array([0.0, 0.0, 5.0]), np.array([0.0, 5.0, 5.0]), 0.95)
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert low[1] == 0 < high[1] < 1
    assert 0 < low[2] < high[2] == 1


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_wilson_interval_of_none_and_of_all_ends_exactly_at_0_and_1(level):
    trials = np.arange(1.0, 3001.0)
    assert (kernels.wilson_interval(np.zeros(trials.size), trials, level)[0] == 0).all()
    assert (kernels.wilson_interval(trials, trials, level)[1] == 1).all()


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-9, 9)), max_size=30))
def test_sums_by_code_equal_a_loop_and_leave_out_negative_codes(rows):
    codes = np.array([code for code, _ in rows], dtype=np.int64)
    amounts = np.array([amount for _, amount in rows], dtype=float)
    expected = [sum(amount for code, amount in rows if code == wanted) for wanted in range(5)]
    assert kernels.sums_by_code(codes, amounts, 5).tolist() == expected


def test_the_certainty_equivalent_of_what_is_missing_is_missing_without_a_warning():
    probability, amount = np.array([0.9, np.nan, 0.9, 0.0, 1.0]), np.array([np.nan, 9e6, 9e6, 9e6, 9e6])
    found = certainty_equivalent(probability, amount, 2e6)  # warnings are errors in this run
    # -2e6 * ln(.1 + .9 * e^-4.5) = -2e6 * ln(.109998) = 4.414584e6
    assert found == pytest.approx([np.nan, np.nan, 4.414584e6, 0.0, 9e6], nan_ok=True, rel=1e-6)


@pytest.mark.parametrize(
    ("values", "most", "known"),
    [
        ([0.0, 0.5, 1.0], 1.0, True),
        ([0.0, np.nextafter(1.0, 2.0)], 1.0, False),
        ([np.nextafter(0.0, -1.0), 1.0], 1.0, False),
        ([0.5, np.nan], 1.0, False),
        ([0.5, -np.nan], 1.0, False),
        ([0.5, np.inf], np.inf, False),
        ([0.5, -np.inf], np.inf, False),
        ([0.5, 1e308], np.inf, True),
        ([0.5, -0.0], 1.0, False),  # right, but not known in one pass: the caller looks closer
    ],
)
def test_floats_are_known_to_lie_in_range_by_their_bits_alone(values, most, known):
    assert surely_positive(np.array(values), most) is known


@pytest.mark.parametrize(
    ("value", "known"), [(1.0, True), (np.nextafter(np.float32(1), np.float32(2)), False), (np.nan, False)]
)
def test_floats_of_half_the_width_are_read_too(value, known):
    assert surely_positive(np.array([0.25, value], dtype="float32"), 1.0) is known


@pytest.mark.parametrize(
    ("values", "kind", "known"),
    [([0, 2], "int64", True), ([0, 3], "int64", False), ([-1, 2], "int32", False), ([0, 2], "int8", False)],
)
def test_whole_numbers_are_known_to_lie_in_range_where_the_type_is_read(values, kind, known):
    assert surely_positive(np.array(values, dtype=kind), 2) is known


def test_every_other_value_of_a_column_is_seen_too():
    spaced = np.array([0.5, -1.0, 0.5, -1.0])[::2]
    assert surely_positive(spaced, 1.0)
    assert not surely_positive(np.array([0.5, 0.5, 0.5, 7.0])[1::2], 1.0)
