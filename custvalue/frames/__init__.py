"""The way in: reading, contracts, rejects, calendar, and sales lines to accounts."""

from custvalue.frames.lines import account_revenue
from custvalue.frames.mapping import Mapping, read_mapping
from custvalue.frames.reading import FolderTables, read_folder, read_table
from custvalue.frames.rejects import Checked

__all__ = ["Checked", "FolderTables", "Mapping", "account_revenue", "read_folder", "read_mapping", "read_table"]
