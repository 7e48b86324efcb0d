"""Makes the workbooks that the page's tests drop: `python make.py`, with openpyxl."""

from pathlib import Path

from openpyxl import Workbook

HERE = Path(__file__).parent


def workbook(name, sheets):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(HERE / name)


JOBS = [["id", "job"], [901, "Astronomer"], [902, None], [903, "Zoologist"], [901, "Twice"]]

workbook("jobs.xlsx", {"About": [["Made by the office"]], "Jobs": JOBS})
workbook("jobs-twice.xlsx", {"May": JOBS[:2], "June": JOBS[:1] + JOBS[3:4]})
