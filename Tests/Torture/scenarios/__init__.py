"""Scenarios by area; `bench.py` says how to add one."""
