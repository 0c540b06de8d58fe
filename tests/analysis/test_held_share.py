"""The share held: revenue of a whole year, never of a part of one."""

import pandas as pd
import pytest

from custvalue.analysis.held_share import current_share


def held(**columns):
    return pd.DataFrame({"account": ["a"], "revenue": [1e5], "potential": [1e6]} | columns)


@pytest.mark.parametrize("label", ["2026Q3", "2026-07", pd.Period("2026Q3", freq="Q-DEC")])
def test_a_part_of_a_year_is_refused_with_its_remedy(label):
    with pytest.raises(ValueError, match=r"revenue must be that of a whole year.*Pass period="):
        current_share(held(period=[label]))


@pytest.mark.parametrize("label", ["2026", None, "FY26"])
def test_other_periods_and_none_are_taken_as_a_year(label):
    frame = held().assign(period=pd.array([label], dtype="str"))
    assert current_share(frame)["current_share"].tolist() == [0.1]


def test_a_column_named_as_a_year_is_taken_at_its_word():
    frame = held(period=["2026Q3"]).rename(columns={"revenue": "revenue_year"})
    assert current_share(frame, revenue="revenue_year")["current_share"].tolist() == [0.1]


def test_the_trailing_year_is_added_up_where_a_period_is_given():
    quarters = ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    frame = pd.DataFrame({"account": "a", "period": quarters, "revenue": 1e5, "potential": 1e6})
    assert current_share(frame, period="2026Q3")["current_share"].tolist() == pytest.approx([0.4])
