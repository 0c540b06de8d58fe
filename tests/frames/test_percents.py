"""Percents become fractions once: what is a fraction already is refused, and a reject shows the file's own value."""

import pandas as pd
import pytest

from custvalue import read_mapping, read_table
from custvalue.frames.propose import propose_mapping
from custvalue.rules.errors import InputError
from tests.frames.test_presets import EXPORTS


def deals(folder, *chances):
    rows = [f"{k},Qualification,5,{chance}" for k, chance in enumerate(chances, 1)]
    path = folder / "deals.csv"
    path.write_text("\n".join(["Record Id,Stage,Amount,Probability (%)", *rows]) + "\n", "utf-8")
    return path


def read(path):
    return read_table(path, "opportunities", preset="zoho")


@pytest.mark.parametrize(
    ("chances", "evidence"),
    [
        ((0.2, 0.9, "", 0), "0.2, 0.9 among 3 cells, none above 1"),
        ((1, 0.25), "1, 0.25 among 2 cells, none above 1"),
        ((1, 0, 0), "1 among 3 cells, none above 1"),
    ],
)
def test_percents_that_may_be_fractions_are_refused_with_what_settles_it(tmp_path, chances, evidence):
    with pytest.raises(InputError) as caught:
        read(deals(tmp_path, *chances))
    message = str(caught.value)
    assert f"probability must be in percent or in fractions for certain: got {evidence}" in message
    assert "0.2 %" in message
    assert "custvalue columns FILE --out" in message


@pytest.mark.parametrize(
    ("chances", "wanted"),
    [
        ((0.2, 1.01), [0.002, 0.0101]),  # one cell above 1 says that the column is in percent
        (("0.2 %", "0.9%"), [0.002, 0.009]),  # and so does a sign
        ((0, 0, ""), [0.0, 0.0, -1]),  # nothing is nothing in either
    ],
)
def test_percents_that_can_only_be_percents_are_divided(tmp_path, chances, wanted):
    checked = read(deals(tmp_path, *chances))
    assert checked.frame["probability"].fillna(-1).tolist() == pytest.approx(wanted)
    filled = sum(chance != "" for chance in chances)
    cells = f"{filled} cell{'' if filled == 1 else 's'}"
    assert dict(checked.report.to_numpy().tolist())["probability in percent"] == f"{cells} divided by 100"


def test_the_cells_of_a_workbook_formatted_as_percents_are_refused_since_they_hold_fractions(tmp_path):
    frame = pd.DataFrame(
        {"Record Id": ["1", "2"], "Stage": ["Qualification"] * 2, "Amount": [5, 5], "Probability (%)": [0.2, 1.0]}
    )
    with pd.ExcelWriter(tmp_path / "deals.xlsx", engine="xlsxwriter") as book:
        frame.to_excel(book, index=False)
        book.sheets["Sheet1"].set_column(3, 3, None, book.book.add_format({"num_format": "0%"}))
    with pytest.raises(InputError, match=r"in percent or in fractions for certain: got 0\.2, 1"):
        read(tmp_path / "deals.xlsx")


def test_a_reject_shows_the_percent_of_the_file_and_how_to_write_one(tmp_path):
    checked = read(deals(tmp_path, 75, 250, -5, "120 %", 100))
    assert checked.frame["probability"].tolist() == [0.75, 1.0]
    assert checked.rejects[["value", "rule", "remedy"]].to_numpy().tolist() == [
        [value, "probability must lie in 0 to 100 percent", "Write 40 % as 40, or leave it empty."]
        for value in ("250", "-5", "120 %")
    ]
    assert checked.rejects["probability"].tolist() == ["250", "-5", "120 %"]


def test_the_written_mapping_leaves_fractions_as_they_are(tmp_path):
    text = EXPORTS["zoho"][0]
    for percent, fraction in ((",10,2026", ",0.1,2026"), (",75,2026", ",0.75,2026"), (",100,2026", ",1,2026")):
        assert percent in text
        text = text.replace(percent, fraction)
    path = tmp_path / "deals.csv"
    path.write_text(text, "utf-8")
    proposal = propose_mapping(path)
    assert proposal.preset == "zoho"
    assert '# percent = ["probability"]' in proposal.to_toml()
    (tmp_path / "house.toml").write_text(proposal.to_toml(), "utf-8")
    checked = read_table(path, "opportunities", mapping=read_mapping(tmp_path / "house.toml"))
    assert checked.frame["probability"].tolist() == [0.1, 0.75, 1, 0]
