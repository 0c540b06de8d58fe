"""What a workbook says that its reader does not pass on: error values, formulas never calculated, the date system."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path, PurePosixPath
from typing import IO
from xml.etree import ElementTree

from custvalue.rules.errors import refusal

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
CHUNK = 1 << 22
LETTERS = 26
_TAG = rb"(?:\w+:)?"  # names may carry a prefix
_ERROR = re.compile(rb"<%sc\b([^>/]*\st=[\"']e[\"'][^>/]*)>(.*?)</%sc>" % (_TAG, _TAG), re.DOTALL)
_VALUE = re.compile(rb"<%sv>([^<]*)<" % _TAG)
_PLACE = re.compile(rb"\sr=[\"']([A-Z]+)([0-9]+)[\"']")
_UNCALCULATED = re.compile(
    rb"<%(tag)sc\b([^>/]*)>\s*<%(tag)sf\b(?:[^>]*/>|[^>]*>[^<]*</%(tag)sf>)\s*"
    rb"(?:<%(tag)sv\s*/>|<%(tag)sv>\s*</%(tag)sv>)?\s*</%(tag)sc>" % {b"tag": _TAG}
)
_IS_TEXT = re.compile(rb"\st=[\"']str[\"']")  # an empty text is a value


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What stands in a sheet's XML beside its values.

    ``errors`` holds row and column (from 0) and text of each error cell; ``uncalculated`` the names of the cells whose
    formula has no saved value; ``date_1904`` says whether the workbook counts its days from 1904.
    """

    errors: tuple[tuple[int, int, str], ...]
    uncalculated: tuple[str, ...]
    date_1904: bool

    @property
    def first_error(self) -> str:
        """The name of the first error cell, such as C3."""
        row, column, _ = self.errors[0]
        letters = ""
        while column >= 0:
            letters = chr(ord("A") + column % LETTERS) + letters
            column = column // LETTERS - 1
        return f"{letters}{row + 1}"


def sheet_facts(path: Path, sheet: str) -> SheetFacts:
    """Read what stands in one sheet's XML beside its values; costs a pass over the unpacked sheet.

    Raises
    ------
    ValueError
        If the workbook does not say where the sheet is kept, or an error cell where it stands.
    """
    try:
        with zipfile.ZipFile(path) as book:
            files = {name.replace("\\", "/").lower(): name for name in book.namelist()}
            content = ElementTree.fromstring(book.read(files[WORKBOOK]))
            relations = ElementTree.fromstring(book.read(files[RELATIONS]))
            setting = content.find("{*}workbookPr")
            system = setting.get("date1904", "0") if setting is not None else "0"
            with book.open(files[_part_of(sheet, content, relations)]) as file:
                errors, uncalculated = _scan(file)
    except (KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise refusal(
            "a workbook must say where its sheets are kept", str(error), "Open it in a spreadsheet program and save it."
        ) from error
    return SheetFacts(tuple(errors), tuple(uncalculated), system in ("1", "true"))


def _part_of(sheet: str, content: ElementTree.Element, relations: ElementTree.Element) -> str:
    """Return the name of the file in the archive that holds a sheet, in lower case."""
    told = next(entry for entry in content.iterfind("{*}sheets/{*}sheet") if entry.get("name") == sheet)
    key = next(value for name, value in told.items() if name.endswith("}id"))
    target = next(entry.get("Target", "") for entry in relations if entry.get("Id") == key)
    place = PurePosixPath("/xl") / target
    return str(place).removeprefix("/").lower()


def _scan(file: IO[bytes]) -> tuple[list[tuple[int, int, str]], list[str]]:
    errors: list[tuple[int, int, str]] = []
    uncalculated: list[str] = []
    for piece in _pieces(file):
        if b'"e"' in piece or b"'e'" in piece:
            errors += starmap(_error, _ERROR.findall(piece))
        if b"<f" in piece or b":f" in piece:
            uncalculated += [_name(cell) for cell in _UNCALCULATED.findall(piece) if not _IS_TEXT.search(cell)]
    return errors, uncalculated


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the file in pieces that end with a whole row."""
    rest = b""
    while chunk := file.read(CHUNK):
        rest += chunk
        end = max(rest.rfind(b"</row>"), rest.rfind(b":row>"))
        if end >= 0:
            yield rest[:end]
            rest = rest[end:]
    yield rest


def _error(cell: bytes, content: bytes) -> tuple[int, int, str]:
    place, value = _PLACE.search(cell), _VALUE.search(content)
    text = value.group(1).decode() if value else "#ERROR!"
    if place is None:
        raise refusal(
            "an error value must say where it stands", text, "Open the workbook in a spreadsheet program and save it."
        )
    column = 0
    for letter in place.group(1):
        column = column * LETTERS + letter - ord("A") + 1
    return int(place.group(2)) - 1, column - 1, text


def _name(cell: bytes) -> str:
    place = _PLACE.search(cell)
    return b"".join(place.groups()).decode() if place else "a cell"
