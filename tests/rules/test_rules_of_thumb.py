"""The rules of thumb of screening: what they say, where they come from, and what they refuse."""

import pytest

from custvalue.rules.agreement import KRIPPENDORFF_LIMITS
from custvalue.rules.grid_cells import HALFWAY, CellLimits
from custvalue.rules.labels import LIBRARY_DEFAULT, Label
from custvalue.rules.weights import WEIGHT_CERTAINTIES, WEIGHT_LEARNING, WeightCertainty


def test_a_cell_ends_halfway_or_wherever_the_rule_says():
    assert HALFWAY.between((0.3, 0.6, 0.9)) == pytest.approx((0.45, 0.75))
    # A fifth of the way from 0.5 to 1 and from 1 to 2.
    assert CellLimits(0.2, limit_is_higher=False, source="test").between((0.5, 1.0, 2.0)) == pytest.approx((0.6, 1.2))
    assert HALFWAY.between((1.0,)) == ()


@pytest.mark.parametrize("part", [0, 1, -0.5, float("nan"), "half"])
def test_a_cell_ends_between_the_numbers_of_the_grid(part):
    with pytest.raises(ValueError, match="part_of_gap must lie between 0 and 1"):
        CellLimits(part, limit_is_higher=True, source="test")


@pytest.mark.parametrize("concentration", [0, -1.0, float("inf"), "50"])
def test_a_concentration_is_positive(concentration):
    with pytest.raises(ValueError, match="a concentration must be positive"):
        WeightCertainty(Label("test", "测试"), concentration, "test")


def test_surer_means_more_concentrated_and_the_words_differ():
    numbers = [sure.concentration for sure in WEIGHT_CERTAINTIES]
    assert numbers == sorted(numbers, reverse=True)
    words = [word for sure in WEIGHT_CERTAINTIES for word in (sure.label.en, sure.label.zh)]
    assert len(set(words)) == 2 * len(numbers)


def test_each_says_where_it_comes_from_and_what_is_the_librarys_own():
    assert "Peduzzi" in WEIGHT_LEARNING.source
    assert "Krippendorff" in KRIPPENDORFF_LIMITS.source
    assert HALFWAY.source == LIBRARY_DEFAULT
    assert {sure.source for sure in WEIGHT_CERTAINTIES} == {LIBRARY_DEFAULT}
