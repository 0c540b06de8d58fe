"""What stands before and after the digits of an amount: signs, currencies, scales such as 万 or M, a per cent sign."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from custvalue.frames.values import places_in

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES
VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = tuple(_CODES.split())
"""Currency codes of ISO 4217, and CNH, by which banks call the yuan traded outside mainland China."""

_DOLLARS = "USD AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD KYD LRD NAD NZD SBD SGD SRD TTD TWD XCD"
_PESOS = "ARS CLP COP MXN UYU"
DOLLARS = tuple(f"{_DOLLARS} {_PESOS}".split())
"""The currencies written with a plain $ at home, the American dollar first."""

SIGNS: dict[str, tuple[str, ...]] = {
    "$": DOLLARS,
    **dict.fromkeys(("US$", "USD$", "U$S", "美元"), ("USD",)),
    **dict.fromkeys(("C$", "CA$", "CAN$", "CAD$"), ("CAD",)),
    **dict.fromkeys(("A$", "AU$", "AUD$"), ("AUD",)),
    **dict.fromkeys(("HK$", "HKD$", "港元", "港币"), ("HKD",)),
    **dict.fromkeys(("S$", "SG$"), ("SGD",)),
    **dict.fromkeys(("NT$", "新台币"), ("TWD",)),
    "NZ$": ("NZD",),
    "MX$": ("MXN",),
    "R$": ("BRL",),
    "¥": ("CNY", "JPY"),
    **dict.fromkeys(("元", "圆", "人民币", "RMB", "CN¥"), ("CNY",)),
    **dict.fromkeys(("円", "日元", "JP¥"), ("JPY",)),
    **dict.fromkeys(("€", "EURO", "EUROS", "欧元"), ("EUR",)),
    **dict.fromkeys(("£", "英镑"), ("GBP",)),
    "KR": ("DKK", "ISK", "NOK", "SEK"),
    **dict.fromkeys(("RS", "₨"), ("INR", "LKR", "NPR", "PKR")),
    "₹": ("INR",),
    "₩": ("KRW",),
    "₽": ("RUB",),
    "₺": ("TRY",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₪": ("ILS",),
    "₴": ("UAH",),
    "₦": ("NGN",),
    "₱": ("PHP",),
    "₸": ("KZT",),
    "ZŁ": ("PLN",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "RM": ("MYR",),
    "RP": ("IDR",),
    **dict.fromkeys(("FR", "SFR"), ("CHF",)),
    **{code: (code,) for code in CURRENCIES},
}
"""Every sign (in capitals) and the currencies it can mean; a sign of several says no more than its family."""

SCALES = {
    **dict.fromkeys(("k", "tsd", "thousand", "千", "仟"), 3),
    **dict.fromkeys(("万", "萬"), 4),
    **dict.fromkeys(("十万", "lakh", "lakhs", "lac"), 5),
    **dict.fromkeys(("m", "mm", "mn", "mio", "mln", "million", "millions", "百万"), 6),
    **dict.fromkeys(("千万", "crore", "crores"), 7),
    **dict.fromkeys(("亿", "億"), 8),
    **dict.fromkeys(("b", "bn", "mrd", "mld", "billion", "billions", "十亿"), 9),
    **dict.fromkeys(("万亿", "trillion"), 12),
}
"""Words after the digits and the power of ten they stand for, in any case. M is a million, as in CRM exports."""

PER_CENT = -2
LONGEST_AFFIX = 40  # characters; what is longer is prose, not an affix
MINUSES = str.maketrans(dict.fromkeys("−–—‐‑‒―﹣－", "-"))


def _one_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_CURRENCY = _one_of(tuple(SIGNS))
_BEFORE = re.compile(
    rf"(?P<open>\(?)(?P<sign>[-+]?)(?P<currency>{_CURRENCY})?(?P<inner>\(?)(?P<inner_sign>[-+]?)(?P<lead>[.,]?)",
    re.IGNORECASE,
)
_AFTER = re.compile(  # "100.-" and "100,--" are whole amounts: the dash stands where the cents would be
    rf"(?:(?P<tail>[.,])(?P<dash>-{{0,2}}))?(?P<close>\)?)(?:(?P<scale>{_one_of(tuple(SCALES))})\.?)?(?:(?P<currency>{_CURRENCY})\.?)?"
    r"(?P<sign>[-+]?)(?P<per_cent>%?)(?P<outer>\)?)",
    re.IGNORECASE,
)
# Digits with whatever may part them; the text before them and after them holds none.
_PARTS = r"^(?P<before>[^0-9]*)(?P<digits>[0-9](?:[0-9.,' ]*[0-9])?(?:[eE][-+]?[0-9]{1,3})?)(?P<after>[^0-9]*)$"


@dataclass(frozen=True, slots=True)
class Affix:
    """What the text around the digits says.

    ``lead`` and ``tail`` are separators that belong to the digits (".5", "5."); ``sign`` is -1 or 1, ``minus`` how it
    is written where that is not plain ("parentheses" or "trailing minus"); ``exponent`` the power of ten; ``money`` the
    currency signs as written.
    """

    lead: str = ""
    tail: str = ""
    sign: int = 1
    minus: str = ""
    exponent: int = 0
    scale: str = ""
    money: str = ""
    currencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amounts:
    """Texts taken apart: the digits of each, and its affix's place in ``affixes``, -1 where it has no such form."""

    digits: pa.Array
    codes: NDArray[np.int64]
    affixes: tuple[Affix, ...]


def take_apart(texts: pa.Array) -> Amounts:
    """Take amount texts (stripped) apart into digits and affixes.

    >>> parts = take_apart(pa.array(["$1,234.50", "(2.5万元)", "about 3"], pa.large_string()))
    >>> parts.digits.to_pylist(), parts.codes.tolist()
    (['1,234.50', '2.5', ''], [0, 1, -1])
    >>> parts.affixes[1].sign, parts.affixes[1].exponent, parts.affixes[1].currencies
    (-1, 4, ('CNY',))
    """
    parts = pc.extract_regex(plain_characters(texts), _PARTS)
    around = [pc.struct_field(parts, [name]).dictionary_encode() for name in ("before", "after")]
    before, after = (places_in(part) for part in around)
    n_after = max(len(around[1].dictionary), 1)
    places, pairs = pd.factorize(np.where(before < 0, -1, before * n_after + after))
    openings, endings = (part.dictionary for part in around)
    affixes: list[Affix] = []
    codes = np.full(len(pairs), -1)
    for place, pair in enumerate(pairs.tolist()):  # a handful: distinct surroundings, not rows
        if pair >= 0:
            affix = _affix(openings[pair // n_after].as_py(), endings[pair % n_after].as_py())
            if affix is not None:
                codes[place] = len(affixes)
                affixes.append(affix)
    found: NDArray[np.int64] = codes[places]
    digits = pc.struct_field(parts, ["digits"])
    read = pa.array(found >= 0)
    digits = pc.if_else(read, digits, pa.scalar("", digits.type))
    if any(affix.lead or affix.tail for affix in affixes):
        lead, tail = (
            pa.array(np.array([*texts, ""], dtype=object)[found], digits.type)
            for texts in ([affix.lead for affix in affixes], [affix.tail for affix in affixes])
        )
        digits = pc.binary_join_element_wise(lead, digits, tail, pa.scalar("", digits.type))
    return Amounts(digits, found, tuple(affixes))


def plain_characters(texts: pa.Array) -> pa.Array:
    """Return texts with full-width characters and blanks of every width as their plain forms.

    Raised and circled digits stay what they are: 12² is not 122.
    """
    ascii_only = pc.string_is_ascii(texts)
    if pc.all(ascii_only).as_py() is not False:
        return texts
    normal = pc.replace_substring(pc.utf8_normalize(texts, form="NFKC"), "’", "'")
    return pc.if_else(pc.or_(ascii_only, pc.match_substring_regex(texts, r"\p{No}")), texts, normal)


def _affix(before: str, after: str) -> Affix | None:
    """Return what the surroundings of the digits say, or None if they say anything else."""
    if len(before) + len(after) > LONGEST_AFFIX:
        return None
    opening = _BEFORE.fullmatch(before.translate(MINUSES).replace(" ", ""))
    ending = _AFTER.fullmatch(after.translate(MINUSES).replace(" ", ""))
    if opening is None or ending is None:
        return None
    lead, tail = opening["lead"], ending["tail"] or ""
    if lead and opening["currency"] and opening["currency"][-1].isalpha() and not opening["inner"]:
        if lead == ",":
            return None
        lead = ""  # the point of an abbreviation, as in "Rs.500"
    if not before.endswith(lead) or not after.startswith(tail):
        return None  # a blank between the separator and the digits
    opened, closed = opening["open"] + opening["inner"], ending["close"] + ending["outer"]
    signs = opening["sign"] + opening["inner_sign"] + ending["sign"]
    money = [part for part in (opening["currency"], ending["currency"]) if part]
    families = [SIGNS[part.upper()] for part in money]
    currencies = tuple(code for code in families[0] if code in families[-1]) if families else ()
    scale, per_cent = ending["scale"] or "", bool(ending["per_cent"])
    if (
        len(opened) != len(closed)
        or len(opened) + len(signs) > 1
        or (money and not currencies)
        or (per_cent and (scale or money))
        or (ending["dash"] and ending["sign"])  # "100.---": no telling where the dash ends and a minus begins
    ):
        return None
    return Affix(
        lead=lead,
        tail=tail,
        sign=-1 if opened or signs == "-" else 1,
        minus="parentheses" if opened else "trailing minus" if ending["sign"] == "-" else "",
        exponent=PER_CENT if per_cent else SCALES.get(scale.lower(), 0),
        scale="%" if per_cent else scale,
        money=" … ".join(money),
        currencies=currencies,
    )
