"""What several processes on one machine bring: how they get their connections, what each adds, what each takes.

    python -m benchmarks.workers sharing    # ways to share a port: the spread of 48 connections, requests a second
    python -m benchmarks.workers serving    # Mainstay with 1, 2 and 4 workers: requests a second, CPU, memory
    python -m benchmarks.workers picture    # both as an SVG, from what was measured last

It takes wrk. The figures lie in measured.json beside this file, the picture is docs/workers.svg.
"""
