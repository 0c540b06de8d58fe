"""Walls: bands, gaps, missing rows."""

import numpy as np
import pandas as pd
import pytest

from custvalue import playbook, score_walls

NAMES = playbook.WALL.scorecard.names


def wall(points, tomorrow=None, account="甲", **columns):
    points = list(points)
    return pd.DataFrame(
        {
            "account": account,
            "criterion": NAMES[: len(points)],
            "today": points,
            "tomorrow": tomorrow or points,
            **columns,
        }
    )


@pytest.mark.parametrize(
    ("score", "band"),
    [(9, "poor"), (10, "good"), (11, "good"), (13, "good"), (14, "good"), (15, "very_good"), (16, "very_good")],
)
def test_bands_of_the_wall_with_15_in_very_good(score, band):
    points = [2] * (score // 2) + [1] * (score % 2)
    result = score_walls(wall(points + [0] * (10 - len(points))))
    assert result["today"].tolist() == [score]
    assert result["band"].tolist() == [band]


def test_the_gap_is_tomorrow_less_today_and_actions_and_hours_are_those_of_raised_rows():
    result = score_walls(wall([1] * 10, [2, 2, *[1] * 8], hours=[3.0, 4.0, *[100.0] * 8]))
    found = result.iloc[0]
    assert (found["today"], found["tomorrow"], found["gap"], found["n_actions"], found["hours"]) == (10, 12, 2, 2, 7)


def test_unknown_hours_of_a_raised_row_leave_the_sum_missing():
    result = score_walls(wall([1] * 10, [2, 2, *[1] * 8], hours=[3.0, np.nan, *[1.0] * 8]))
    assert np.isnan(result["hours"].iloc[0])


def test_a_missing_row_gives_bounds_and_a_band_only_where_it_cannot_change():
    frame = pd.concat([wall([2] * 8, account="firm"), wall([1] * 9, account="open")])
    result = score_walls(frame).set_index("account")
    assert result.loc["firm", ["today_low", "today_high", "n_missing"]].tolist() == [16, 20, 2]
    assert result.loc["firm", "band"] == "very_good"
    assert result.loc["open", ["today_low", "today_high", "n_missing"]].tolist() == [9, 11, 1]
    assert pd.isna(result.loc["open", "band"])
    assert result["today"].isna().all()


def test_walls_of_several_periods_are_told_apart_when_the_period_is_named():
    frame = pd.concat([wall([1] * 10, period="2026Q2"), wall([2] * 10, period="2026Q3")])
    result = score_walls(frame, by="period")
    assert result[["period", "today"]].to_numpy().tolist() == [["2026Q2", 10], ["2026Q3", 20]]
    with pytest.raises(ValueError, match="one row per criterion"):
        score_walls(frame)


def test_wrong_points_and_criteria_are_refused_together():
    frame = wall([3, 1], [3, 0])
    with pytest.raises(ValueError, match="3 problems") as caught:
        score_walls(frame)
    assert "points must not exceed the criterion's highest: got 3 (column 'today'" in str(caught.value)
    assert "tomorrow must not be below today: got 0 (column 'tomorrow', row 1)" in str(caught.value)
    with pytest.raises(ValueError, match="criterion must be one of"):
        score_walls(frame.assign(criterion=["colour", "size"]))
