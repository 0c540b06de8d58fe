"""The README's example is run, and prints what the README says it prints."""

import contextlib
import io
import re

from tests.conftest import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_ten_line_example_prints_the_output_below_it():
    code, output = re.search(r"## Ten lines\n\n```python\n(.*?)```\n\n```\n(.*?)```", TEXT, re.DOTALL).groups()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == output


def test_the_mapping_in_the_readme_is_part_of_the_one_that_is_shipped():
    shown = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL).group(1)
    shipped = (ROOT / "data" / "mappings" / "maven_crm.toml").read_text(encoding="utf-8")
    lines = [line.split("   ")[0].strip() for line in shown.splitlines()]
    assert [line for line in lines if line and not line.startswith("#") and line not in shipped] == []


def test_every_public_function_is_in_the_table_of_modules():
    import custvalue as cv

    functions = [name for name in cv.__all__ if callable(getattr(cv, name)) and name[0].islower()]
    assert [name for name in functions if name not in TEXT and not name.startswith("load_")] == []
