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
from fastavro.schema import parse_schema

decimal.getcontext().prec = 100
UTC = datetime.timezone.utc


class Schemas:
    """Random schemas and values of them."""

    def __init__(self, rng):
        self.rng = rng
        self.count = 0
        self.open_records = []

    def name(self, kind):
        self.count += 1
        return f"{kind}{self.count}"

    def record(self, depth):
        name = self.name("Record")
        full = name
        schema = {"type": "record", "name": name, "fields": []}
        if self.rng.random() < 0.2 and not self.open_records:
            schema["namespace"] = "org.example"
        self.open_records.append(name)
        for index in range(self.rng.randint(0 if depth < 3 else 1, 6)):
            schema["fields"].append({"name": f"f{index}", "type": self.type(depth - 1)})
        self.open_records.pop()
        return schema

    def type(self, depth):
        simple = [self.primitive, self.primitive, self.logical, self.enum, self.fixed]
        nested = [self.array, self.map, self.record, self.nullable, self.union, self.recursive]
        make = self.rng.choice(simple if depth <= 0 else simple + nested)
        return make(depth) if make in nested else make()

    def primitive(self):
        return self.rng.choice(
            ["null", "boolean", "int", "long", "float", "double", "bytes", "string", "string"])

    def logical(self):
        return self.rng.choice([
            {"type": "int", "logicalType": "date"},
            {"type": "int", "logicalType": "time-millis"},
            {"type": "long", "logicalType": "time-micros"},
            {"type": "long", "logicalType": "timestamp-millis"},
            {"type": "long", "logicalType": "timestamp-micros"},
            {"type": "long", "logicalType": "local-timestamp-millis"},
            {"type": "long", "logicalType": "local-timestamp-micros"},
            {"type": "string", "logicalType": "uuid"},
            {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 4},
            {"type": "bytes", "logicalType": "decimal", "precision": 9},
            {"type": "fixed", "name": self.name("Money"), "size": 12,
             "logicalType": "decimal", "precision": 20, "scale": 2},
        ])

    def enum(self):
        symbols = [f"S{index}" for index in range(self.rng.randint(1, 5))]
        return {"type": "enum", "name": self.name("Enum"), "symbols": symbols}

    def fixed(self):
        return {"type": "fixed", "name": self.name("Fixed"), "size": self.rng.choice([0, 1, 4, 16])}

    def array(self, depth):
        return {"type": "array", "items": self.type(depth - 1)}

    def map(self, depth):
        return {"type": "map", "values": self.type(depth - 1)}

    def nullable(self, depth):
        other = self.type(depth - 1)
        if other == "null" or isinstance(other, list):
            return ["null", "long"]
        return ["null", other] if self.rng.random() < 0.7 else [other, "null"]

    def union(self, depth):
        branches, kinds = [], set()
        for _ in range(self.rng.randint(1, 5)):
            branch = self.type(depth - 1)
            if isinstance(branch, list):
                continue
            kind = branch if isinstance(branch, str) else branch.get("name") or branch["type"]
            if kind not in kinds:
                kinds.add(kind)
                branches.append(branch)
        return branches or ["null", "string"]

    def recursive(self, depth):
        if not self.open_records:
            return "string"
        name = self.rng.choice(self.open_records)
        return self.rng.choice(
            [["null", name], {"type": "array", "items": name}, {"type": "map", "values": name}])


class Values:
    def __init__(self, rng, schema):
        self.rng = rng
        self.named = {}
        self.collect(schema)

    def collect(self, schema):
        if isinstance(schema, list):
            for branch in schema:
                self.collect(branch)
        elif isinstance(schema, dict):
            if "name" in schema:
                self.named[schema["name"]] = schema
            for field in schema.get("fields", []):
                self.collect(field["type"])
            for part in ("items", "values"):
                if part in schema:
                    self.collect(schema[part])

    def text(self):
        alphabet = "abc XYZ09\"\\/\n\t\x01\u00e4\u20ac\U0001F600'{}[]:,="
        return "".join(self.rng.choice(alphabet) for _ in range(self.rng.randint(0, 12)))

    def whole(self, bits):
        top = 1 << (bits - 1)
        return self.rng.choice([
            0, 1, -1, top - 1, -top, self.rng.randint(-top, top - 1), self.rng.randint(-200, 200)])

    def real(self):
        return self.rng.choice([
            0.0, -0.0, 0.1, 1.0, -2.5, 1e300, 5e-324, float("nan"), float("inf"), float("-inf"),
            struct.unpack("<d", struct.pack("<Q", self.rng.getrandbits(64)))[0],
            self.rng.random() * 1000])

    def single(self):
        return struct.unpack("<f", struct.pack("<I", self.rng.getrandbits(32)))[0] \
            if self.rng.random() < 0.6 else self.rng.choice([0.0, 0.5, -1.5, 16777216.0])

    def value(self, schema, depth=0):
        rng = self.rng
        if isinstance(schema, list):
            if depth > 6 and "null" in schema:
                return None
            return self.value(rng.choice(schema), depth)
        if isinstance(schema, str):
            if schema in self.named:
                return self.value(self.named[schema], depth)
            schema = {"type": schema}
        kind, logical = schema["type"], schema.get("logicalType")
        if logical:
            return self.logical(logical, schema)
        many = 0 if depth > 6 else rng.choice([0, 1, 2, 3])
        if kind == "null":
            return None
        if kind == "boolean":
            return rng.random() < 0.5
        if kind == "int":
            return self.whole(32)
        if kind == "long":
            return self.whole(64)
        if kind == "float":
            return self.single()
        if kind == "double":
            return self.real()
        if kind == "string":
            return self.text()
        if kind == "bytes":
            return rng.randbytes(rng.randint(0, 10))
        if kind == "fixed":
            return rng.randbytes(schema["size"])
        if kind == "enum":
            return rng.choice(schema["symbols"])
        if kind == "array":
            return [self.value(schema["items"], depth + 1) for _ in range(many)]
        if kind == "map":
            return {self.text(): self.value(schema["values"], depth + 1) for _ in range(many)}
        return {f["name"]: self.value(f["type"], depth + 1) for f in schema["fields"]}

    def logical(self, logical, schema):
        rng = self.rng
        if logical == "date":
            return datetime.date.fromordinal(rng.randint(1, 3652059))
        if logical.startswith("time-"):
            step = 1000 if logical.endswith("millis") else 1
            micros = rng.randrange(0, 86_400_000_000, step)
            return (datetime.datetime.min + datetime.timedelta(microseconds=micros)).time()
        if "timestamp" in logical:
            step = 1000 if logical.endswith("millis") else 1
            micros = rng.randrange(-60_000_000_000_000_000, 250_000_000_000_000_000, step)
            zone = None if logical.startswith("local") else UTC
            return datetime.datetime(1970, 1, 1, tzinfo=zone) + datetime.timedelta(
                microseconds=micros)
        if logical == "uuid":
            return uuid.UUID(int=rng.getrandbits(128))
        digits = rng.randint(0, schema["precision"])
        whole = rng.randrange(0, 10 ** digits) * rng.choice([1, -1])
        return decimal.Decimal(whole).scaleb(-schema.get("scale", 0))


class Evolution:
    """A schema as a later reader has it."""

    widened = {"int": ["long", "double", "float"], "long": ["double"], "float": ["double"],
               "string": ["bytes"], "bytes": ["string"]}

    def __init__(self, rng):
        self.rng = rng

    def reader(self, schema):
        rng = self.rng
        if isinstance(schema, str):
            if schema in self.widened and rng.random() < 0.25:
                return rng.choice(self.widened[schema])
            return schema
        if isinstance(schema, list):
            return [self.reader(b) if not isinstance(b, str) else b for b in schema]
        schema = dict(schema)
        if schema["type"] == "record":
            fields = []
            for field in schema["fields"]:
                chance = rng.random()
                if chance < 0.2:
                    continue
                changed = {"name": field["name"], "type": self.reader(field["type"])}
                if chance < 0.35:
                    changed["aliases"] = [field["name"]]
                    changed["name"] = field["name"] + "_renamed"
                if chance > 0.9 and not isinstance(changed["type"], list) \
                        and changed["type"] != "null":
                    changed["type"] = ["null", changed["type"]]
                fields.append(changed)
            if rng.random() < 0.5:
                kind, default = rng.choice([
                    ("int", 7), ("string", "d\u00e9faut"), ("boolean", True), ("double", 1.5),
                    (["null", "string"], None), ({"type": "array", "items": "int"}, [1, 2]),
                    ({"type": "map", "values": "long"}, {"a": 1})])
                fields.append({"name": "added", "type": kind, "default": default})
            if rng.random() < 0.3:
                rng.shuffle(fields)
            schema["fields"] = fields
        elif schema["type"] == "enum" and rng.random() < 0.5:
            symbols = schema["symbols"][: rng.randint(1, len(schema["symbols"]))]
            schema["symbols"] = symbols + ["NEW"]
            if rng.random() < 0.5:
                schema["default"] = "NEW"
        elif schema["type"] == "array":
            schema["items"] = self.reader(schema["items"])
        elif schema["type"] == "map":
            schema["values"] = self.reader(schema["values"])
        return schema


def mixes_text_and_bytes(schema):
    """Whether a union has both, one of which fastavro reads as the other when both are wanted."""
    if isinstance(schema, list):
        kinds = {b if isinstance(b, str) else b["type"] for b in schema}
        return {"string", "bytes"} <= kinds or any(map(mixes_text_and_bytes, schema))
    if isinstance(schema, dict):
        return any(
            mixes_text_and_bytes(part)
            for part in [schema.get("items"), schema.get("values"),
                         *(field["type"] for field in schema.get("fields", []))])
    return False


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        choice = rng.random()
        if choice < 0.3 and data:
            del data[rng.randrange(len(data)):]
        elif choice < 0.7 and data:
            data[rng.randrange(len(data))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.getrandbits(8)])
        else:
            data[rng.randint(0, len(data)):0] = rng.randbytes(rng.randint(1, 9))
    return bytes(data)


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
              "beyond the precision": 0, "only fastavro reads": 0, "only we read what was damaged": 0}
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
                counts["beyond the precision"] += 1
            elif encoded.startswith("error: "):
                problem = encoded
            else:
                again, error = read(reader or schema, "", bytes.fromhex(encoded))
                if error or not same(ours, again):
                    problem = f"encoded again it is {error or again}"
                else:
                    counts["equal"] += 1
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
