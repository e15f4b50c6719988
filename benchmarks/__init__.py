"""The library's speed and memory beside references that are measured in the same run.

`nox -s bench` runs everything and prints one table; `python -m benchmarks --help` says how to run
less. What is claimed is in `cases/`, what it is compared with in `bare/`.
"""
