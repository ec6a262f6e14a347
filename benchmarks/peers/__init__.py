"""The same job written the usual ways, each a script of its own: `python benchmarks/peers/NAME.py LIST RESULTS`.

They check what the campaign asks (required fields, e-mail addresses, UK mobiles, dates that exist, selections), and
write a results file: row, outcome, errors. None of them normalises or looks for duplicates.
"""
