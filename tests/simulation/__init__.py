"""Whole orders over the real handlers, adapters and definition, in virtual time, with faults at every boundary."""
