#!/usr/bin/env python3
"""Writes the clickstream in retentioneering's wheel as NDJSON, one object a row.

    ecom-to-ndjson.py WHEEL OUTPUT.ndjson

The wheel is read as the zip file that it is; nothing of it is installed or imported. The objects
have the columns' names, and the timestamp, which the file gives in UTC without saying so, as
ISO 8601.
"""

import csv
import gzip
import io
import json
import os
import sys
import zipfile

MEMBER = "retentioneering/datasets/ecom.csv.gz"
TIMESTAMP_COLUMN = "timestamp"


def rows(wheel):
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as packed:
        with gzip.open(packed) as unpacked:
            yield from csv.DictReader(io.TextIOWrapper(unpacked, encoding="utf-8", newline=""))


def event(row):
    return {**row, TIMESTAMP_COLUMN: row[TIMESTAMP_COLUMN].replace(" ", "T") + "Z"}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    wheel, output = sys.argv[1:]
    # A run that is cut short must not leave half a file that the next one takes for whole.
    partial = output + ".partial"
    with open(partial, "w", encoding="utf-8") as lines:
        for row in rows(wheel):
            json.dump(event(row), lines, ensure_ascii=False, separators=(",", ":"))
            lines.write("\n")
    os.replace(partial, output)


if __name__ == "__main__":
    main()
