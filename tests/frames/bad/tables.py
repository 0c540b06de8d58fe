"""Bad tables, refused as a whole: the evidence, where it is, and what settles it.

Each case: name, kind, the file's bytes or text, options of read_table, and the texts its message must hold.
"""

DEALS = "opportunity,account,stage,amount,created,expected_close,closed,outcome\n"
SALES = "account,date,amount\n"

TABLES = [
    ("a needed column is missing", "targets", "owner,period\nLi,2026Q3\n", {}, ["column 'target' is needed", "no such column"]),
    ("a misspelt column", "targets", "owner,period,targt\nLi,2026Q3,5\n", {}, ["column 'target' is needed", "Did you mean 'targt'"]),
    ("a column in other letters", "sales", "Account,date,amount\na,2026-01-01,5\n", {}, ["column 'account' is needed", "'Account'"]),
    ("two columns are missing", "sales", "account\na\n", {}, ["2 problems", "'date' is needed", "'amount' is needed"]),
    ("a repeated column", "sales", "account,date,amount,amount\na,2026-01-01,5,6\n", {}, ["'amount'", "Rename"]),
    ("an empty file", "sales", "", {}, ["sales.csv"]),
    ("a field too many", "sales", SALES + "a,2026-01-01,5,6\n", {}, ["line 2", "4", "3"]),
    ("a thousands comma that parts a field", "sales", SALES + "a,2026-01-01,5\nb,2026-01-01,1,200\n", {}, ["line 3", "4", "3"]),
    ("a field too few", "sales", SALES + "a,2026-01-01,5\nb,2026-01-01\n", {}, ["line 3", "2", "3"]),
    ("a footer", "sales", SALES + "a,2026-01-01,5\nConfidential\n", {}, ["line 3", "skip_footer"]),
    ("a quote that is never closed", "sales", SALES + 'a,2026-01-01,5\n"b,2026-01-01,6\nc,2026-01-01,7\n', {}, ["line 3"]),
    ("a stray quote that swallows rows", "sales", SALES + 'a,2026-01-01,5\n"b,2026-01-01,6\nc,2026-01-01,7\nd,2026-01-01,8\n"e",2026-01-01,9\n', {}, ["line 3"]),
    ("amounts that read two ways", "sales", SALES + 'a,2026-01-01,"1,234"\nb,2026-01-01,"5,678"\n', {}, ["amount", "decimal=", "line 2"]),
    ("amounts with points that read two ways", "sales", SALES + "a,2026-01-01,1.234\nb,2026-01-01,5.678\n", {}, ["amount", "decimal="]),
    ("amounts in two styles", "sales", SALES + 'a,2026-01-01,"1,234.5"\nb,2026-01-01,"1.234,5"\n', {}, ["amount", "1,234.5", "1.234,5", "line 2", "line 3"]),
    ("dates that read two ways", "sales", SALES + "a,03/04/2026,5\nb,05/06/2026,5\n", {}, ["date", "date_order=", "line 2"]),
    ("dates in two orders", "sales", SALES + "a,31/12/2026,5\nb,12/31/2026,5\n", {}, ["date", "31/12/2026", "12/31/2026", "line 2", "line 3"]),
    ("short dates that read two ways", "sales", SALES + "a,03-04-26,5\n", {}, ["date", "date_order="]),
    ("two currencies by sign", "sales", SALES + "a,2026-01-01,$5\nb,2026-01-01,€7\n", {}, ["one currency", "USD", "EUR", "convert_currency", "line 2", "line 3"]),
    ("two currencies by column", "sales", "account,date,amount,currency\na,2026-01-01,5,CNY\nb,2026-01-01,7,USD\n", {}, ["one currency", "CNY", "USD", "line 2", "line 3"]),
    ("a sign against its column", "sales", "account,date,amount,currency\na,2026-01-01,€5,USD\n", {}, ["sign", "EUR", "USD"]),
    ("an unknown kind", "sale", SALES + "a,2026-01-01,5\n", {}, ["kind must be a known kind", "'sales'"]),
    ("an unknown preset", "opportunities", DEALS, {"preset": "salesfroce"}, ["salesfroce", "'salesforce'"]),
    ("a rename from nowhere", "sales", "a,b,c\n1,2,3\n", {"columns": {"account": "z"}}, ["'z'", "[sales.columns] account"]),
    ("a rename of one column twice", "sales", "a,b,c\n1,2,3\n", {"columns": {"account": "a", "product": "a"}}, ["read once", "'a'"]),
    ("a separator that is none", "sales", SALES + "a,2026-01-01,5\n", {"separator": "x"}, ["separator"]),
    ("a wrong encoding", "sales", SALES.encode() + "é,2026-01-01,5\n".encode("latin-1"), {"encoding": "utf-8"}, ["line 2"]),
    ("an encoding that does not exist", "sales", SALES + "a,2026-01-01,5\n", {"encoding": "utf-99"}, ["utf-99"]),
    ("a decimal sign that is none", "sales", SALES + "a,2026-01-01,5\n", {"decimal": "'"}, ["decimal"]),
    ("a date order that is none", "sales", SALES + "a,01/02/2026,5\n", {"date_order": "year"}, ["date_order"]),
    ("a footer longer than the file", "sales", SALES + "a,2026-01-01,5\n", {"skip_footer": -1}, ["skip_footer", "-1"]),
    ("a blank header over filled cells and a missing column", "sales", "account,,amount\na,2026-01-01,5\n", {}, ["column 'date' is needed"]),
]  # fmt: skip
