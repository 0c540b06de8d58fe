"""Fictitious names, half of them Chinese and half English, and never the same twice."""

import math
from typing import Any

import numpy as np
import pandas as pd

from custvalue.rules.errors import refusal
from custvalue.samples.arrays import Ints, texts

INDUSTRIES = ("machinery", "packaging", "food", "plastics", "electronics", "textiles", "chemicals", "pharma")
TRADES_ZH = ("机械", "包装", "食品", "塑料", "电子", "纺织", "化工", "医药")
TRADES_EN = (
    *(" Machinery ", " Packaging ", " Foods ", " Plastics "),
    *(" Electronics ", " Textiles ", " Chemicals ", " Pharma "),
)
# Where the trade stands in a company's name.
TRADE_OF_ZH, TRADE_OF_EN = 3, 2

PLACES = tuple("华东江海南北中泰云浦滨湖山岭川平沪浙苏鲁豫湘粤桂渝蓉津辽吉皖赣闽")
FIRST = tuple("远恒瑞嘉鼎宏信盛博明利德源腾晟佳启锦卓凯辰景祺汇创优润弘睿骏诺硕")
SECOND = tuple("达泰丰隆康和祥通成益昌顺安诚辉航力业新旺福兴美川林宝鑫科联宇峰荣")
FORMS = ("有限公司", "集团", "股份", "实业")

HEADS = (
    *("Amber", "Birch", "Cedar", "Delta", "Elm", "Falcon", "Granite", "Harbor", "Iris", "Juniper", "Kestrel"),
    *("Lark", "Maple", "North", "Oak", "Pine", "Quartz", "River", "Silver", "Thistle", "Umber", "Vale", "Willow"),
    *("Yarrow", "Ash", "Bramble", "Clover", "Dune", "Ember", "Fern", "Glen", "Heron"),
)
TAILS = (
    *("bridge", "brook", "crest", "dale", "field", "ford", "gate", "grove", "haven", "hill", "lake", "mont"),
    *("point", "ridge", "stone", "wood", "bank", "cliff", "court", "fall", "garth", "heath", "holm", "land"),
    *("leigh", "mark", "mere", "port", "shaw", "side", "ton", "way"),
)
ENDINGS = (
    *("Ltd", "Group", "Works", "Industries", "Asia", "China", "International", "Holdings", "Systems", "Partners"),
    *("East", "West", "One", "Nova", "Plus", "Pacific", "Global", "Alliance", "Company", "Enterprises", "Ventures"),
    *("Brothers", "Trading", "Supply", "Makers", "Union", "Far East", "Orient", "North", "South", "Direct", "Prime"),
)

SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林")
GIVEN = tuple("芳伟娜静强磊洋艳勇军杰娟涛超霞鹏")
FORENAMES = (
    *("Anna", "Brian", "Clara", "David", "Emma", "Frank", "Grace", "Henry"),
    *("Irene", "Jack", "Karen", "Leo", "Mary", "Nick", "Olivia", "Paul"),
)
INITIALS = tuple(f" {letter}. " for letter in "ABCDEFGHJKLMNPRST")
FAMILIES = (
    *("Adams", "Baker", "Clark", "Dixon", "Evans", "Fisher", "Grant", "Hughes"),
    *("Irving", "Jones", "Keller", "Lewis", "Moore", "Nolan", "Owens", "Price"),
)

COMPANIES_ZH, COMPANIES_EN = (PLACES, FIRST, SECOND, TRADES_ZH, FORMS), (HEADS, TAILS, TRADES_EN, ENDINGS)
PEOPLE_ZH, PEOPLE_EN = (SURNAMES, GIVEN, ("", *SECOND)), (FORENAMES, INITIALS, FAMILIES)


def _number_of_names(*halves: tuple[tuple[str, ...], ...]) -> int:
    return len(halves) * min(math.prod(len(choices) for choices in words) for words in halves)


MOST_COMPANIES = _number_of_names(COMPANIES_ZH, COMPANIES_EN)
MOST_PEOPLE = _number_of_names(PEOPLE_ZH, PEOPLE_EN)


def company_names(rng: np.random.Generator, n: int) -> tuple[Any, Ints]:
    """Return ``n`` distinct company names, Chinese and English in turn, and the place of each in ``INDUSTRIES``."""
    chinese, words_zh = _distinct(rng, COMPANIES_ZH, (n + 1) // 2)
    english, words_en = _distinct(rng, COMPANIES_EN, n // 2)
    order = _in_turn(n)
    industry = np.concatenate([words_zh[TRADE_OF_ZH], words_en[TRADE_OF_EN]])
    return pd.concat([chinese, english]).array.take(order), industry[order]


def people_names(rng: np.random.Generator, n: int) -> Any:
    """Return ``n`` distinct names of people, Chinese and English in turn."""
    chinese, _ = _distinct(rng, PEOPLE_ZH, (n + 1) // 2)
    english, _ = _distinct(rng, PEOPLE_EN, n // 2)
    return pd.concat([chinese, english]).array.take(_in_turn(n))


def _distinct(
    rng: np.random.Generator, words: tuple[tuple[str, ...], ...], n: int
) -> tuple["pd.Series[str]", tuple[Ints, ...]]:
    """Return ``n`` different combinations, one word of each list, and the places of their words in the lists."""
    sizes = tuple(len(choices) for choices in words)
    total = math.prod(sizes)
    if n > total:
        raise refusal("the word lists must make enough names", f"{n} names of {total}", "Ask for fewer.")
    places = np.unravel_index(rng.choice(total, size=n, replace=False), sizes)
    name = pd.Series("", index=range(n), dtype="str")
    for choices, place in zip(words, places, strict=True):
        name = name + texts(place, choices)
    return name, places


def _in_turn(n: int) -> Ints:
    """Return the order that deals two halves, the first the larger, out in turn.

    >>> _in_turn(5).tolist()
    [0, 3, 1, 4, 2]
    """
    half = (n + 1) // 2
    return np.argsort(np.concatenate([2 * np.arange(half), 2 * np.arange(n - half) + 1]))
