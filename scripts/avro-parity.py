"""Avro cases with known answers from fastavro, and the comparison with ours.

    avro-parity.py make SEED COUNT FILE          writes cases, one a line
    avro-parity.py compare CASES ANSWERS         compares; the status is 1 when anything differs

A case is a writer's schema, a reader's schema or nothing, and bytes in hexadecimal. Four kinds take
turns: values as they are, values read with another schema, bytes with errors in them, and bytes of
another schema.
"""

import base64
import datetime
import decimal
import io
import json
import random
import struct
import sys
import uuid

import fastavro
from avro_cases import Evolution, Schemas, Values, mixes_text_and_bytes, mutate
from fastavro.schema import parse_schema

decimal.getcontext().prec = 100

def make(seed, count, path):
    rng = random.Random(seed)
    with open(path, "w") as file:
        made = 0
        while made < count:
            schema = Schemas(rng).record(rng.randint(1, 4))
            try:
                parsed = parse_schema(json.loads(json.dumps(schema)))
                output = io.BytesIO()
                fastavro.schemaless_writer(output, parsed, Values(rng, schema).value(schema))
                fastavro.schemaless_reader(io.BytesIO(output.getvalue()), parsed, None)
            except Exception:
                # A value of one branch of a union that fastavro takes for another: an enum's symbol
                # for a UUID, say, which it then can't read.
                continue
            data, reader = output.getvalue(), ""
            kind = made % 4
            if kind == 1 and not mixes_text_and_bytes(schema):
                reader = json.dumps(Evolution(rng).reader(schema))
            elif kind == 2:
                data = mutate(rng, data)
            elif kind == 3 and made % 8 == 3:
                schema = Schemas(rng).record(rng.randint(1, 4))
            file.write(f"{json.dumps(schema)}\t{reader}\t{data.hex()}\n")
            made += 1


def single(number):
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return None


def same(ours, theirs):
    """Whether our JSON says what fastavro's value is."""
    if theirs is None or isinstance(theirs, bool) or isinstance(ours, bool):
        return ours is theirs
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and ours.keys() == theirs.keys() and all(
            same(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, float):
        if theirs != theirs or theirs in (float("inf"), float("-inf")):
            name = "NaN" if theirs != theirs else "Infinity" if theirs > 0 else "-Infinity"
            return ours == name
        return isinstance(ours, decimal.Decimal) and (
            float(ours) == theirs or single(float(ours)) == theirs)
    if isinstance(theirs, (int, decimal.Decimal)):
        if isinstance(ours, decimal.Decimal):
            # A long that was read as a double, or as a float.
            # Or a decimal with more digits than its precision, which fastavro rounds.
            return (ours == theirs or (isinstance(theirs, int) and float(ours) == float(theirs))
                    or (isinstance(theirs, decimal.Decimal) and theirs == decimal.Context(
                        prec=len(theirs.as_tuple().digits)).plus(ours)))
        return False
    if not isinstance(ours, str):
        return False
    if isinstance(theirs, str):
        return ours == theirs
    if isinstance(theirs, bytes):
        return ours == base64.b64encode(theirs).decode()
    if isinstance(theirs, uuid.UUID):
        return ours == str(theirs)
    if isinstance(theirs, datetime.datetime):
        zone = "Z" if theirs.tzinfo else ""
        text = theirs.replace(tzinfo=None).isoformat(timespec="microseconds")
        return ours in (text + zone, text[:-3] + zone)
    if isinstance(theirs, datetime.date):
        return ours == theirs.isoformat()
    if isinstance(theirs, datetime.time):
        text = theirs.isoformat(timespec="microseconds")
        return ours in (text, text[:-3])
    return False


def read(schema, reader, data):
    """fastavro's value, or why there is none."""
    source = io.BytesIO(data)
    try:
        parsed = parse_schema(json.loads(schema))
        wanted = parse_schema(json.loads(reader)) if reader else None
        value = fastavro.schemaless_reader(source, parsed, wanted)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
    return value, None if source.tell() == len(data) else "bytes are left"


def compare(cases, answers):
    counts = {"equal": 0, "both refuse": 0, "we refuse what was damaged": 0,
              "beyond the type": 0, "only fastavro reads": 0, "only we read what was damaged": 0}
    bad = 0
    with open(cases) as first, open(answers) as second:
        for number, (case, answer) in enumerate(zip(first, second, strict=True)):
            schema, reader, data = case.rstrip("\n").split("\t")
            text, encoded = answer.rstrip("\n").split("\t")
            is_whole = number % 4 == 0 or number % 4 == 1 or number % 8 == 7
            ours = None
            if text.startswith("error: ") and not is_whole:
                # Not asked: a count of 2^62 nulls keeps fastavro busy until memory ends.
                counts["we refuse what was damaged"] += 1
                continue
            value, error = read(schema, reader, bytes.fromhex(data))
            if not text.startswith("error: "):
                ours = json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)
            if error and ours is None:
                counts["both refuse"] += 1
                continue
            problem = None
            if ours is None:
                counts["only fastavro reads"] += 1
                problem = text if is_whole else None
            elif error:
                counts["only we read what was damaged"] += not is_whole
                problem = f"fastavro refuses: {error}" if is_whole else None
            elif not same(ours, value):
                problem = "the values differ"
            elif encoded.startswith("error: ") and "a number of up to" in encoded:
                # Bytes that are a decimal of more digits than its precision allows.
                counts["beyond the type"] += 1
            elif encoded.startswith("error: "):
                problem = encoded
            else:
                again, error = read(reader or schema, "", bytes.fromhex(encoded))
                if error or not same(ours, again):
                    problem = f"encoded again it is {error or again}"
                else:
                    counts["equal"] += 1
            # What fastavro itself writes into a type that can't hold it: a negative number as a time
            # of day, bytes as a decimal of more digits than its precision, which it rounds.
            if problem and ("a time of day outside" in text or "E+" in repr(value)):
                counts["beyond the type"] += 1
                continue
            if problem:
                bad += 1
                if bad <= 10:
                    print(f"case {number}: {problem}\n  writer {schema}\n  reader {reader}"
                          f"\n  bytes {data}\n  ours {text}\n  fastavro {value}", file=sys.stderr)
    total = sum(counts.values())
    print(f"{total + bad} cases: " + ", ".join(f"{n} {what}" for what, n in counts.items())
          + f"; {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(compare(sys.argv[2], sys.argv[3]))
