"""How the cost of a request grows with what there is more of: `python -m benchmarks.growth [--only AXIS …]`.

It takes wrk. The figures lie in benchmarks/results/growth.json, the picture is docs/growth.svg.
"""
