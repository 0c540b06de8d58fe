"""The way in: any export becomes checked frames, and no row is lost silently.

- ``sources`` reads cells as they stand, with ``encodings``, ``csv_layout``, ``csv_rows``, ``csv_quotes``, ``headers``,
  ``sheets`` and ``queries``.
- ``mapping`` and ``presets`` say how somebody else's columns become ours; ``mapped`` and ``exports`` do it.
- ``propose`` drafts a mapping, with ``known_names``, ``claims`` and ``proposal_text``.
- ``typed`` reads texts as values, with ``values``, ``blanks``, ``numbers``, ``affixes``, ``dates``, ``date_texts`` and
  ``currency``.
- ``rejects`` holds a table to its contract (``contracts``, ``kinds``) and keeps what breaks it; ``odd`` and
  ``spellings`` report what is merely strange.
- ``reading`` puts these together; ``lines`` and ``deal_lines`` add lines up to accounts and deals.
- ``checks``, ``deals``, ``periods``, ``nullable`` and ``parts`` serve the rooms.
"""

from custvalue.frames.currency import convert_currency
from custvalue.frames.deal_lines import opportunities_from_lines
from custvalue.frames.lines import account_revenue
from custvalue.frames.mapping import Mapping, read_mapping
from custvalue.frames.propose import propose_mapping
from custvalue.frames.reading import FolderTables, read_folder, read_table
from custvalue.frames.rejects import Checked

__all__ = [
    "Checked",
    "FolderTables",
    "Mapping",
    "account_revenue",
    "convert_currency",
    "opportunities_from_lines",
    "propose_mapping",
    "read_folder",
    "read_mapping",
    "read_table",
]
