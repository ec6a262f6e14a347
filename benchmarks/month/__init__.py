"""A simulated month of nights: real files, real HTTP, a clock that is nobody's, faults, kills, and a judge.

`python -m benchmarks.month --help`; what it came to is in docs/reliability.md.
"""
