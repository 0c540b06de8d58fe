"""How long a company of 100,000 accounts and a million opportunities takes to simulate, and how much memory."""

import resource
import time

from custvalue.samples import simulate_company

N_ACCOUNTS, N_REPS = 100_000, 1_000
DEALS_PER_YEAR = 5.3
KILOBYTES_IN_GIGABYTE = 1024**2


def main():
    """Print seconds, rows and the peak of memory."""
    start = time.perf_counter()
    company = simulate_company(1, n_accounts=N_ACCOUNTS, n_reps=N_REPS, deals_per_year=DEALS_PER_YEAR)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_IN_GIGABYTE
    print(f"simulate_company {seconds:.1f} s, peak {peak:.1f} GB (limit 60 s)")
    print(", ".join(f"{name} {len(frame):,}" for name, frame in company.frames.items()))


if __name__ == "__main__":
    main()
