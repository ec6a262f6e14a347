"""Batch importer of purchased leads into LeadByte: load, map, validate, submit, report."""
