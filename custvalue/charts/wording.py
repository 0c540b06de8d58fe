"""Numbers and words as a reader sees them, in English and in Chinese; and names as text, never as markup.

All functions return plain text. The one exception is :func:`markup`, which turns plain text into what plotly may be
given: plotly reads a subset of HTML, TeX between dollar signs and ``%{…}`` templates in every text it draws.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from custvalue.rules.bands import Bands
from custvalue.rules.labels import Label, Lang, check_lang

SIGNIFICANT_DIGITS = 6
MONEY_DIGITS = 3
PERCENT = 100
MAX_PERCENT_DECIMALS = 1
# Lines of these widths fit a window of 480 pixels.
TITLE_WIDTH = 54
NOTE_WIDTH = 70
HOVER_WIDTH = 64
NAME_WIDTH = 24

UNKNOWN = Label("unknown", "未知")
NO_NAME = Label("(no name)", "（无名称）")
_MINUS = "−"
_UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "en": ((1e9, " B"), (1e6, " M"), (1e3, " k")),
    "zh": ((1e8, "亿"), (1e4, "万")),
}
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "{": "&#123;"}
_WIDE = frozenset("WF")
_TURNS_TEXT = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
# A number keeps its unit: "18 %" and "1.2 M" are one word.
_BREAKS = re.compile(r" (?!(?:%|[BMk](?![A-Za-z])))")


def say(sentence: Label, lang: Lang, /, **words: object) -> str:
    """Return a sentence with its words filled in; words are put in as they are and never read as templates.

    >>> say(Label("{n} of {m}", "{m}个中的{n}个"), "zh", n=3, m=5)
    '5个中的3个'
    """
    return sentence.text(lang).format(**words)


def is_missing(value: object) -> bool:
    """Say whether a single value is missing (None, NaN, NaT, <NA>)."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def significant(value: float, digits: int = SIGNIFICANT_DIGITS) -> float:
    """Return a number rounded to so many significant digits.

    >>> significant(1234567.89), significant(0.00012345678)
    (1234570.0, 0.000123457)
    """
    return float(f"{value:.{digits}g}")


def drawn(values: Iterable[Any]) -> list[Any]:
    """Return values as a figure holds them: floats at six significant digits, whole numbers whole, missing as None.

    >>> drawn([1.23456789, 7, float("nan"), pd.NA])
    [1.23457, 7, None, None]
    """
    return [_drawn_value(value) for value in values]


def _drawn_value(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if is_missing(value):
        return None
    return significant(value) if isinstance(value, float) else value


def count_text(value: Any, lang: Lang = "en") -> str:
    """Return a whole number with thousands separators.

    >>> count_text(2960), count_text(pd.NA)
    ('2,960', 'unknown')
    """
    return UNKNOWN.text(lang) if is_missing(value) else _signed(f"{value:,.0f}")


def number_text(value: Any, lang: Lang = "en", *, digits: int = MONEY_DIGITS) -> str:
    """Return a plain number at so many significant digits, without trailing zeros.

    >>> number_text(542.5, digits=4), number_text(13.0), number_text(-0.456789)
    ('542.5', '13', '−0.457')
    """
    if is_missing(value):
        return UNKNOWN.text(lang)
    rounded = significant(float(value), digits)
    return _signed(f"{rounded:,.0f}" if rounded.is_integer() else f"{rounded:,.{digits}g}")


def money_text(value: Any, lang: Lang = "en") -> str:
    """Return an amount at three significant digits: k, M and B in English, 万 and 亿 in Chinese.

    >>> money_text(1_234_567), money_text(350_000), money_text(999_999), money_text(-42)
    ('1.23 M', '350 k', '1 M', '−42')
    >>> money_text(1_234e9), money_text(12_345_678, "zh")
    ('1,230 B', '1,230万')
    >>> money_text(1_234_567, "zh"), money_text(350_000_000, "zh"), money_text(9_876, "zh"), money_text(None, "zh")
    ('123万', '3.5亿', '9,876', '未知')
    """
    check_lang(lang)
    if is_missing(value):
        return UNKNOWN.text(lang)
    rounded = significant(float(value), MONEY_DIGITS)
    for unit, sign in _UNITS[lang]:
        if abs(rounded) >= unit:
            return number_text(rounded / unit, lang) + sign
    whole = float(value).is_integer() or abs(value) >= PERCENT
    return _signed(f"{value:,.0f}" if whole else f"{value:.{MONEY_DIGITS}g}")


def money_range(low: Any, high: Any, lang: Lang = "en") -> str:
    """Return two amounts as a range, both in the unit of the larger.

    >>> money_range(7_914, 19_785, "zh"), money_range(9_217, 23_041), money_range(5.0, 5.0)
    ('0.791万至1.98万', '9.22 k to 23 k', '5')
    """
    ends = [money_text(low, lang), money_text(high, lang)]
    if ends[0] == ends[1]:
        return ends[0]
    if not (is_missing(low) or is_missing(high)):
        most = significant(max(abs(float(low)), abs(float(high))), MONEY_DIGITS)
        unit, sign = next(((unit, sign) for unit, sign in _UNITS[lang] if most >= unit), (1.0, ""))
        if sign:
            ends = [number_text(float(end) / unit, lang) + sign for end in (low, high)]
    return say(Label("{low} to {high}", "{low}至{high}"), lang, low=ends[0], high=ends[1])


def percent_text(fraction: Any, lang: Lang = "en", *, decimals: int = 0) -> str:
    """Return a fraction as a percentage. What is not quite nothing or everything is not rounded to it.

    >>> percent_text(0.1848), percent_text(0.6318, decimals=1), percent_text(0.6318, "zh")
    ('18 %', '63.2 %', '63%')
    >>> percent_text(0.004), percent_text(0.9999), percent_text(0.00001), percent_text(1.0)
    ('0.4 %', 'over 99.9 %', 'under 0.1 %', '100 %')
    """
    check_lang(lang)
    if is_missing(fraction):
        return UNKNOWN.text(lang)
    percent = significant(float(fraction) * PERCENT, digits=12)
    gap = " " if lang == "en" else ""
    for places in range(decimals, max(decimals, MAX_PERCENT_DECIMALS) + 1):
        text = f"{percent:.{places}f}"
        if float(text) not in (0, PERCENT) or float(text) == percent:
            return f"{_signed(text)}{gap}%"
    least = f"{10.0**-places:g}"
    most = f"{PERCENT - 10.0**-places:g}"
    if float(text) == 0:
        return say(Label("under {x} %", "不足{x}%"), lang, x=least)
    if percent < PERCENT:
        return say(Label("over {x} %", "超过{x}%"), lang, x=most)
    return f"{_signed(text)}{gap}%"


def _signed(text: str) -> str:
    """Return a number's text with a true minus sign, and none before a zero."""
    if not text.startswith("-"):
        return text
    return text[1:] if not text.strip("-0.,") else _MINUS + text[1:]


def name_text(value: object, lang: Lang = "en") -> str:
    r"""Return a name from the data as plain text on one line.

    >>> name_text(" Big\nCo "), name_text(None, "zh"), name_text(12.0)
    ('Big Co', '（无名称）', '12')
    """
    if is_missing(value):
        return NO_NAME.text(lang)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split())
    shown = "".join(
        char
        for char in text
        if unicodedata.category(char) not in ("Cc", "Cs") and unicodedata.bidirectional(char) not in _TURNS_TEXT
    )
    return shown or NO_NAME.text(lang)


def text_width(text: str) -> int:
    """Return the width of a text in half-width characters: a Chinese character counts two.

    >>> text_width("ABC公司")
    7
    """
    return sum(2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text)


def shortened(text: str, width: int = NAME_WIDTH) -> str:
    """Return the text, cut with an ellipsis where it is wider than ``width``.

    >>> shortened("Shanghai Giant Plastics Manufacturing", 16), shortened("上海巨人塑料制品有限公司", 16)
    ('Shanghai Giant…', '上海巨人塑料制…')
    """
    if text_width(text) <= width:
        return text
    kept, room = "", width - 1
    for char in text:
        room -= text_width(char)
        if room < 0:
            break
        kept += char
    return kept.rstrip() + "…"


def wrapped(text: str, width: int = TITLE_WIDTH) -> list[str]:
    """Return the lines of a text: broken at spaces, and between Chinese characters but not before their punctuation.

    >>> wrapped("547 of 2,960 customers (18 %) supply 70 % of revenue", 26)
    ['547 of 2,960 customers', '(18 %) supply 70 % of', 'revenue']
    >>> wrapped("八个潜在客户中有四个是关键潜在客户。", 20)
    ['八个潜在客户中有四个', '是关键潜在客户。']
    """
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and text_width(lines[-1] + piece.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece
    return [*lines[:-1], lines[-1].rstrip()]


def _pieces(text: str) -> list[str]:
    """Return the parts a line may be broken between: words with the space after them, and wide characters."""
    pieces: list[str] = []
    parts = _BREAKS.split(text)
    for place, part in enumerate(parts):
        word = part if place == len(parts) - 1 else part + " "
        start = len(pieces)
        for char in word:
            wide = unicodedata.east_asian_width(char) in _WIDE
            closes = unicodedata.category(char) in ("Pe", "Pf", "Po")
            after_open = bool(pieces[start:]) and unicodedata.category(pieces[-1][-1]) in ("Ps", "Pi")
            after_wide = bool(pieces[start:]) and unicodedata.east_asian_width(pieces[-1][-1]) in _WIDE
            joins = closes or char == " " or after_open or not (wide or after_wide)
            if pieces[start:] and joins:
                pieces[-1] += char
            else:
                pieces.append(char)
    return pieces


def balanced(text: str, width: int) -> list[str]:
    """Return the lines of a text, no more than :func:`wrapped` makes, but of about equal length.

    >>> balanced("9 of 140 prospects reach the highest band", 36)
    ['9 of 140 prospects', 'reach the highest band']
    """
    lines = wrapped(text, width)
    narrow = -(-text_width(text) // len(lines))
    return next(
        (tried for tried in (wrapped(text, narrower) for narrower in range(narrow, width)) if len(tried) == len(lines)),
        lines,
    )


def markup(text: str) -> str:
    """Return plain text as plotly markup that shows exactly that text: no tag, TeX or template in it is obeyed.

    >>> markup("<b>R&D</b> $x$ %{y}")
    '&lt;b&gt;R&amp;D&lt;/b&gt; &#36;x&#36; %&#123;y}'
    """
    return "".join(_MARKUP.get(char, char) for char in text)


def markup_lines(text: str, width: int) -> str:
    """Return plain text as plotly markup, in lines of at most ``width`` half-width characters."""
    return "<br>".join(markup(line) for line in balanced(text, width))


def hover(text: str) -> str:
    """Return a sentence as the text of a hover label."""
    return markup_lines(text, HOVER_WIDTH)


def listed(texts: Iterable[str], lang: Lang = "en") -> str:
    """Return texts as a list in a sentence.

    >>> listed(["A", "B", "C"]), listed(["甲", "乙"], "zh")
    ('A, B and C', '甲和乙')
    """
    items = list(texts)
    comma, final = (", ", " and ") if lang == "en" else ("、", "和")
    return items[0] if len(items) == 1 else comma.join(items[:-1]) + final + items[-1] if items else ""


def bracketed(text: str, lang: Lang = "en") -> str:
    """Return a text in the language's brackets, with the space that goes before them.

    >>> bracketed("20 %"), bracketed("20%", "zh")
    (' (20 %)', '（20%）')
    """
    return f" ({text})" if lang == "en" else f"（{text}）"


def unbracketed(name: str, lang: Lang = "en") -> str:
    """Return a name as it stands inside brackets: "(no name)" loses its own.

    >>> unbracketed("(no name)"), unbracketed("（无名称）", "zh"), unbracketed("North (2)")
    ('no name', '无名称', 'North (2)')
    """
    return name[1:-1] if name == NO_NAME.text(lang) else name


def colon(lang: Lang = "en") -> str:
    """Return the language's colon with the space that goes after it."""
    return ": " if lang == "en" else "："


def joined(sentences: Iterable[str], lang: Lang = "en") -> str:
    """Return sentences as one text, the empty ones left out."""
    return (" " if lang == "en" else "").join(filter(None, sentences))


def agree(n: float, one: str, many: str) -> str:
    """Return the form of an English word that goes with a number.

    >>> agree(1, "is", "are"), agree(0, "deal", "deals")
    ('is', 'deals')
    """
    return one if n == 1 else many


def band_ranges(bands: Bands, lang: Lang = "en") -> list[str]:
    """Return what each band covers, lowest first, with every cut on the side that owns it.

    >>> from custvalue.rules import playbook
    >>> band_ranges(playbook.SCREENING_BANDS)
    ['below 8', '8 to 14', 'above 14']
    """
    if not bands.cuts:
        return [""]
    cuts = [number_text(cut, lang, digits=SIGNIFICANT_DIGITS) for cut in bands.cuts]
    upper_owns = bands.owned_by_upper
    below, up_to = Label("below {x}", "低于{x}"), Label("up to {x}", "{x}及以下")
    above, at_least = Label("above {x}", "高于{x}"), Label("{x} or more", "{x}及以上")
    first = say(below if upper_owns[0] else up_to, lang, x=cuts[0])
    last = say(at_least if upper_owns[-1] else above, lang, x=cuts[-1])
    middle = [
        say(_RANGES[upper_owns[place], upper_owns[place + 1]], lang, x=cuts[place], y=cuts[place + 1])
        for place in range(len(cuts) - 1)
    ]
    return [first, *middle, last]


# Between two cuts: whether the band owns its lower cut, and whether the band above owns its upper one.
_RANGES = {
    (True, False): Label("{x} to {y}", "{x}–{y}"),
    (True, True): Label("{x} to below {y}", "{x}至{y}以下"),
    (False, False): Label("above {x} to {y}", "{x}以上至{y}"),
    (False, True): Label("between {x} and {y}", "{x}与{y}之间"),
}
