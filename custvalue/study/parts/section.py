"""What a part of the study is: a section of tables and pictures, or the reason why it was left out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from custvalue.frames.periods import parse_period
from custvalue.rules.errors import InputError
from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs

Draw = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of the study: the table it stands above, and the function of ``lang`` that draws it."""

    table: str
    draw: Draw


@dataclass(frozen=True, slots=True)
class Section:
    """One part's answer: its tables, the figures that stand above them, and its notes."""

    name: str
    title: Label
    tables: dict[str, pd.DataFrame]
    figures: dict[str, Picture] = field(default_factory=dict)
    notes: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What one question adds to a section: tables, figures and notes."""

    tables: dict[str, pd.DataFrame]
    figures: dict[str, Picture] = field(default_factory=dict)
    notes: tuple[Label, ...] = ()


Question = tuple[Label, Callable[[Inputs], Piece]]


class LeftOut(Exception):  # noqa: N818 (not an error: a part without input)
    """Raised by a part that has no input; it carries the reason."""

    def __init__(self, reason: Label) -> None:
        super().__init__(reason.en)
        self.reason = reason


def need(inputs: Inputs, kind: str, *columns: str) -> None:
    """Leave the part out if the kind of table, or a column of it, is not there."""
    if reason := inputs.lacking(kind, columns):
        raise LeftOut(reason)


def rows_of_period(inputs: Inputs, kind: str) -> pd.DataFrame:
    """Return a kind's rows of the study's period; leave the part out if there are none."""
    rows = inputs.of_period(kind)
    if rows.empty:
        period = inputs.period_label
        raise LeftOut(Label(f"{kind} has no rows for {period}", f"{kind} 表没有 {period} 的数据行"))
    return rows


def need_calendar(inputs: Inputs, kind: str) -> None:
    """Leave the part out if the table's periods are of another calendar than the study's, such as quarters in months.

    A table that holds labels of both is not left out: there something is wrong with it.
    """
    labels = inputs.frames[kind]["period"].dropna().unique()
    if not any(is_label(str(label), inputs.freq) for label in labels):
        raise LeftOut(
            Label(f"{kind} has no periods of the {inputs.freq} calendar", f"{kind} 表没有按 {inputs.freq} 划分的期间")
        )


def is_label(label: str, freq: str) -> bool:
    """Say whether a text is a label of the calendar."""
    try:
        parse_period(label, freq)
    except InputError:
        return False
    return True


def section_of(name: str, title: Label, questions: Iterable[Question], inputs: Inputs) -> Section:
    """Return a section of all questions the tables allow; a note says which were left out, and why.

    Without input for any of them the whole part is left out. What is wrong in several is raised together.
    """
    tables: dict[str, pd.DataFrame] = {}
    figures: dict[str, Picture] = {}
    notes: list[Label] = []
    missing: list[tuple[Label, Label]] = []
    problems = []
    for what, answer in questions:
        try:
            piece = answer(inputs)
        except LeftOut as left:
            missing.append((what, left.reason))
        except InputError as error:
            problems.append(str(error))
        else:
            tables |= piece.tables
            figures |= piece.figures
            notes += piece.notes
    _raise_together(problems)
    if not tables:
        reasons = list(dict.fromkeys(reason for _, reason in missing))
        raise LeftOut(Label("; ".join(reason.en for reason in reasons), "；".join(reason.zh for reason in reasons)))
    notes += [
        Label(f"Left out: {what.en} ({reason.en}).", f"未采用：{what.zh}（{reason.zh}）。") for what, reason in missing
    ]
    return Section(name, title, tables, figures, tuple(notes))


def _raise_together(problems: list[str]) -> None:
    """Raise what is wrong with any question, each thing once; the study says in which part."""
    distinct = list(dict.fromkeys(problems))
    if len(distinct) > 1:
        lines = "".join(f"\n  {number}. {text}" for number, text in enumerate(distinct, start=1))
        raise InputError(f"{len(distinct)} problems{lines}")
    for text in distinct:
        raise InputError(text)
