"""The study: every part that the tables allow, in one object that writes itself as HTML and as a workbook."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm.auto import tqdm

from custvalue.charts.columns import value_label
from custvalue.frames.checks import to_pandas
from custvalue.frames.mapping import Mapping, read_mapping
from custvalue.frames.periods import AsOf, as_day
from custvalue.frames.reading import FolderTables, read_folder
from custvalue.frames.rejects import check_frame
from custvalue.rules import playbook
from custvalue.rules.errors import InputError, raise_all, refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.study.inputs import Inputs, choose_period
from custvalue.study.parts import PARTS, USED_KINDS, LeftOut, Section
from custvalue.study.words import WORDS

UNUSED = Label("read and checked; no part of the study uses it", "已读取并检查，但本分析未使用")
UNKNOWN = Label("not named after a kind of table the study knows", "文件名不是本分析认识的表种类")


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence with its number, the place in the report it comes from, and the title of its part."""

    anchor: str
    sentence: str
    part: str


@dataclass(frozen=True)
class Study:
    """The answer of :func:`run_study`.

    Attributes
    ----------
    inputs : Inputs
        The clean frames, the day and the period.
    sections : tuple of Section
        The parts that ran, in the lecture's order.
    left_out : pandas.DataFrame
        One row per part or file that was left out: ``part``, ``reason``, ``reason_zh``.
    read : FolderTables
        What was read, with the rejected rows.
    """

    inputs: Inputs
    sections: tuple[Section, ...]
    left_out: pd.DataFrame
    read: FolderTables

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name: the parts' tables, then ``inputs``, ``rejects`` and ``left_out``."""
        tables = {name: table for section in self.sections for name, table in section.tables.items()}
        return tables | {"inputs": self.read.inputs, "rejects": self.read.rejects, "left_out": self.left_out}

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Every plotly figure by name, in English."""
        return self.draw("en")

    def draw(self, lang: Lang = "en") -> dict[str, Any]:
        """Return every plotly figure by name, in one language."""
        check_lang(lang)
        return {name: made.draw(lang=lang) for section in self.sections for name, made in section.figures.items()}

    def findings(self, lang: Lang = "en") -> list[Finding]:
        """Return what the study found: the state of the input first, then the sentence of every chart."""
        figures = self.figures if lang == "en" else self.draw(lang)
        rows, rejected = (int(self.read.inputs[name].sum()) for name in ("rows", "rejected"))
        state = WORDS["rejects" if rejected else "no_rejects"].text(lang)
        read = WORDS["inputs"].text(lang)
        found = [Finding("inputs", state.format(rows=f"{rows:,}", rejected=f"{rejected:,}"), read)]
        found += [
            Finding(f"chart-{name}", figures[name].layout.meta["finding"], section.title.text(lang))
            for section in self.sections
            for name in section.figures
        ]
        if len(self.left_out):
            parts = ", ".join(value_label("part", part, lang) for part in self.left_out["part"])
            found.append(Finding("inputs", WORDS["left_out"].text(lang).format(parts=parts), read))
        return found

    def _repr_html_(self) -> str:
        found = "".join(f"<li>{escape(finding.sentence)}</li>" for finding in self.findings())
        names = ", ".join(escape(name) for name in self.tables)
        title = f"Account study {self.inputs.period_label}, as of {self.inputs.as_of:%Y-%m-%d}"
        holds = f".tables: {names}<br>.figures: {', '.join(self.figures)}"
        return f"<h4>{title}</h4><ul>{found}</ul><p><small>{holds}</small></p>"

    def to_html(self, path: str | Path, *, lang: Lang = "en") -> Path:
        """Write the study as one self-contained HTML file and return its path."""
        from custvalue.study.html import write_html

        return write_html(self, _writable(path), lang)

    def to_excel(self, path: str | Path, *, lang: Lang = "en") -> Path:
        """Write the study as a workbook, a sheet per table, and return its path."""
        from custvalue.study.excel import write_excel

        return write_excel(self, _writable(path), lang)


def run_study(
    folder_or_frames: str | Path | Dict[str, Any],
    *,
    as_of: AsOf,
    period: str | None = None,
    freq: str = "Q-DEC",
    mapping: Mapping | str | Path | None = None,
    progress: bool = False,
) -> Study:
    """Run every part of the account study that the tables allow.

    Parameters
    ----------
    folder_or_frames : path or dict
        A folder with files named after their kind (or named by the mapping), or frames by kind: ``prospects``,
        ``ratings``, ``opportunities``, ``accounts``, ``sales``, ``walls``, ``traits``, ``targets``.
    as_of : date
        The day on which the question is asked. Nothing later is looked at.
    period : str, optional
        The period the study is about, such as ``"2026Q3"``; by default the one that contains ``as_of``.
    freq : str
        pandas quarter or month frequency.
    mapping : Mapping or path, optional
        A mapping file, for tables in somebody else's columns.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Study
        ``.tables`` and ``.figures`` by name, ``.sections``, ``.left_out``, ``.to_html(path)``, ``.to_excel(path)``.

    Raises
    ------
    ValueError
        If the folder, a table as a whole, the mapping, ``as_of``, ``period`` or ``freq`` cannot be read.
        If a part's input is wrong, all parts' failures together. A part *without* input is left out, with the reason.

    Examples
    --------
    >>> import custvalue as cv
    >>> study = cv.run_study({"traits": cv.load_traits()}, as_of="2026-09-30")
    >>> [section.name for section in study.sections]
    ['time', 'people']
    """
    day = as_day(as_of)
    chosen = choose_period(period, day, freq)
    if isinstance(mapping, str | Path):
        mapping = read_mapping(mapping)
    read = _read(folder_or_frames, mapping)
    ladder = mapping.ladder if mapping and mapping.ladder else playbook.DEAL_HEAT
    inputs = Inputs(read.frames, day, chosen, freq, ladder)
    sections, left_out, problems = [], [], []
    for name, part in tqdm(PARTS, desc="study", unit="part", disable=not progress):
        try:
            sections.append(part(inputs))
        except LeftOut as reason:
            left_out.append((name, reason.reason.en, reason.reason.zh))
        except InputError as error:
            problems.append(f"{name}: {error}")
    raise_all("run_study", problems)
    left_out += [(kind, UNUSED.en, UNUSED.zh) for kind in read.frames if kind not in USED_KINDS]
    left_out += [(file, UNKNOWN.en, UNKNOWN.zh) for file in read.ignored]
    columns = ["part", "reason", "reason_zh"]
    return Study(inputs, tuple(sections), pd.DataFrame(left_out, columns=columns), read)


def _read(source: str | Path | Dict[str, Any], mapping: Mapping | None) -> FolderTables:
    if isinstance(source, str | Path):
        return read_folder(source, mapping=mapping)
    if not isinstance(source, Dict):
        raise refusal(
            "a study runs on a folder or on frames by kind",
            type(source).__name__,
            "Pass a path, or a dict such as {'opportunities': frame}.",
        )
    if mapping is not None and mapping.tables:
        raise refusal(
            "a mapping of columns is for files",
            f"frames and a mapping of {', '.join(mapping.tables)}",
            "Pass the folder, or rename the frames' columns yourself.",
        )
    checked, problems = {}, []
    for kind, frame in source.items():
        try:
            checked[kind] = check_frame(to_pandas(frame), kind, notes=(("file", "frame"),), from_file=False)
        except InputError as error:
            problems.append(str(error))
    raise_all("run_study", problems)
    return FolderTables(checked, (), mapping)


def _writable(path: str | Path) -> Path:
    """Return the path with its folder made, or say why nothing can be written there."""
    place = Path(path)
    if place.is_dir():
        raise refusal("the path must be a file", str(path), "Add a file name.")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
