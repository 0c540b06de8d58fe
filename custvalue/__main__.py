"""``python -m custvalue`` is the command line."""

from custvalue.study.cli import app

app()
