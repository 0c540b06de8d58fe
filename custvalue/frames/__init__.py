"""The way in: reading, contracts, rejects, calendar, and sales lines to accounts."""

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
