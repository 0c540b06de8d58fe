"""时间 Effort: what an hour of selling time costs, and who spends it."""

from custvalue.effort.people import profile_people
from custvalue.effort.time import SellingTime, selling_time

__all__ = ["SellingTime", "profile_people", "selling_time"]
