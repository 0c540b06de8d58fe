"""Columns of lists and records, as Parquet and databases have them, are kept as texts and never a fault."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custvalue import read_table
from custvalue.frames.propose import propose_mapping
from custvalue.frames.sources import read_source

TAGS = [["new", "大"], None, ["new", "大"]]
PLACES = [{"city": "Wuhan", "no": 1}, {"city": None, "no": 2}, {"city": "Wuhan", "no": 1}]


@pytest.fixture
def nested(tmp_path):
    path = tmp_path / "sales.parquet"
    columns = {"account": ["a", "b", "a"], "date": ["2026-01-01"] * 3, "amount": [1, 2, 1]}
    pq.write_table(pa.table({**columns, "tags": TAGS, "place": PLACES}), path)
    return path


def test_lists_and_records_are_kept_as_texts_and_compared_as_such(nested):
    checked = read_table(nested, "sales")
    assert checked.frame["tags"].fillna("").tolist() == ['["new", "大"]', "", '["new", "大"]']
    assert checked.frame["place"].tolist()[1] == '{"city": null, "no": 2}'
    report = dict(checked.report.to_numpy().tolist())
    assert report["lists and records kept as texts"] == "tags, place"
    assert report["odd: exact duplicate rows"] == "1 (kept)"


def test_a_file_with_lists_gets_a_proposal(nested):
    assert propose_mapping(nested).unmatched == ("tags", "place")


def test_a_query_that_returns_lists_is_read(tmp_path):
    import duckdb

    duckdb.connect(str(tmp_path / "d.duckdb")).close()
    raw = read_source("select [1, 2] as n, {'k': 'v'} as s, 'x' as t", connection=tmp_path / "d.duckdb")
    assert raw.frame.iloc[0].tolist() == ["[1, 2]", '{"k": "v"}', "x"]
    assert raw.notes == (("lists and records kept as texts", "n, s"),)
