"""Trains the models of Topologies/scoring.yaml on sample events.

    millrace generate --count 60000 --seed 3 --event-time-rate 0.05 --broken 0 --customers 3000 > events.ndjson
    python3 scripts/train-example-models.py events.ndjson Topologies/models

Needs xgboost, numpy and scipy. The features are those of the topology, computed here once more: with
`features_output` a topology writes them itself, for models that matter.
"""

import argparse
import bisect
import collections
import datetime
import json
import pathlib

import numpy
import scipy.optimize
import xgboost

CHANNELS = ["web", "mobile", "pos", "support"]
VIEWS = ["page_view", "screen_view"]
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
NAMES = ["channel", "views_30m", "carts_30m", "searches_30m", "products_1d", "purchases", "spend",
         "minutes_since_view", "days_known"]
CHURN = ["views_30m", "carts_30m", "purchases", "spend", "days_known"]


def read(path):
    """The events of each visitor, in the order of their times."""
    visitors = collections.defaultdict(list)
    for line in open(path, encoding="utf-8"):
        event = json.loads(line)
        if "device_id" in event:
            time = datetime.datetime.fromisoformat(event["occurred_at"].replace("Z", "+00:00"))
            visitors[event["device_id"]].append((round(time.timestamp() * 1000), event))
    for events in visitors.values():
        events.sort(key=lambda entry: entry[0])
    return visitors


def features(events, place):
    now, event = events[place]
    seen = events[:place + 1]

    def count(kinds, window):
        return sum(1 for time, other in seen if time > now - window and other["event_type"] in kinds)

    purchases = [(time, other["order"]["total"]) for time, other in seen if other["event_type"] == "purchase"]
    views = [time for time, other in events[:place] if other["event_type"] in VIEWS]
    products = {other["product"]["sku"] for time, other in seen if time > now - DAY and "product" in other}
    return [
        CHANNELS.index(event["channel"]) if event["channel"] in CHANNELS else numpy.nan,
        count(VIEWS, 30 * MINUTE), count(["add_to_cart"], 30 * MINUTE), count(["search"], 30 * MINUTE),
        len(products), len(purchases),
        sum(total * 0.5 ** ((now - time) / (7 * DAY)) for time, total in purchases),
        (now - views[-1]) / MINUTE if views else numpy.nan,
        (now - seen[0][0]) / DAY]


def rows(visitors):
    """Rows, whether a purchase follows within half an hour, whether nothing follows for three days."""
    end = max(events[-1][0] for events in visitors.values())
    values, bought, gone = [], [], []
    for events in visitors.values():
        for place, (now, _) in enumerate(events):
            later = events[place + 1:]
            values.append(features(events, place))
            bought.append(any(other["event_type"] == "purchase" and time <= now + 30 * MINUTE
                              for time, other in later))
            gone.append(not any(time <= now + 3 * DAY for time, _ in later) if now <= end - 3 * DAY else None)
    return numpy.array(values, dtype=float), numpy.array(bought, dtype=float), gone


def train_propensity(folder, values, label):
    types = ["c" if name == "channel" else "q" for name in NAMES]
    data = xgboost.DMatrix(values, label, feature_names=NAMES, feature_types=types, enable_categorical=True)
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 4, "eta": 0.3, "seed": 1, "nthread": 1}, data, 20)
    booster.save_model(folder / "propensity.xgb.json")


def train_churn(folder, values, gone):
    known = [index for index, label in enumerate(gone) if label is not None]
    label = numpy.array([gone[index] for index in known], dtype=float)
    chosen = values[known][:, [NAMES.index(name) for name in CHURN]]
    mean, scale = chosen.mean(axis=0), chosen.std(axis=0)
    design = (chosen - mean) / scale

    def loss(parameters):
        sums = design @ parameters[1:] + parameters[0]
        error = 1 / (1 + numpy.exp(-sums)) - label
        value = (numpy.logaddexp(0, sums) - label * sums).mean() + 1e-3 * (parameters[1:] ** 2).sum()
        gradient = design.T @ error / len(label) + 2e-3 * parameters[1:]
        return value, numpy.concatenate([[error.mean()], gradient])

    found = scipy.optimize.minimize(loss, numpy.zeros(len(CHURN) + 1), jac=True).x

    def rounded(numbers):
        return [round(float(number), 6) for number in numbers]

    model = {"model": "logistic", "features": CHURN, "coefficients": rounded(found[1:]),
             "intercept": rounded(found[:1])[0], "mean": rounded(mean), "scale": rounded(scale)}
    (folder / "churn.json").write_text(json.dumps(model, indent=2) + "\n")


def write_reference(folder, values):
    reference = {}
    for name in ["views_30m", "carts_30m", "minutes_since_view", "spend"]:
        column = values[:, NAMES.index(name)]
        known = column[~numpy.isnan(column)]
        edges = sorted({round(float(edge), 3) for edge in numpy.quantile(known, [0.2, 0.4, 0.6, 0.8])})
        counts = numpy.zeros(len(edges) + 1)
        for value in known:
            counts[bisect.bisect_left(edges, value)] += 1
        shares = counts / len(column)
        reference[name] = {"edges": edges, "shares": [round(float(share), 4) for share in shares],
                           "missing": round(1 - float(shares.sum()), 4)}
    (folder / "features.reference.json").write_text(json.dumps(reference, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("events")
    parser.add_argument("folder")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder)
    values, bought, gone = rows(read(options.events))
    train_propensity(folder, values, bought)
    train_churn(folder, values, gone)
    write_reference(folder, values)


if __name__ == "__main__":
    main()
