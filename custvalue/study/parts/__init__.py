"""The parts of the study: each runs on the tables it needs, or says why it was left out."""

from collections.abc import Callable

from custvalue.study.inputs import Inputs
from custvalue.study.parts.analysis import concentration_part, segments_part, walls_part
from custvalue.study.parts.effort import people_part, time_part
from custvalue.study.parts.screening import screening_part
from custvalue.study.parts.section import LeftOut, Picture, Section
from custvalue.study.parts.tracking import tracking_part

PARTS: tuple[tuple[str, Callable[[Inputs], Section]], ...] = (
    ("time", time_part),
    ("screening", screening_part),
    ("tracking", tracking_part),
    ("concentration", concentration_part),
    ("segments", segments_part),
    ("walls", walls_part),
    ("people", people_part),
)
USED_KINDS = ("prospects", "opportunities", "accounts", "sales", "walls", "traits", "targets")

__all__ = ["PARTS", "USED_KINDS", "LeftOut", "Picture", "Section"]
