"""What is assumed of the deals of a distribution together, in words."""

from collections.abc import Collection

from custvalue.rules.labels import Label, Lang

DIGITS, EVERY_DIGIT = 3, 17
# From here on three digits are written with an exponent.
THOUSAND = 999.5
_INDEPENDENT = Label("independent deals", "商机相互独立")
_FACTOR = Label(
    "deals share a common factor (latent correlation {latent}, of outcomes {event})",
    "商机受共同因素影响（潜在相关{latent}，结果相关{event}）",
)
_SOME = Label("some {text}", "部分{text}")
_DRAW = Label(
    "one draw of the win rate per stage, worth {strength} past deals",
    "每阶段共用一次赢率抽样，相当于{strength}个历史商机",
)


def basis_text(correlation: float, event: float, strengths: Collection[float], mixed: bool, lang: Lang) -> str:
    """Return what deals share, in words; nothing shared is "independent deals".

    >>> basis_text(0.2, 0.1253, [], False, "en")
    'deals share a common factor (latent correlation 0.2, of outcomes 0.125)'
    """
    texts = []
    if correlation > 0:
        factor = _FACTOR.text(lang).format(latent=_below_one(correlation), event=_below_one(event))
        texts.append(_SOME.text(lang).format(text=factor) if mixed else factor)
    if strengths:
        shown = _count(min(strengths)) + (f"–{_count(max(strengths))}" if len(set(strengths)) > 1 else "")
        texts.append(_DRAW.text(lang).format(strength=shown))
    return ("; " if lang == "en" else "；").join(texts) or _INDEPENDENT.text(lang)


def _below_one(value: float) -> str:
    """Return a correlation in three digits, in more where it would read as 1 and is not.

    >>> _below_one(0.1253), _below_one(0.999999), _below_one(1.0)
    ('0.125', '0.999999', '1')
    """
    texts = (f"{value:.{digits}g}" for digits in range(DIGITS, EVERY_DIGIT + 1))
    return next((text for text in texts if value >= 1 or float(text) < 1), f"{value:g}")


def _count(value: float) -> str:
    return f"{value:.{DIGITS}g}" if value < THOUSAND else f"{value:,.0f}"
