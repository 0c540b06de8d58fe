"""Run every benchmark and print its lines: ``python -m tests.benchmarks [name …]``."""

import importlib
import sys
from pathlib import Path

names = sys.argv[1:] or sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
for name in names:
    print(f"== {name}")
    importlib.import_module(f"tests.benchmarks.{name}").main()
