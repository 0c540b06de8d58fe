"""A catalogue of bad inputs: each reject and refusal names the rule, the line, the column, the value, the remedy."""

import csv

import pytest

from custvalue import read_table
from tests.frames.bad.rows import GOOD, ROWS
from tests.frames.bad.tables import TABLES


def name_of(case):
    kind, _, column, value, rule, _ = case
    return f"{kind}: {column} = {value!r}: {rule}"


@pytest.mark.parametrize("case", ROWS, ids=name_of)
def test_a_bad_row_is_rejected_with_line_column_value_rule_and_remedy(case, tmp_path):
    kind, changes, column, value, rule, remedy = case
    good = GOOD[kind]
    key = next(iter(good))
    bad = {
        **good,
        **({key: f"{good[key]}b"} if changes and key not in changes and kind != "snapshots" else {}),
        **changes,
    }
    if kind == "snapshots" and changes and "snapshot" not in changes:
        bad["snapshot"] = "2026-03-09"
    path = tmp_path / f"{kind}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, good)
        writer.writeheader()
        writer.writerows([good, bad])
    checked = read_table(path, kind)
    assert len(checked.frame) == 1
    found = checked.rejects.iloc[0]
    assert found["line"] == 3
    columns, values = found["column"].split(" | "), found["value"].split(" | ")
    rules, remedies = found["rule"].split(" | "), found["remedy"].split(" | ")
    named = [place for place, text in enumerate(rules) if rule in text]
    assert named, found["rule"]
    assert (columns[named[0]], values[named[0]]) == (column, value)
    assert remedy in remedies[named[0]]


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case[0])
def test_a_bad_table_is_refused_with_its_evidence(case, tmp_path):
    _, kind, content, options, texts = case
    path = tmp_path / "sales.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r".") as caught:
        read_table(path, kind, **options)
    message = str(caught.value)
    assert type(caught.value).__name__ == "InputError", message
    for text in texts:
        assert text in message


def test_the_good_rows_are_good(tmp_path):
    for kind, row in GOOD.items():
        path = tmp_path / f"{kind}.csv"
        path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", encoding="utf-8")
        checked = read_table(path, kind)
        assert (len(checked.frame), len(checked.rejects)) == (1, 0)


def test_the_catalogue_holds_150_inputs_over_40_rules():
    assert len(ROWS) + len(TABLES) >= 150
    assert len({rule for *_, rule, _ in ROWS}) + len(TABLES) >= 40
