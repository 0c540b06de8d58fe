"""Reading a source as it stands: nothing guessed in silence, no row lost, every refusal with line, value and remedy."""

import csv
import datetime as dt
import gzip
import io
import re
import sqlite3
import sys
import unicodedata
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custvalue.frames.sources import RawTable, read_source
from custvalue.rules.errors import InputError


def saved(folder, data, name="t.csv"):
    path = Path(folder, name)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sources")


def attempt(path):
    """Return what was read, or else the text of the refusal; anything else is a fault and fails the test."""
    try:
        return read_source(path), ""
    except InputError as error:
        return None, str(error)


def cells(raw):
    return raw.frame.to_numpy().tolist()


# Round trips ---------------------------------------------------------------------------------------------------------


def line_breaks(text):
    """Count physical line breaks, one character at a time: CR LF, LF and CR are one each."""
    return sum(
        sign == "\n" or (sign == "\r" and text[place + 1 : place + 2] != "\n") for place, sign in enumerate(text)
    )


def written(rows, separator, quoting, ending):
    """Return the text that csv.writer makes of the rows, and the line each row begins at."""
    text, starts = io.StringIO(newline=""), []
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=ending)
    for row in rows:
        starts.append(1 + line_breaks(text.getvalue()))
        writer.writerow(row)
    return text.getvalue(), starts


PIECES = ["a", "Ö", "清", "1", '"', "'", " ", "\n", "\r\n", "NA", "=", "-", "\u2028", "\x0b", ".", ",", ";", "\t", "|"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"]


@st.composite
def tables(draw):
    """Draw a table whose cells hold quotes, line breaks and every separator, as prose does: a blank after each."""
    separator = draw(st.sampled_from(",;\t|"))
    cell = st.lists(st.sampled_from(PIECES), max_size=8).map(
        lambda pieces: "".join(pieces).replace(separator, separator + " ").lstrip()
    )
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6))
    return separator, width, rows


@settings(deadline=None, max_examples=150)
@given(
    tables(),
    st.sampled_from(ENCODINGS),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
@example((";", 2, [["a;\n\n b", ""], ['"', "\r\n"]]), "utf-16", csv.QUOTE_MINIMAL, "\r\n")
def test_what_a_csv_writer_wrote_reads_back_equal_with_the_lines_it_stands_on(folder, table, encoding, quoting, ending):
    separator, width, rows = table
    header = [f"c{place}" for place in range(width)]
    text, starts = written([header, *rows], separator, quoting, ending)
    # One column has no separator to find; GB18030 and UTF-16 without a mark may leave too little evidence.
    found = encoding in ("utf-8", "utf-8-sig", "utf-16")
    raw = read_source(
        saved(folder, text.encode(encoding)),
        separator=separator if width == 1 else None,
        encoding=None if found else encoding,
    )
    assert list(raw.frame) == header
    assert cells(raw) == rows
    assert raw.lines.tolist() == starts[1:]
    assert raw.lines.dtype == np.int64
    assert all(dtype == "str" for dtype in raw.frame.dtypes)
    assert raw.frame.index.equals(pd.RangeIndex(len(rows)))


NO_BREAKS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=12)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(NO_BREAKS, NO_BREAKS, NO_BREAKS), max_size=8), st.sampled_from([",", ";", "\t", "|"]))
@example([("\ufeff", "", "x")], ",")
@example([(" ", "\t", "\x1a"), ("", "", "")], "\t")
def test_any_character_on_one_line_reads_back_equal(folder, rows, separator):
    text, starts = written([("a", "b", "c"), *rows], separator, csv.QUOTE_MINIMAL, "\n")
    raw = read_source(saved(folder, text), separator=separator)
    assert cells(raw) == [list(row) for row in rows]
    assert raw.lines.tolist() == starts[1:]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(["a", "2", '"', '""', ",", ",", "\n", "\n", "\r\n", "\r", " "]), max_size=30))
def test_reading_agrees_with_the_strict_csv_module_or_refuses(folder, pieces):
    body = "x,y\n" + "".join(pieces)
    reader = csv.reader(io.StringIO(body, newline=""), strict=True)
    try:
        next(reader)
        oracle, lines = [], []
        while True:
            lines.append(reader.line_num + 1)
            oracle.append(next(reader))
    except StopIteration:
        pass
    except csv.Error:
        oracle = None
    raw, refusal = attempt(saved(folder, body))
    if raw:
        assert oracle is not None
        assert cells(raw) == [row for row in oracle if len(row) == 2]
        assert raw.lines.tolist() == [line for line, row in zip(lines, oracle, strict=False) if len(row) == 2]
    elif oracle is not None:
        ragged = any(len(row) > 2 or (len(row) == 1 and (row[0].strip() or '"' in body)) for row in oracle)
        swallowed = "swallow" in refusal and any(line_breaks(cell) for row in oracle for cell in row)
        assert ragged or swallowed


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-16")))
def test_any_bytes_are_read_or_refused_and_never_a_fault(folder, data):
    raw, refusal = attempt(saved(folder, data))
    if raw:
        assert len(raw.frame) == len(raw.lines)
        assert raw.frame.columns.is_unique
    else:
        assert refusal.startswith("t.csv: ")


def test_cells_stay_untouched(tmp_path):
    row = ["NA", "null", "None", "NaN", "007", "1e5", "TRUE", " x ", "", '""']
    path = saved(tmp_path, "a,b,c,d,e,f,g,h,i,j\n" + ",".join(row) + "\n")
    raw = read_source(path)
    assert cells(raw) == [[*row[:-1], ""]]
    assert raw.notes == ()
    assert raw.name == "t.csv"
    assert isinstance(raw, RawTable)


def test_lines_are_those_of_the_file_after_blank_lines_and_quoted_line_breaks(tmp_path):
    text = '\nid,note\n1,a\n\n2,"Dear all,\n\nthanks, bye"\n   \n3,"x\r\ny"\n4,z\n\n'
    #        1   2      3    4  5            6 7             8     9      10   11  12
    raw = read_source(saved(tmp_path, text))
    assert raw.frame["id"].tolist() == ["1", "2", "3", "4"]
    assert raw.lines.tolist() == [3, 5, 9, 11]
    assert raw.notes == (("blank lines skipped", 4),)


def test_old_line_ends_read(tmp_path):
    raw = read_source(saved(tmp_path, "a,b\r1,2\r\r3,4\r"))
    assert cells(raw) == [["1", "2"], ["3", "4"]]
    assert raw.lines.tolist() == [2, 4]


def test_a_line_of_separators_is_a_row_of_empty_cells(tmp_path):
    raw = read_source(saved(tmp_path, "a,b\n,\n1,2\n"))
    assert cells(raw) == [["", ""], ["1", "2"]]


def test_a_line_of_tabs_is_a_row_and_a_line_of_blanks_is_none(tmp_path):
    raw = read_source(saved(tmp_path, "a\tb\tc\n\t\t\n   \n\n1\t2\t3\n"))
    assert cells(raw) == [["", "", ""], ["1", "2", "3"]]
    assert raw.lines.tolist() == [2, 5]
    assert raw.notes == (("separator", "tab"), ("blank lines skipped", 2))


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "a,b\r\n\r\n"])
def test_a_header_alone_is_a_table_without_rows(tmp_path, text):
    raw = read_source(saved(tmp_path, text))
    assert list(raw.frame) == ["a", "b"]
    assert raw.frame.shape == (0, 2)
    assert all(dtype == "str" for dtype in raw.frame.dtypes)
    assert raw.lines.tolist() == []


def test_a_row_longer_than_a_block_reads(tmp_path):
    long = "x" * (40 << 20)
    raw = read_source(saved(tmp_path, f"a,b\n1,{long}\n2,y\n"))
    assert raw.frame["b"].str.len().tolist() == [40 << 20, 1]


def test_a_header_longer_than_the_sample_reads(tmp_path):
    names = [f"column {number:06d}" for number in range(30_000)]
    raw = read_source(saved(tmp_path, ",".join(names) + "\n" + "," * (len(names) - 1) + "\n"))
    assert list(raw.frame) == names


def test_a_broken_quote_is_told_from_a_sign_in_an_unquoted_cell(tmp_path):
    raw = read_source(saved(tmp_path, 'id;item;n\n1;5" disk;2\n2;TV 19";1\n3;"a ""b""";1\n'))
    assert raw.frame["item"].tolist() == ['5" disk', 'TV 19"', 'a "b"']
    assert raw.lines.tolist() == [2, 3, 4]
    assert raw.notes == (("separator", ";"), ("quotes inside unquoted cells", "kept as they stand"))


# Encodings -----------------------------------------------------------------------------------------------------------

CHINESE = "客户,城市\n清水公司,北京市海淀区\n好佳包装,上海浦东新区\n"
WESTERN = "name,ort\nMüller,Köln\nJosé Pérez,Ávila\nJohn’s – €5,\n"


@pytest.mark.parametrize(
    ("text", "encoding", "note"),
    [
        (CHINESE, "utf-8", ()),
        (CHINESE, "utf-8-sig", ()),
        (CHINESE, "gbk", (("encoding", "gbk"),)),
        (CHINESE + "𠮷野家,香港\n", "gb18030", (("encoding", "gb18030"),)),
        (CHINESE, "utf-16", (("encoding", "utf-16-le"),)),
        ("\ufeff" + CHINESE, "utf-16-be", (("encoding", "utf-16-be"),)),
        (CHINESE, "utf-16-le", (("encoding", "utf-16-le"),)),
        (CHINESE, "utf-16-be", (("encoding", "utf-16-be"),)),
        (WESTERN, "cp1252", (("encoding", "cp1252"),)),
        ("name\nMüller\n", "latin-1", (("encoding", "cp1252"),)),
        ("name,n\nGroß,1\nn° 5,½\n", "latin-1", (("encoding", "cp1252"),)),
    ],
)
def test_the_encoding_is_found_and_noted(tmp_path, text, encoding, note):
    raw = read_source(saved(tmp_path, text.encode(encoding)))
    rows = [line.split(",") for line in text.lstrip("\ufeff").splitlines()]
    assert [list(raw.frame), *cells(raw)] == rows
    assert raw.notes == note


@pytest.mark.parametrize(
    ("text", "encoding", "readings"),
    [
        ("id,sex\n1,男\n", "gbk", ["1,男", "1,ÄÐ"]),  # one sign at a time, two letters in cp1252
        ("note\nÄÖ\n", "cp1252", ["闹", "ÄÖ"]),  # C4 D6 is a common character in GBK
        ("имя\nИванов Москва\n", "cp1251", ["èìÿ"]),
        ("顧客\n株式会社トヨタ\n", "shift_jis", ["屭媞"]),
        ("客戶,地址\n臺灣積體電路,新竹科學園區力行六路八號\n", "big5", ["め"]),
    ],
)
def test_an_encoding_that_is_not_certain_is_refused_with_both_readings_and_works_when_given(
    tmp_path, text, encoding, readings
):
    path = saved(tmp_path, text.encode(encoding))
    with pytest.raises(InputError) as refused:
        read_source(path)
    message = str(refused.value)
    assert "the encoding must be certain" in message
    assert all(reading in message for reading in readings)
    assert re.search(r"\(line [12]\)\. Pass encoding='", message)
    raw = read_source(path, encoding=encoding)
    assert ",".join(raw.frame) == text.splitlines()[0]
    assert raw.notes == ()


def test_what_gbk_alone_allows_is_not_taken_for_western_text(tmp_path):
    # Every accent stands before a letter, so the bytes are valid GBK; the characters would be rare ones inside words.
    data = "name\nMüller\nKöhler\nJürgens\n".encode("cp1252")
    assert all(unicodedata.name(sign).startswith("CJK") for sign in data.decode("gbk") if sign > "\x7f")
    assert read_source(saved(tmp_path, data)).frame["name"].tolist() == ["Müller", "Köhler", "Jürgens"]


# Layout --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kwargs", "frame", "notes"),
    [
        ("id;amount\n1;2,50\n", {}, [["1", "2,50"]], (("separator", ";"),)),
        ("id\tamount\n1\t2\n", {}, [["1", "2"]], (("separator", "tab"),)),
        ("id|amount\n1|2\n", {}, [["1", "2"]], (("separator", "|"),)),
        # The comma in a name splits the header too, but no row agrees with it.
        ("id;sum, net\n1;2\n3;4\n", {}, [["1", "2"], ["3", "4"]], (("separator", ";"),)),
        # A name in quotes holds the other separator.
        ('id,"a;b"\n1,2;3\n', {}, [["1", "2;3"]], ()),
        ("sep=;\nid;amount, net\n1;2\n", {}, [["1", "2"]], (("separator", ";"),)),
        ('"sep=|"\r\nid|a,b\r\n1|2,3\r\n', {}, [["1", "2,3"]], (("separator", "|"),)),
        ("id;a,b\n1;2,3\n", {"separator": ";"}, [["1", "2,3"]], ()),
        ("id^a\n1^2\n", {"separator": "^"}, [["1", "2"]], ()),
        ("only\nx\n\ny\n", {}, [["x"], ["y"]], (("blank lines skipped", 1),)),
        ("Report, Q3\n\nid,n\n1,2\n", {"skip_rows": 1}, [["1", "2"]], (
            ("lines skipped before the header", 1), ("blank lines skipped", 1))),
        ("id,n\n1,2\n\nCopyright\nDo not share\n\n", {"skip_footer": 2}, [["1", "2"]], (
            ("footer lines skipped", 2), ("blank lines skipped", 1))),
    ],
)  # fmt: skip
def test_the_layout_is_found_or_given_and_noted(tmp_path, text, kwargs, frame, notes):
    raw = read_source(saved(tmp_path, text), **kwargs)
    assert cells(raw) == frame
    assert raw.notes == notes
    first = next(n for n, line in enumerate(text.splitlines(), 1) if line and re.match(rf"{frame[0][0]}\b", line))
    assert raw.lines[0] == first


def test_a_tsv_file_has_tabs_where_its_header_has(tmp_path):
    raw = read_source(saved(tmp_path, "id\tsum, net\n1\t2, 3\n", "t.tsv"))
    assert list(raw.frame) == ["id", "sum, net"]


def test_columns_without_a_name_are_dropped_if_empty_and_named_by_place_if_not(tmp_path):
    raw = read_source(saved(tmp_path, ",id,,n, ,\n0,a,,1,,\n1,b,,2,see below,\n"))
    assert list(raw.frame) == ["unnamed_1", "id", "n", "unnamed_5"]
    assert raw.frame["unnamed_5"].tolist() == ["", "see below"]
    assert raw.notes == (
        ("empty columns without a name dropped", 2),
        ("columns without a name", "unnamed_1, unnamed_5"),
    )


def test_packed_text_reads_like_the_text(tmp_path):
    text = "id;ort\n1;Köln\n"
    raw = read_source(saved(tmp_path, gzip.compress(text.encode("utf-16")), "t.csv.gz"))
    assert cells(raw) == [["1", "Köln"]]
    assert raw.notes == (("encoding", "utf-16-le"), ("separator", ";"))


# Quoted cells on several lines ---------------------------------------------------------------------------------------

HONEST = {
    "prose with as many commas as columns": 'id,note,n\n1,"Dear all,\nthanks, bye\nA, B, C",2\n2,x,3\n',
    "prose that splits as rows would, but for its blanks": 'a,b,c\nA,"Dear all, hello\nthanks, bye",won\nB,x,lost\n',
    "an address": 'id,address,n\n1,"12 High St\nLondon, UK\nSW1",2\n2,x,3\n',
    "a postal code first": 'id,address,n\n1,"Hauptstr. 5\n10115, Berlin",2\n2,x,3\n',
    "a decimal comma": 'id,note,n\n1,"Preis:\n12,5",2\n2,x,3\n',
    "two columns": 'account,note\nA,"Met Bob\nSpoke to Ann, positive\nBye"\nB,x\n',
    "words in a column of numbers": 'id,note,n\n1,"x\nlast,year,unknown\ny",2\n2,x,3\n',
    "one column": 'note\n"a\nb\nc"\nd\n',
    "a table of its own in another separator": 'id,note,n\n1,"x\n7;y;8\nz",2\n2,x,3\n',
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_cells_on_several_lines_read(tmp_path, name):
    raw = read_source(saved(tmp_path, HONEST[name]))
    assert cells(raw) == list(csv.reader(io.StringIO(HONEST[name])))[1:]


SWALLOWED = {
    "a stray quote that meets one three rows on": (
        'id,name,n\n1,a,5\n2,"b,6\n3,c,7\n4,d,8\n5,e",9\n6,f,1\n', "line 3, column 'name'", "'b,6'", "line 4, '3,c,7'"),
    "two rows only": ('id,name,n\n1,a,5\n2,"b,6\n3,c",7\n', "line 3, column 'name'", "'b,6'", "line 4, '3,c'"),
    "no other row": ('id,name,n\n1,"a,5\n2,b,6\n3,c",7\n', "line 2, column 'name'", "'a,5'", "line 3, '2,b,6'"),
    "a row cut short at the quote": (
        'id,name,n\n1,a,5\n2,"b\n3,c,7\n4,d",8\n', "line 3, column 'name'", "'b'", "line 4, '3,c,7'"),
    "a row cut short whose identifier is a code": (
        'id,name,n\nD1,a,5\nD2,"b\nD3,c",7\n', "line 3, column 'name'", "'b'", "line 4, 'D3,c'"),
    "an inch sign that closes": (
        'id,item,n\n1,"disk,6\n2,c,7\n3,tv 19",8\n', "line 2, column 'item'", "'disk,6'", "line 3, '2,c,7'"),
    "the second cell of several lines in its row": (
        'id,note,name,n\n1,"x\ny","b,6\n2,z,c,7\n3,w,d",8\n4,v,e,9\n',
        "line 3, column 'name'", "'b,6'", "line 4, '2,z,c,7'"),
    "rows that are text throughout": (
        'account,owner,stage\nA,Li,won\nB,"Wu,lost\nC,Li,won\nD,Wu",lost\n',
        "line 3, column 'owner'", "'Wu,lost'", "line 5, 'D,Wu'"),
    "empty cells in quotes between": (
        'id,name,n\n1,a,5\n2,"b,6\n3,"",7\n4,c",8\n', "line 3, column 'name'", "'b,6'", "line 4, '3,\",7'"),
}  # fmt: skip


@pytest.mark.parametrize("name", SWALLOWED)
def test_swallowed_rows_are_refused_where_the_quote_opens(tmp_path, name):
    text, where, opening, inside = SWALLOWED[name]
    # To the csv module the table is in order: nothing else would notice.
    width = len(text.splitlines()[0].split(","))
    assert {len(row) for row in csv.reader(io.StringIO(text), strict=True)} == {width}
    with pytest.raises(InputError) as refused:
        read_source(saved(tmp_path, text))
    message = str(refused.value)
    assert "a quoted cell must not swallow rows" in message
    assert where in message
    assert f"opens with {opening}" in message
    assert f"holds {inside}, which reads as a row" in message
    assert "Close the quote on line" in message


def test_a_stray_quote_that_swallows_thousands_of_rows_is_found(tmp_path):
    rows = [f"D{number},account {number % 7},{number * 3},2026-01-{number % 28 + 1:02d}" for number in range(5_000)]
    rows[100] = 'D100,"account 2,300,2026-01-17'
    rows[4_900] = 'D4900,account 0",14700,2026-01-01'
    with pytest.raises(InputError, match=r"swallow.*holds line 103, 'D101,.*\(line 102, column 'account'\)"):
        read_source(saved(tmp_path, "\n".join(["id,account,amount,day", *rows])))


@settings(deadline=None, max_examples=200)
@given(st.data(), st.integers(2, 12), st.sampled_from([",", ";"]))
def test_no_pair_of_stray_quotes_hides_a_row(folder, data, n_rows, separator):
    names = st.sampled_from(["Li Wei", "清水公司", "Smith & Co", ""])
    rows = [
        [f"D{number}", data.draw(names), str(data.draw(st.integers(0, 9_999))), f"2026-01-{number + 10}"]
        for number in range(n_rows)
    ]
    first = data.draw(st.integers(0, n_rows - 2))
    last = data.draw(st.integers(first + 1, n_rows - 1))
    opening, closing = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))
    rows[first][opening] = '"' + rows[first][opening]
    rows[last][closing] += '"'
    raw, refusal = attempt(saved(folder, "\n".join(separator.join(row) for row in [["id", "who", "n", "day"], *rows])))
    assert raw is None
    assert f"line {first + 2}" in refusal


# Refusals ------------------------------------------------------------------------------------------------------------

REFUSED = {
    "an empty file": (b"", {}, "a table begins with a header line: got nothing. Is this the right file?"),
    "blank lines alone": (b"\n \n\n", {}, "a table begins with a header line: got nothing after line 3"),
    "nothing left to skip": (b"a,b\n", {"skip_rows": 2}, "skip_rows must leave a header: got 2"),
    "a repeated name": (
        b"id,n,id,m,n,n\n1,2,3,4,5,6\n", {},
        "column names must be distinct: got 'id' in columns 1, 3; 'n' in columns 2, 5, 6 (line 1). Rename or drop"),
    "a repeated name further down": (b"x\n\na,a\n1,2\n", {"skip_rows": 1}, "'a' in columns 1, 2 (line 3)"),
    "a given name that is taken": (b"unnamed_2,\n1,x\n", {}, "'unnamed_2' in columns 1, 2"),
    "too many fields": (
        b"id,name,n\n1,a,2\n2,Smith, John,3\n", {},
        "every row must have as many fields as the header, 3: got 4 on line 3 (line 3: '2,Smith, John,3'). "
        "Put cells that hold ',' in quotes."),
    "too few fields": (
        b"id,n\n1,2\n\n2\n3,4\n", {},
        "as many fields as the header, 2: got 1 on line 4 (line 4: '2'). Complete the short rows, or delete them."),
    "both, many": (
        b"id,n\n1,2,3\n4\n" + b"5,6\n" * 9 + b"7\n8\n9,9\n", {},
        "got 3 on line 2, 1 on line 3, 1 on line 13 and 1 more (line 2: '1,2,3'). "
        "Put cells that hold ',' in quotes. Complete the short rows"),
    "fields after quoted line breaks": (b'id,n\n1,"a\n\nb"\n2,3,4\n5,6\n', {}, "got 3 on line 5 (line 5: '2,3,4')"),
    "fields beside loose quotes": (b'id,n\n1,5" x\n2,3,4\n5,6\n', {}, "got 3 on line 3 (line 3: '2,3,4')"),
    "a report's footer": (
        b'id,n\n1,2\n3,4\n\n"Copyright (c) 2000-2026, inc."\n"Confidential"\nGenerated\n', {},
        "got 1 on line 5, 1 on line 6, 1 on line 7 (line 5: '\"Copyright (c) 2000-2026, inc.\"'). "
        "If the last 3 lines are a report's footer, delete them or pass skip_footer=3"),
    "a title above the header": (
        b"Open deals\nid,n,m\n1,2,3\n4,5,6\n", {},
        "as many fields as the header, 1: got 3 on line 2, 3 on line 3, 3 on line 4 (line 2: 'id,n,m'). "
        "Most rows have 3: if the header stands on a later line, pass skip_rows."),
    "an unclosed quote": (
        b'id,name,n\n1,a,2\n2,"b,3\n3,c,4\n', {},
        "a quote that opens a cell must be closed: got '\"b,3' (line 3, column 'name'). "
        "No quote closes it before the end of the file. Close it, or take it away."),
    "a quote that the next quoted cell closes": (
        b'id,name,n\n1,a,2\n2,"b,3\n3,c,4\n4,"d, e",5\n', {},
        "got '\"b,3' (line 3, column 'name'). The next quote, on line 5, is followed by 'd, e\",5' and no separator."),
    "a quote lost in a fully quoted file": (
        b'"id","n"\n"1","a"\n"2","b\n"3","c"\n', {},
        "got '\"b' (line 3, column 'n'). The next quote, on line 4, is followed by '3\",\"c\"'"),
    "an unclosed quote after line breaks in its row": (
        b'id,note,n\n1,"x\n\ny","z,2\n', {}, "got '\"z,2' (line 4, column 'n')"),
    "an undoubled quote": (
        b'id,name\n1,"John "Johnny" Smith"\n', {},
        "a quote inside a quoted cell must be doubled: got '\"John \"Johnny\" Smith\"' (line 2, column 'name'). "
        'Write it as "", or take the quotes around the cell away.'),
    "an unclosed quote in the header": (
        b'id,"name,n\n1,a,2\n', {}, "a quote that opens a cell must be closed: got '\"name,n' (line 1, column 2)"),
    "a header that swallows a row": (
        b'id,"name\n1,a",2\n', {},
        "a quoted cell must not swallow rows: got a column name 'name\\n1,a' (line 1, column 2)"),
    "a cell past all measure beside a loose quote": (
        b'id,n\n1,5" x\n2,' + b"y" * 140_000 + b"\n", {}, "a cell must be shorter than 131,072 characters"),
    "two separators that fit": (
        b"a;b,c\n1;2,3\n4;5,6\n", {},
        "the separator must be certain: got 2 columns ('a;b', 'c') with ',' or 2 columns ('a', 'b,c') with ';' "
        "(line 1). The rows do not settle it. Pass separator=',' or separator=';'."),
    "a separator that a short row would put in doubt": (
        b"a;b;sum, net\n" + b"1;2;3,5\n" * 30 + b"4;5,5\n", {},
        "got 2 columns ('a;b;sum', ' net') with ',' or 3 columns ('a', 'b', 'sum, net') with ';' (line 1)"),
    "two separators in a header alone": (b"a;b,c\n", {}, "the separator must be certain"),
    "a separator of two signs": (b"a,b\n", {"separator": "::"}, "separator must be one ASCII sign: got '::'. Pass ','"),
    "a letter as separator": (b"a,b\n", {"separator": "x"}, "separator must be one ASCII sign: got 'x'"),
    "a quote as separator": (b"a,b\n", {"separator": '"'}, "separator must be one ASCII sign"),
    "a separator that is not there": (
        b"a,b,c\n1,2,3\n", {"separator": ";"},
        "separator must split the header: got ';' (line 1). With ',' the header has 3 columns ('a', 'b', 'c')"),
    "a NUL": (b"a,b\n1,2\n3,\0x\n", {}, "a text file holds no NUL characters: got b'a,b\\n1,2\\n3,\\x00x\\n' (line 3)"),
    "an unknown encoding": (
        b"a\n", {"encoding": "utf8000"}, "encoding must be one Python knows: got 'utf8000'. Did you"),
    "a codec that is no encoding": (b"a\n", {"encoding": "rot13"}, "encoding must be one Python knows: got 'rot13'"),
    "an encoding that does not fit": (
        "a\nb\nMüller\n".encode("cp1252"), {"encoding": "utf-8"},
        "every byte must be utf-8: got b'\\xfc' (line 3). Leave encoding out to have it found"),
    "an encoding against the mark": (
        "a\nü\n".encode("utf-8-sig"), {"encoding": "gbk"},
        "encoding must agree with the byte order mark: got 'gbk'. The file is marked as utf-8: leave encoding out."),
    "UTF-16 cut short": ("\ufeffa\nb".encode("utf-16-le")[:-1], {}, "every byte must be utf-16-le: got b'b' (line 2)"),
    "two encodings in one file": (
        "ort\nKöln\nZürich\n".encode() + "Münster\nBérn\n".encode("cp1252") + "Döbeln\nJülich\n".encode(), {},
        "a file must be in one encoding: got bytes b'\\xfc' in otherwise valid UTF-8, after 'M' (line 4). "
        "Correct that line"),
    "a workbook under another name": (
        b"PK\x03\x04....", {},
        "a .csv file must hold text: got a zip archive or .xlsx workbook. Rename it to what it is"),
    "a web page under another name": (b" <HTML><table>", {}, "a .csv file must hold text: got a web page or XML"),
    "a broken archive": (b"\x1f\x8b\x08xx", {}, "the file must be readable"),
    "a sheet of a text file": (b"a,b\n", {"sheet": "Deals"}, "arguments must suit the source, a text file: got sheet"),
    "a negative count": (b"a,b\n", {"skip_rows": -1}, "skip_rows must be a whole number from 0: got -1"),
    "a count that is none": (b"a,b\n", {"skip_footer": True}, "skip_footer must be a whole number from 0: got True"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_text_file_is_refused_with_line_value_and_remedy(tmp_path, name):
    data, kwargs, message = REFUSED[name]
    with pytest.raises(InputError) as refused:
        read_source(saved(tmp_path, data), **kwargs)
    assert message in str(refused.value)
    assert re.search(r"\. [A-Z]\w+ .+\S[.?]$", str(refused.value), re.S), "a remedy closes the message"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.csv", "the file must exist: got nowhere.csv"),
        ("deals.xls", "a table is a .csv, .tsv, .txt, .xlsx or .parquet file, or text packed as .gz: got deals.xls"),
        ("deals.xlsx.gz", "or text packed as .gz: got deals.xlsx.gz"),
        ("deals.duckdb", "a database is read by a query: got deals.duckdb"),
        ("deals.sql", "a database is read by a query: got deals.sql"),
        ("SELECT * FROM deals", "a query needs a connection: got none. Pass connection="),
        (pd.DataFrame({"a": [1]}), "a source is a path or a query: got DataFrame"),
    ],
)
def test_what_is_no_table_is_refused(source, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_source(source)


# Workbooks and Parquet -----------------------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path):
    """Return a workbook with a blank row above its header, one inside, an empty column and two more sheets."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Deals"
    rows = [
        [],
        [None, "id", "code", "amount", "n", "closed", "won", "mixed", 2026, None],
        [None, "007", 1001, 5.5, 3, dt.date(2026, 1, 2), True, "A1", 1, "see"],
        [],
        [None, "NA", 1002, None, None, dt.datetime(2026, 1, 3, 4, 5), False, 1003, 2, None],
        [None, None, 1003, 7, 4, None, None, None, 3, None],
        [None, "Total"],
    ]
    for row in rows:
        sheet.append(row)
    book.create_sheet("Notes").append(["a", "b", "a"])
    book.create_sheet("Empty")
    path = tmp_path / "deals.xlsx"
    book.save(path)
    return path


def test_a_sheet_keeps_its_types_and_rows(workbook):
    raw = read_source(workbook, skip_footer=1)
    assert raw.name == "deals.xlsx"
    assert list(raw.frame) == ["id", "code", "amount", "n", "closed", "won", "mixed", "2026", "unnamed_10"]
    assert raw.lines.tolist() == [3, 5, 6]
    assert raw.frame["id"].tolist()[:2] == ["007", "NA"]
    assert raw.frame["id"].isna().tolist() == [False, False, True]
    assert raw.frame["code"].tolist() == [1001, 1002, 1003]
    assert raw.frame.dtypes[["id", "code", "amount", "n", "won"]].astype(str).tolist() == [
        "str", "int64", "float64", "Int64", "boolean"]  # fmt: skip
    assert raw.frame["amount"].tolist()[::2] == [5.5, 7.0]
    assert np.isnan(raw.frame["amount"][1])
    assert raw.frame["closed"].tolist()[:2] == [pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-03 04:05")]
    assert raw.frame["mixed"].tolist()[:2] == ["A1", 1003]
    assert raw.notes == (
        ("sheet", "'Deals', one of 3 (also 'Notes', 'Empty')"),
        ("footer rows skipped", 1),
        ("blank rows skipped", 2),
        ("empty columns without a name dropped", 1),
        ("columns without a name", "unnamed_10"),
    )


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"sheet": "Deal"}, "sheet must be one of the workbook's: got 'Deal'. Did you mean 'Deals'?"),
        ({"sheet": 3}, "sheet must be one of the workbook's: got 3. There is 'Deals', 'Notes', 'Empty'."),
        ({"sheet": -1}, "sheet must be one of the workbook's: got -1"),
        ({"sheet": "Notes"}, "column names must be distinct: got 'a' in columns 1, 3 (row 1)"),
        ({"sheet": "Empty"}, "a sheet begins with a header row: got nothing (sheet 'Empty')"),
        ({"skip_rows": 90}, "a sheet begins with a header row: got nothing (sheet 'Deals')"),
        (
            {"separator": ";", "encoding": "gbk"},
            "arguments must suit the source, an .xlsx file: got separator, encoding",
        ),
    ],
)
def test_a_workbook_is_refused_with_the_sheets_it_has(workbook, kwargs, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_source(workbook, **kwargs)


@pytest.mark.parametrize("name", ["t.xlsx", "t.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=rf"^{name}: an? \.\w+ file must be readable: got .+ Save it again"):
        read_source(saved(tmp_path, b"id,n\n1,2\n", name))


def test_a_sheet_that_pandas_wrote_reads_back_equal(tmp_path):
    frame = pd.DataFrame(
        {"客户": ["清水", "ABC"], "n": [1, 2], "x": [0.25, -3.5], "day": pd.to_datetime(["2026-09-30", "2024-02-29"])}
    )
    frame.to_excel(tmp_path / "t.xlsx", index=False, engine="xlsxwriter")
    raw = read_source(tmp_path / "t.xlsx")
    pd.testing.assert_frame_equal(raw.frame, frame, check_dtype=False)
    assert raw.notes == ()


def test_parquet_reads_back_equal_with_a_named_index_as_a_column(tmp_path):
    frame = pd.DataFrame(
        {"n": [1, 2], "x": [0.25, None], "day": pd.to_datetime(["2026-09-30", None])}, index=["a", "b"]
    )
    frame.rename_axis("id").to_parquet(tmp_path / "t.parquet")
    raw = read_source(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(raw.frame[["n", "x", "day"]], frame.reset_index(drop=True))
    assert raw.frame["id"].tolist() == ["a", "b"]
    assert raw.lines.tolist() == [1, 2]
    frame.to_parquet(tmp_path / "t.parquet")
    raw = read_source(tmp_path / "t.parquet")
    assert list(raw.frame) == ["n", "x", "day"]
    assert raw.notes == (("index without a name dropped", 1),)
    with pytest.raises(InputError, match=r"arguments must suit the source, a Parquet file: got skip_rows"):
        read_source(tmp_path / "t.parquet", skip_rows=1)


# Databases -----------------------------------------------------------------------------------------------------------

DEALS = (
    "CREATE TABLE deals AS SELECT 'D1' AS id, 5.5 AS amount, DATE '2026-01-02' AS closed UNION ALL SELECT 'D2', 7, NULL"
)


@pytest.fixture
def duck(tmp_path):
    path = tmp_path / "deals.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute(DEALS)
    return path


@pytest.fixture
def lite(tmp_path):
    path = tmp_path / "deals.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE deals (id TEXT, amount REAL)")
        database.executemany("INSERT INTO deals VALUES (?, ?)", [("D1", 5.5), ("D2", 7)])
        database.commit()
    return path


def test_a_duckdb_file_is_read_and_left_as_it_was(duck):
    before = duck.read_bytes()
    raw = read_source("SELECT * FROM deals ORDER BY id", connection=duck)
    assert raw.frame["id"].tolist() == ["D1", "D2"]
    assert raw.frame["amount"].tolist() == [5.5, 7.0]
    assert raw.frame["closed"].tolist()[0] == pd.Timestamp("2026-01-02")
    assert raw.frame["closed"].isna().tolist() == [False, True]
    assert raw.lines.tolist() == [1, 2]
    assert raw.name == "query"
    with pytest.raises(InputError, match="the query must run on this connection"):
        read_source("WITH a AS (SELECT 1) INSERT INTO deals SELECT 'D3', 1, NULL", connection=str(duck))
    assert duck.read_bytes() == before


def test_a_query_kept_in_a_file_carries_its_name(duck, tmp_path):
    path = saved(tmp_path, "-- open deals\n/* of all\nowners */ SELECT id FROM deals WHERE closed IS NULL", "open.sql")
    for source in (path, str(path)):
        raw = read_source(source, connection=duck)
        assert raw.name == "open.sql"
        assert raw.frame["id"].tolist() == ["D2"]


def test_an_open_connection_is_used_and_stays_open(lite):
    with duckdb.connect() as database, closing(sqlite3.connect(lite)) as other:
        database.execute("CREATE TABLE t AS SELECT 3 AS n")
        assert read_source("FROM t", connection=database).frame["n"].tolist() == [3]
        assert read_source("SELECT id FROM deals", connection=other).frame["id"].tolist() == ["D1", "D2"]
        assert database.execute("SELECT 1").fetchone() == other.execute("SELECT 1").fetchone() == (1,)


def test_sqlalchemy_urls_engines_and_connections_are_read(lite):
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
    url = f"sqlite:///{lite}"
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        for given in (url, engine, connection):
            raw = read_source("SELECT * FROM deals ORDER BY id", connection=given)
            assert cells(raw) == [["D1", 5.5], ["D2", 7.0]]
    with pytest.raises(InputError, match=r"no such table: deal \('SELECT \* FROM deal'\).*has the tables 'deals'\."):
        read_source("SELECT * FROM deal", connection=engine)
    engine.dispose()
    with pytest.raises(InputError, match=r"must be a URL that SQLAlchemy can open: got 'nodb://…'") as refused:
        read_source("SELECT 1", connection="nodb://user:secret@host/db")
    assert "secret" not in str(refused.value)


def test_adbc_connections_are_read(lite):
    adbc = pytest.importorskip("adbc_driver_sqlite.dbapi", reason="no ADBC driver is installed")
    with adbc.connect(str(lite)) as connection:
        assert cells(read_source("SELECT * FROM deals", connection=connection)) == [["D1", 5.5], ["D2", 7.0]]
        with pytest.raises(InputError, match="no such table: deal"):
            read_source("SELECT * FROM deal", connection=connection)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM deal", 'Table with name deal does not exist! Did you mean "deals"?'),
        ("SELECT amnt FROM deals", 'Referenced column "amnt" not found'),
        ("SELECT FROM WHERE", "syntax error"),
        (
            "SELECT id, amount AS id FROM deals",
            "column names must be distinct: got 'id' in columns 1, 2 (query result)",
        ),
        ("DELETE FROM deals", "a query must read: got 'DELETE FROM deals'. Begin it with SELECT or WITH"),
        ("", "a query must read: got ''"),
    ],
)
def test_a_query_that_fails_is_refused_in_plain_words(duck, query, message):
    with pytest.raises(InputError) as refused:
        read_source(query, connection=duck)
    assert message in str(refused.value)
    assert "LINE 1" not in str(refused.value)


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        ("nowhere.duckdb", "the database file must exist: got nowhere.duckdb"),
        (5, "connection must be a database connection: got int"),
    ],
)
def test_what_is_no_connection_is_refused(connection, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_source("SELECT 1 AS n", connection=connection)


def test_a_file_that_is_no_duckdb_database_is_refused_unopened(lite):
    with pytest.raises(InputError, match=r"must be a DuckDB file: got deals\.sqlite\. For SQLite pass 'sqlite:///'"):
        read_source("SELECT 1 AS n", connection=lite)


def test_a_duckdb_file_open_elsewhere_is_refused_with_the_way_out(duck):
    with duckdb.connect(str(duck)), pytest.raises(InputError, match=r"the DuckDB file must open: .*pass that conn"):
        read_source("SELECT * FROM deals", connection=duck)


def test_a_query_takes_no_arguments_of_files(duck):
    with pytest.raises(InputError, match=r"arguments must suit the source, a query: got separator, skip_rows"):
        read_source("SELECT * FROM deals", connection=duck, separator=";", skip_rows=1)
    with pytest.raises(InputError, match=r"with a connection the source is a query: got t\.csv"):
        read_source(Path("t.csv"), connection=duck)


@pytest.mark.parametrize(
    ("package", "connection", "extra"), [("duckdb", "file", "duckdb"), ("sqlalchemy", "sqlite://", "sql")]
)
def test_a_missing_package_is_named_with_its_extra(duck, monkeypatch, package, connection, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=re.escape(f"pip install 'custvalue[{extra}]'")):
        read_source("SELECT 1 AS n", connection=duck if connection == "file" else connection)


# Public files --------------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_bohanec_reads_with_its_semicolons_and_its_unknown(shared):
    raw = read_source(shared / "bohanec_b2b" / "Salvirt_B2B_ML_dataset.csv")
    assert raw.frame.shape == (448, 23)
    assert raw.frame["Status"].value_counts().to_dict() == {"Won": 227, "Lost": 221}
    assert (raw.frame["Purch_dept"] == "Unknown").any()
    assert raw.notes == (("separator", ";"),)
    assert raw.lines.tolist() == list(range(2, 450))


@pytest.mark.shared
def test_both_wholesale_files_hold_the_same_numbers(shared):
    plain = read_source(shared / "wholesale_customers" / "Wholesale customers data.csv")
    prose = read_source(shared / "wholesale_customers" / "wholesale_latin1_trailing_cols.csv")
    spends = ["Fresh", "Milk", "Grocery", "Frozen", "Detergents_Paper", "Delicassen"]
    assert plain.frame[spends].astype(int).to_numpy().sum() == 14_619_500
    shared_columns = ["Channel", "Region", *spends]
    pd.testing.assert_frame_equal(prose.frame[shared_columns], plain.frame[shared_columns])
    assert plain.notes == ()
    assert prose.notes == (
        ("encoding", "cp1252"),
        ("empty columns without a name dropped", 3),
        ("columns without a name", "unnamed_12"),
    )
    assert prose.frame["unnamed_12"].str.contains("FRESH: annual spending").sum() == 1
    assert prose.lines.tolist() == list(range(2, 442))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["sales_pipeline.csv", "sales_pipeline_mdy_dates.csv"])
def test_maven_reads_with_nothing_to_note(shared, name):
    raw = read_source(shared / "maven_crm" / name)
    assert raw.frame["deal_stage"].value_counts().to_dict() == {
        "Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}  # fmt: skip
    assert (raw.frame["account"] == "").sum() == 1425
    assert raw.notes == ()
    assert raw.lines[[0, -1]].tolist() == [2, 8801]


@pytest.mark.shared
def test_online_retail_reads_packed_as_the_csv_module_reads_it(shared):
    path = shared / "online_retail" / "online_retail_to_2011q2.csv.gz"
    raw = read_source(path)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header, *rows = reader
        last_line = reader.line_num
    assert list(raw.frame) == header
    assert cells(raw) == rows
    assert raw.lines[-1] == last_line
    assert raw.notes == ()
