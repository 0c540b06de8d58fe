"""Win rates with both denominators."""

import numpy as np
import pandas as pd
import pytest

from custvalue import win_rates
from custvalue.kernels import wilson_interval


def test_the_two_denominators_are_two_columns():
    frame = pd.DataFrame({"outcome": ["won", "won", "lost", None, None], "amount": [3.0, 4.0, 0.0, None, 9.0]})
    found = win_rates(frame, as_of="2026-09-30").iloc[0]
    assert found["win_rate_closed"] == pytest.approx(2 / 3)
    assert found["win_rate_all"] == pytest.approx(2 / 5)
    assert (found["n"], found["n_won"], found["n_lost"], found["n_open"], found["won"]) == (5, 2, 1, 2, 7)
    low, high = wilson_interval(np.array([2.0]), np.array([3.0]), 0.95)
    assert (found["low"], found["high"]) == (low[0], high[0])


def test_a_group_without_closed_deals_has_no_closed_rate():
    frame = pd.DataFrame({"outcome": ["won", None], "amount": [3.0, 4.0], "region": ["East", "West"]})
    found = win_rates(frame, as_of="2026-09-30", by="region").set_index("region")
    assert found.loc["East", "win_rate_closed"] == 1
    assert np.isnan(found.loc["West", "win_rate_closed"])
    assert found.loc["West", "win_rate_all"] == 0


def test_deals_closed_later_count_as_open_and_deals_created_later_not_at_all():
    frame = pd.DataFrame(
        {
            "outcome": ["won", "won"],
            "amount": [3.0, 4.0],
            "created": pd.to_datetime(["2026-01-01", "2026-10-02"]),
            "closed": pd.to_datetime(["2026-10-01", "2026-10-03"]),
        }
    )
    found = win_rates(frame, as_of="2026-09-30").iloc[0]
    assert (found["n"], found["n_won"], found["n_open"]) == (1, 0, 1)


def test_deals_without_a_group_get_a_row_of_their_own():
    frame = pd.DataFrame({"outcome": ["won", "lost", "won"], "amount": 1.0, "region": ["East", None, None]})
    assert win_rates(frame, as_of="2026-09-30", by="region")["n"].tolist() == [1, 2]


def test_an_outcome_in_other_words_is_refused_with_its_count():
    frame = pd.DataFrame({"outcome": ["Won", "Won", "lost"], "amount": 1.0})
    with pytest.raises(ValueError, match=r"outcome must be one of \['won', 'lost'\]: got 'Won' \(2\)"):
        win_rates(frame, as_of="2026-09-30")


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        win_rates(pd.DataFrame({"outcome": ["won"], "amount": [1.0]}), as_of="2026-09-30", level=level)
