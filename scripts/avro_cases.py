"""Random Avro schemas, values of them, schemas of later readers, and damage to bytes."""

import datetime
import decimal
import struct
import uuid

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
