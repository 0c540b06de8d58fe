"""Engines that take long to start: run by ``make engines``, not by ``make test``."""
