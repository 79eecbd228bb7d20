"""`python -m benchmarks.delivery`: requests a second, ours beside others."""

from benchmarks.delivery.throughput import main

if __name__ == "__main__":
    main()
