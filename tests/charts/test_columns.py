"""Every column a public function returns has a header in both languages; coded values have words."""

import dataclasses

import pandas as pd
import pytest

from custvalue import playbook
from custvalue.charts import column_label, column_word, value_label

INPUT_ONLY = {"card"}


def frames_of(result):
    if isinstance(result, pd.DataFrame):
        return [result]
    parts = [getattr(result, field.name) for field in dataclasses.fields(result)]
    return [part for part in parts if isinstance(part, pd.DataFrame)]


def test_every_column_of_every_result_has_a_header_in_both_languages(case):
    for frame in frames_of(case.make(["甲", "乙", "丙"])):
        for column in frame.columns:
            assert column_label(column, "en") != column, column
            assert any("\u4e00" <= char <= "\u9fff" for char in column_label(column, "zh")), column


def test_a_level_in_a_column_name_is_written_out():
    assert column_label("n_for_82.5") == "Accounts for 82.5 %"
    assert column_label("pct_for_70", "zh") == "达到70%的客户占比（%）"


def test_unknown_columns_keep_their_own_name():
    assert column_label("ARR_2026", "zh") == "ARR_2026"
    assert column_word("ARR_2026") == "ARR_2026"


def test_an_unknown_language_is_refused_for_known_and_unknown_columns():
    for name in ("revenue", "my_column"):
        with pytest.raises(ValueError, match="lang must be"):
            column_label(name, "fr")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("band", playbook.SCREENING_BANDS.names),
        ("band_tomorrow", playbook.WALL.scorecard.bands.names),
        ("stage", playbook.DEAL_HEAT.names),
        ("attitude", playbook.ATTITUDES.names),
        ("outcome", ("won", "lost")),
        ("period", ("overdue", "unscheduled", "unpriced", "state_unknown", "created_after_as_of")),
        ("criterion", playbook.WALL.scorecard.names),
        ("unit", ("days", "hours", "currency per hour")),
    ],
)
def test_coded_values_have_chinese_words(column, values):
    for value in values:
        assert not value_label(column, value, "zh").isascii(), value


def test_values_of_other_columns_stay_as_they_are():
    assert value_label("account", "key", "zh") == "key"
    assert value_label("period", "2026Q3", "zh") == "2026Q3"
