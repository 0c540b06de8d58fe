"""The parts of the study: each runs on the tables it needs, or says why it was left out."""

from collections.abc import Callable

from custvalue.study.inputs import Inputs
from custvalue.study.parts.accuracy import accuracy_part
from custvalue.study.parts.analysis import segments_part, walls_part
from custvalue.study.parts.concentration import concentration_part
from custvalue.study.parts.distribution import distribution_part
from custvalue.study.parts.effort import people_part, time_part
from custvalue.study.parts.growth import growth_part, migration_part
from custvalue.study.parts.movement import movement_part
from custvalue.study.parts.screening import evidence_part, screening_part
from custvalue.study.parts.section import LeftOut, Picture, Section
from custvalue.study.parts.tracking import tracking_part

PARTS: tuple[tuple[str, Callable[[Inputs], Section]], ...] = (
    ("time", time_part),
    ("screening", screening_part),
    ("evidence", evidence_part),
    ("tracking", tracking_part),
    ("movement", movement_part),
    ("distribution", distribution_part),
    ("accuracy", accuracy_part),
    ("concentration", concentration_part),
    ("segments", segments_part),
    ("migration", migration_part),
    ("growth", growth_part),
    ("walls", walls_part),
    ("people", people_part),
)
USED_KINDS = (
    "prospects",
    "ratings",
    "opportunities",
    "stage_history",
    "snapshots",
    "forecasts",
    "accounts",
    "sales",
    "walls",
    "traits",
    "targets",
)

__all__ = ["PARTS", "USED_KINDS", "LeftOut", "Picture", "Section"]
