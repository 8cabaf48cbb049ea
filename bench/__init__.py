"""Benchmarks of lowband: real courses, real tools, one table per question. `python -m bench` lists them."""
