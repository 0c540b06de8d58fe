"""时间 Effort, drawn: the year and the day of selling time, and the people who spend it."""

from custvalue.charts.effort.people import plot_people
from custvalue.charts.effort.time import plot_selling_time

__all__ = ["plot_people", "plot_selling_time"]
