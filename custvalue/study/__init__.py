"""Everything at once: the quarterly account study, as tables, figures, one HTML file and one workbook."""

from custvalue.study.study import Study, run_study

__all__ = ["Study", "run_study"]
