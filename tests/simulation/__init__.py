"""Whole orders in virtual time over the real handlers and definition, with faults at every boundary."""
