"""How often the operator sentiment agrees with people; see scripts/sentiment-accuracy."""

import glob
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import zipfile

TOPOLOGY = """
application: sentiment-accuracy
kafka: {{ bootstrap.servers: embedded }}
processing: {{ guarantee: at_least_once }}
sources:
  texts: {{ topics: [texts] }}
operators:
  parsed: {{ from: texts, parse: {{ format: json }} }}
  felt: {{ from: parsed, sentiment: {settings} }}
sinks:
  out: {{ from: [felt, felt.failed, parsed.failed] }}
"""
ENGINES = {
    "millrace": "{ engine: millrace }",
    "vader": "{ engine: vader, lexicon: vader_lexicon.txt, emoji_lexicon: emoji_utf8_lexicon.txt }",
}


def scores(engine, texts, lexicons):
    """The compound score of each text."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in lexicons.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        with open(os.path.join(folder, "t.yaml"), "w", encoding="utf-8") as file:
            file.write(TOPOLOGY.format(settings=ENGINES[engine]))
        with open(os.path.join(folder, "texts.ndjson"), "w", encoding="utf-8") as file:
            for number, text in enumerate(texts):
                file.write(json.dumps({"id": number, "text": text}) + "\n")
        subprocess.run(
            [".build/release/millrace", "run", f"{folder}/t.yaml", "--input",
             f"texts={folder}/texts.ndjson", "--output-directory", f"{folder}/out"],
            check=True, stdout=subprocess.DEVNULL)
        found = {}
        for path in glob.glob(f"{folder}/out/*"):
            with open(path, encoding="utf-8") as lines:
                for record in (json.loads(json.loads(line)["value"]) for line in lines):
                    found[record["id"]] = record["sentiment"].get("compound", 0.0)
        return [found[number] for number in range(len(texts))]


def pros_and_cons(folder):
    """Every second text, those that nothing was chosen by."""
    texts = []
    for name, sign in (("IntegratedPros.txt", 1), ("IntegratedCons.txt", -1)):
        with open(os.path.join(folder, "pros_cons", name), encoding="utf-8") as lines:
            for line in lines:
                match = re.match(r"\s*<(?:Pros|Cons)>(.*)</", line)
                if match:
                    texts.append((match.group(1), sign))
    return texts[1::2]


def reviews(folder):
    texts = []
    for path in sorted(glob.glob(os.path.join(folder, "product_reviews_1", "*.txt"))):
        if "README" in path:
            continue
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                tags, mark, text = line.partition("##")
                strength = sum(int(s) for s in re.findall(r"\[([+-]\d)\]", tags))
                if mark and strength:
                    texts.append((text.strip(), 1 if strength > 0 else -1))
    return texts


def judged(folder):
    """Name, and texts with the mean of people's judgements."""
    source = glob.glob(os.path.join(folder, "vader*2.5*.tar.gz"))[0]
    with tarfile.open(source) as outer:
        member = next(m for m in outer.getmembers() if m.name.endswith("hutto_ICWSM_2014.tar.gz"))
        inner = tarfile.open(fileobj=io.BytesIO(outer.extractfile(member).read()))
    for member in sorted(inner.getmembers(), key=lambda m: m.name):
        if not member.name.endswith("GroundTruth.txt"):
            continue
        texts = []
        for line in inner.extractfile(member).read().decode("utf-8", "replace").split("\n"):
            fields = line.rstrip("\r").split("\t")
            if len(fields) >= 3:
                texts.append((fields[2], float(fields[1])))
        yield os.path.basename(member.name).split("_")[0], texts


def main():
    data, folder = sys.argv[1:]
    wheel = zipfile.ZipFile(glob.glob(os.path.join(folder, "*.whl"))[0])
    lexicons = {
        name: wheel.read(f"vaderSentiment/{name}")
        for name in ("vader_lexicon.txt", "emoji_utf8_lexicon.txt")
    }
    print(f"{'texts':32}{'number':>8}  {'measure':18}{'millrace':>9}{'vader':>9}")
    for name, texts in (("pros and cons, held out", pros_and_cons(data)), ("reviews", reviews(data))):
        found = {e: scores(e, [t for t, _ in texts], lexicons) for e in ENGINES}
        right = {
            e: [(s > 0) == (sign > 0) for s, (_, sign) in zip(found[e], texts)] for e in ENGINES
        }
        row(name, len(texts), "right", {e: sum(right[e]) / len(texts) for e in ENGINES})
        there = {e: [ok for ok, s in zip(right[e], found[e]) if s != 0] for e in ENGINES}
        row(name, len(texts), "has an opinion", {e: len(there[e]) / len(texts) for e in ENGINES})
        row(name, len(texts), "right of those", {e: sum(there[e]) / len(there[e]) for e in ENGINES})
    for name, texts in judged(folder):
        found = {e: scores(e, [t for t, _ in texts], lexicons) for e in ENGINES}
        means = [mean for _, mean in texts]
        row(name, len(texts), "r", {e: statistics.correlation(found[e], means) for e in ENGINES})


def row(name, number, measure, values):
    print(f"{name:32}{number:>8}  {measure:18}{values['millrace']:9.3f}{values['vader']:9.3f}")


main()
