"""Write the sample data: ``python -m custvalue.samples data/sample``."""

import argparse
import sys

from custvalue.samples.company import SAMPLE_SEED, simulate_company
from custvalue.samples.files import write_sample


def main(arguments: list[str] | None = None) -> int:
    """Write the sample into the folder named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m custvalue.samples", description="Write the sample data as CSV.")
    parser.add_argument("folder", help="where to write, for instance data/sample")
    folder = parser.parse_args(arguments).folder
    paths = write_sample(simulate_company(SAMPLE_SEED), folder)
    sys.stdout.write(f"{len(paths)} files in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
