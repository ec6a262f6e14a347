"""Batch importer of purchased leads into LeadByte: load, map, validate, submit, report."""

__version__ = "0.1.0"
