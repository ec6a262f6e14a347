"""fix-me.xlsx: the rows that were not accepted and can be mended, for a person to correct and to import again.

Users read docs/fix-me.md. How such a list is read again is in `pipeline.load.mended`.
"""

from __future__ import annotations

from pipeline.fix_me.columns import Column, columns_of
from pipeline.fix_me.curable import CODES, blamed, said_by_leadbyte
from pipeline.fix_me.writing import FixMe, RowToMend, ToMend, Written, remove_fix_me

__all__ = [
    "CODES",
    "Column",
    "FixMe",
    "RowToMend",
    "ToMend",
    "Written",
    "blamed",
    "columns_of",
    "remove_fix_me",
    "said_by_leadbyte",
]
