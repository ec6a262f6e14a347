"""Older workbooks (.xls), by xlwt, which writes the same bytes every time and changes no more."""

from __future__ import annotations

import io
from datetime import date
from typing import TypeAlias

import xlwt

Value: TypeAlias = str | float | date


def xls(rows: list[list[Value]]) -> bytes:
    """A workbook of one sheet; dates as dates, numbers as numbers."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Leads")
    style = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                sheet.write(row, column, cell, style)
            else:
                sheet.write(row, column, cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
