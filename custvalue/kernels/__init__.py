"""The array functions where the time goes. numpy and scipy only; inputs are checked by the callers."""

from custvalue.kernels.arrays import MISSING_CODE, ROUND_OFF, SIGNIFICANT, Codes, Floats, Integers, forgiving
from custvalue.kernels.bands import band_codes, weighted_total
from custvalue.kernels.intervals import wilson_interval
from custvalue.kernels.order import count_to_reach, descending_order, descending_rank, gini
from custvalue.kernels.sums import sums_by_code

__all__ = [
    "MISSING_CODE",
    "ROUND_OFF",
    "SIGNIFICANT",
    "Codes",
    "Floats",
    "Integers",
    "band_codes",
    "count_to_reach",
    "descending_order",
    "descending_rank",
    "forgiving",
    "gini",
    "sums_by_code",
    "weighted_total",
    "wilson_interval",
]
