"""Makes texts for scripts/sentiment-parity and compares their scores with the reference's."""

import glob
import json
import os
import random
import shutil
import sys

import vaderSentiment
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

HOME = os.path.dirname(vaderSentiment.__file__)
LEXICONS = ("vader_lexicon.txt", "emoji_utf8_lexicon.txt")
RULES = (
    "no or nor least at very but never so this without doubt kind sort of just enough the shit bomb "
    "bad ass bus stop yeah right kiss death to die for beating heart not isn't don't ain't n't "
    "absolutely barely kinda kind-of less little slightly most more hardly NOT BUT Never SO VERY"
).split()
OTHERS = (
    "the a phone store delivery arrived yesterday color it was and my order \u212aELVIN K Ünïcödé "
    "ÜBER straße İstanbul ΣΑΣ 日本語 привет ПРИВЕТ ﬁne ǅ don’t 注文はどこですか Größe café"
).split()
SPACES = [" "] * 6 + ["  ", "\t", "\n", "\u00a0", "\u2003", "\u3000", "\u0085", "\x1c"]
MARKS = [""] * 4 + ["!", "!!", "?", "??", "???", "????", ".", ",", "...", "!?", "*", '"', "'", "("]


def column(name):
    with open(os.path.join(HOME, name), encoding="utf-8") as lines:
        return [line.split("\t")[0] for line in lines if line.strip()]


def make(seed, count, folder):
    rng = random.Random(seed)
    words, emoji = (column(name) for name in LEXICONS)

    def word():
        kind = rng.random()
        if kind < 0.3:
            text = rng.choice(words)
        elif kind < 0.62:
            text = rng.choice(RULES)
        elif kind < 0.9:
            text = rng.choice(OTHERS)
        else:
            text = rng.choice(emoji)
        form = rng.random()
        if form < 0.12:
            text = text.upper()
        elif form < 0.2:
            text = text.capitalize()
        return rng.choice(MARKS) + text + rng.choice(MARKS) if rng.random() < 0.4 else text

    with open(os.path.join(folder, "texts.ndjson"), "w", encoding="utf-8") as out:
        for number in range(count):
            text = ""
            for position in range(rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 20])):
                text += (rng.choice(SPACES) if position else "") + word()
            out.write(json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n")
    for name in LEXICONS:
        shutil.copy(os.path.join(HOME, name), folder)


def compare(folder):
    analyzer = SentimentIntensityAnalyzer()
    with open(os.path.join(folder, "texts.ndjson"), encoding="utf-8") as lines:
        texts = {record["id"]: record["text"] for record in map(json.loads, lines)}
    different = 0
    for path in glob.glob(os.path.join(folder, "out", "*")):
        with open(path, encoding="utf-8") as lines:
            for record in (json.loads(json.loads(line)["value"]) for line in lines):
                text, found = texts.pop(record["id"]), record["sentiment"]
                wanted = analyzer.polarity_scores(text)
                gaps = [abs(found["compound"] - wanted["compound"]) / 1e-4]
                # The reference rounds these to three digits.
                for ours, theirs in (("positive", "pos"), ("neutral", "neu"), ("negative", "neg")):
                    gaps.append(abs(found[ours] - wanted[theirs]) / 6e-4)
                if max(gaps) > 1.0001:
                    different += 1
                    if different <= 10:
                        print(f"{text!r}: {found}, the reference {wanted}", file=sys.stderr)
    if different or texts:
        sys.exit(f"sentiment-parity: {different} texts differ, {len(texts)} are missing")
    print("sentiment-parity: every text has the scores of the reference implementation")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        compare(sys.argv[2])
