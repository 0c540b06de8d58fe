"""What several parts ask of the opportunities: whether they tell how deals stood on the day, and the period ahead."""

import pandas as pd

from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs
from custvalue.study.parts.section import LeftOut, need

LATER = Label(
    "the opportunities hold events after the as-of day, so they do not say how open deals stood on it",
    "商机表含有截止日之后的事件，无法得知未结商机当日的状态",
)


def need_state_of_day(inputs: Inputs, *columns: str) -> pd.DataFrame:
    """Return the opportunities; leave the part out where they do not say how open deals stood on the day."""
    need(inputs, "opportunities", "outcome", *columns)
    deals = inputs.frames["opportunities"]
    if any((deals[name] > inputs.as_of).any() for name in ("created", "closed") if name in deals):
        raise LeftOut(LATER)
    return deals


def period_ahead(inputs: Inputs) -> pd.Period:
    """Return the period of the day after ``as_of``: the one still open, or the next where one ends on the day."""
    return (inputs.as_of + pd.Timedelta(days=1)).to_period(inputs.freq)
