"""Replacements of private parts of ministack and moto. Each module says what it replaces and why.

They touch private names, so the versions are pinned and each has a smoke test.
"""
