"""Bytes to UTF-8: the encoding is given or found from evidence; where two readings remain, both are shown."""

import codecs
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, pairwise

import numpy as np
import pyarrow as pa

from custvalue.frames.checks import nearest
from custvalue.frames.headers import Notes
from custvalue.rules.errors import InputError, refusal

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
NAMED = ("utf-8", "utf-16", "gb18030", "gbk", "cp1252", "latin-1", "cp1250", "cp1251", "big5", "shift_jis", "euc_kr")
# GB18030 holds GBK, which holds GB2312: files called by the older names often use the newer characters.
HELD_BY = {"gb2312": "gb18030", "gbk": "gb18030"}

BREAK = re.compile(r"\r\n|\n|\r")
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
ESCAPED = re.compile(r"[\udc80-\udcff]")
RUNS_WEIGHED, SAMPLE = 10_000, 1 << 20
PIECE = 1 << 24
SHOWN, NEAR = 60, 10

# UTF-16 without a mark: ASCII characters (separators, digits, line breaks) have all their zero bytes on one side.
ONE_SIDED = 0.9

# GB2312 keeps punctuation and full-width forms in rows A1 and A3, and the 3,755 commonest characters in B0 to D7.
PUNCTUATION_ROWS = (0xA1, 0xA3)
COMMON_ROWS = (0xB0, 0xD7)
COMMON_TRAIL = 0xA1
TWO_BYTES = 2
# Western words have single accented letters; three and more such bytes in a row are another script.
LONG_RUN = 3
CLEARLY, MOSTLY, HARDLY = 0.8, 0.5, 0.1


def to_utf8(data: bytes, encoding: str | None = None) -> tuple[bytes, Notes]:
    r"""Return a text file's bytes as UTF-8 without a byte order mark, and a note of what was found.

    A byte order mark decides. Without one, bytes that are valid UTF-8 are UTF-8; zero bytes on one side of every pair
    are UTF-16; anything else is GB18030 (GBK) or cp1252, by which characters each reading would give.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : str, optional
        The name of a Python codec; it is then used as it is.

    Returns
    -------
    tuple of (bytes, notes)
        Notes are ``("encoding", name)`` where another encoding than UTF-8 was found.

    Raises
    ------
    ValueError
        If the encoding is unknown, disagrees with the byte order mark, or does not fit the bytes.
        If no encoding was given and both GB18030 and cp1252 remain possible, or neither does.
        If the text holds NUL characters.

    Notes
    -----
    Encodings of other scripts and countries (cp1250, cp1251, Big5, Shift-JIS, EUC-KR) must be given. Most files in them
    are refused; EUC-KR can pass for GBK, cp1250 for cp1252: the note in the report says what was taken.

    Examples
    --------
    >>> text, notes = to_utf8("客户,金额\n清水公司,5\n".encode("gbk"))
    >>> text.decode(), notes
    ('客户,金额\n清水公司,5\n', (('encoding', 'gbk'),))
    """
    given = _codec(encoding)
    mark, marked = next(((bom, name) for bom, name in BOMS if data.startswith(bom)), (b"", ""))
    if marked:
        if given and not marked.startswith(given.removesuffix("-sig")):
            raise refusal(
                "encoding must agree with the byte order mark",
                repr(encoding),
                f"The file is marked as {marked}: leave encoding out.",
            )
        return _decoded(data[len(mark) :], marked), () if marked == "utf-8" else (("encoding", marked),)
    if given:
        return _decoded(data, given), ()
    if b"\0" in data:
        wide = _wide(data)
        if wide is None:
            raise _nul(data)
        return _decoded(data, wide), (("encoding", wide),)
    if _is_utf8(data):
        return data, ()
    found = _legacy(data)
    return _decoded(data, found), (("encoding", found),)


def _codec(encoding: str | None) -> str | None:
    """Return the codec's own name, or refuse a name that is none."""
    if encoding is None:
        return None
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except (LookupError, UnicodeError, TypeError) as error:
        raise refusal("encoding must be one Python knows", repr(encoding), nearest(str(encoding), NAMED)) from error
    return HELD_BY.get(name, name)


def _is_utf8(data: bytes) -> bool:
    """Say whether the bytes are valid UTF-8, without making a text of them."""
    if data.isascii():
        return True
    ends = [data.find(b"\n", start) + 1 or len(data) for start in range(PIECE, len(data), PIECE)]
    bounds = np.unique(np.array([0, *ends, len(data)], dtype=np.int64))  # no character spans a line feed
    buffer = pa.py_buffer(data)

    def is_valid(piece: tuple[int, int]) -> bool:
        offsets = pa.py_buffer(np.array(piece, dtype=np.int64))
        try:
            pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, buffer]).cast(pa.large_string())
        except pa.ArrowInvalid:
            return False
        return True

    with ThreadPoolExecutor() as pool:
        return all(pool.map(is_valid, pairwise(bounds)))


def _decoded(data: bytes, encoding: str) -> bytes:
    """Return the bytes as UTF-8; name the first that the encoding does not allow."""
    if encoding in ("utf-8", "utf-8-sig") and _is_utf8(data):
        plain = data
    else:
        try:
            plain = data.decode(encoding).encode("utf-8")
        except UnicodeDecodeError as error:
            shown = data[error.start : min(error.end, error.start + 4)]
            raise refusal(
                f"every byte must be {encoding}",
                repr(shown),
                "Leave encoding out to have it found, name another, or save the file again as UTF-8.",
                f"line {_line_at(data, error.start, encoding)}",
            ) from error
        except UnicodeEncodeError as error:  # lone surrogates, which some codecs let through
            raise refusal(
                f"every character must be text under {encoding}", repr(error.object[error.start]), "Name another."
            ) from error
    if b"\0" in plain:
        raise _nul(plain)
    return plain


def _nul(data: bytes) -> InputError:
    place = data.find(b"\0")
    return refusal(
        "a text file holds no NUL characters",
        repr(data[max(0, place - NEAR) : place + NEAR]),
        "If it is UTF-16, pass encoding='utf-16-le' or encoding='utf-16-be'; else check that it is a text file.",
        f"line {_line_at(data, place, 'latin-1')}",
    )


def _line_at(data: bytes, position: int, encoding: str) -> int:
    return len(BREAK.findall(data[:position].decode(encoding, errors="ignore"))) + 1


def _wide(data: bytes) -> str | None:
    """Return which UTF-16 the zero bytes speak for, if either."""
    sample = np.frombuffer(data[:SAMPLE], dtype=np.uint8)
    first, second = np.count_nonzero(sample[0::2] == 0), np.count_nonzero(sample[1::2] == 0)
    for name, zeros in (("utf-16-le", second), ("utf-16-be", first)):
        if zeros >= ONE_SIDED * (first + second) and _text(data, name) is not None:
            return name
    return None


def _text(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _legacy(data: bytes) -> str:
    """Return ``gbk``, ``gb18030`` or ``cp1252`` by the evidence, or refuse with it."""
    _refuse_mostly_utf8(data)
    chinese = "gbk" if (text := _text(data, "gbk")) is not None else "gb18030"
    text = text if text is not None else _text(data, "gb18030")
    western = _text(data, "cp1252")
    foreign = _share_in_long_runs(data) >= MOSTLY
    common, latin = _chinese_evidence(text) if text is not None else (0.0, 0.0)
    if text is not None and common >= CLEARLY and (foreign or western is None):
        return chinese
    if western is not None and not foreign and (text is None or (latin >= CLEARLY and common <= HARDLY)):
        return "cp1252"
    readings = {name: reading for name, reading in ((chinese, text), ("cp1252", western)) if reading is not None}
    raise _undecided(data, list(readings))


def _refuse_mostly_utf8(data: bytes) -> None:
    """Refuse UTF-8 with some broken bytes: read as cp1252 it would turn every other accent into two signs."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        place, end = error.start, error.end
    else:
        return
    before = data[:place].decode("utf-8")
    beyond = data[place : place + SAMPLE].decode("utf-8", errors="surrogateescape")
    broken = len(ESCAPED.findall(beyond))
    whole = place - len(before) + sum(len(run) for run in NOT_ASCII.findall(beyond)) - broken
    if whole >= broken:
        begin = max(before.rfind("\n"), before.rfind("\r")) + 1
        raise refusal(
            "a file must be in one encoding",
            f"bytes {data[place:end]!r} in otherwise valid UTF-8, after {before[begin:][-SHOWN:]!r}",
            "Correct that line, or pass encoding= if all of the file is in another.",
            f"line {len(BREAK.findall(before)) + 1}",
        )


def _chinese_evidence(text: str) -> tuple[float, float]:
    """Return which share of the non-ASCII characters is common Chinese, and which looks like an accent in a word.

    An accented letter before an ASCII letter reads as one rare character in GBK, its second byte that ASCII letter.
    """
    total = common = latin = 0
    for before, character in _outside_ascii(text):
        total += 1
        code = character.encode("gb18030")
        if len(code) != TWO_BYTES:
            continue
        lead, trail = code
        if trail >= COMMON_TRAIL and (lead in PUNCTUATION_ROWS or COMMON_ROWS[0] <= lead <= COMMON_ROWS[1]):
            common += 1
        second = chr(trail)
        if second.isascii() and second.isalpha() and (second.islower() or (before.isascii() and before.isalpha())):
            latin += 1
    return common / total, latin / total


def _outside_ascii(text: str) -> Iterator[tuple[str, str]]:
    """Yield characters outside ASCII, each with the one before it."""
    for run in islice(NOT_ASCII.finditer(text), RUNS_WEIGHED):
        for place in range(run.start(), run.end()):
            yield text[max(0, place - 1) : place], text[place]


def _share_in_long_runs(data: bytes) -> float:
    lengths = [len(run.group()) for run in islice(HIGH_BYTES.finditer(data), RUNS_WEIGHED)]
    return sum(length for length in lengths if length >= LONG_RUN) / sum(lengths)


def _undecided(data: bytes, readings: list[str]) -> InputError:
    """Return the refusal that shows the first line outside ASCII as each reading would have it."""
    first = HIGH_BYTES.search(data)
    start = first.start() if first else 0
    begin = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
    line = re.split(rb"[\r\n]", data[begin : start + SHOWN], maxsplit=1)[0]
    shown = [f"{line.decode(name, errors='replace')[:SHOWN]!r} as {name}" for name in readings] or [repr(line[:SHOWN])]
    named = "".join(f"encoding={name!r} or " for name in readings)
    return refusal(
        "the encoding must be certain",
        " or ".join(shown),
        f"Pass {named}the encoding it is in, such as encoding='big5' or encoding='cp1251'.",
        f"line {_line_at(data, start, 'latin-1')}",
    )
