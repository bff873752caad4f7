"""Trains models with XGBoost and LightGBM, and writes what the libraries predict with them.

    python3 scripts/train-models.py FOLDER [--rows N] [--lifetimes WHEEL]

With the wheel of the package lifetimes, which is only read, also a BG/NBD model of the CDNOW
customers in it, estimated with scipy and predicted by the published formulas.

For each case the folder gets the model file, the rows, the predictions and the contributions,
numbers as little-endian doubles; `cases.txt` lists them. Tests/ModelsTests compares.
"""

import argparse
import csv
import io
import json
import pathlib
import zipfile

import lightgbm
import numpy
import scipy.optimize
import scipy.special
import xgboost

FEATURES = 30
CATEGORICAL = [26, 27, 28, 29]
CATEGORIES = [3, 12, 40, 100]
SEED = 7


def rows(random, count):
    """Values on a grid, so that many are equal to a threshold; a tenth of them is missing."""
    values = random.normal(size=(count, FEATURES)).round(1)
    values[:, :5] = random.normal(size=(count, 5)) * 10 ** random.uniform(-3, 6, (count, 5))
    values[:, 5:8] *= random.random((count, 3)) < 0.5
    for column, categories in zip(CATEGORICAL, CATEGORIES):
        values[:, column] = random.integers(0, categories, count)
    values[random.random(values.shape) < 0.1] = numpy.nan
    return values


def signal(values):
    known = numpy.nan_to_num(values)
    return (
        numpy.tanh(known[:, 8]) + 0.5 * known[:, 9] * known[:, 10] - 0.3 * (known[:, 11] > 0.2)
        + 0.8 * (known[:, 27] % 3 == 1) - 0.6 * (known[:, 28] % 7 < 2)
        + 0.4 * (known[:, 29] > 60) + 0.3 * numpy.isnan(values[:, 12])
        + 0.2 * numpy.sign(known[:, 0]))


def strange(random, values, thresholds):
    """Values that are exactly a threshold, or next to one; categories that no training row had."""
    values = values.copy()
    for column in range(FEATURES):
        if column in CATEGORICAL:
            chosen = random.random(len(values)) < 0.03
            values[chosen, column] = random.choice([101, 127, 128, 5000], chosen.sum())
        elif thresholds.get(column):
            chosen = random.random(len(values)) < 0.2
            exact = random.choice(thresholds[column], chosen.sum())
            away = random.choice([-numpy.inf, 0, numpy.inf], chosen.sum())
            values[chosen, column] = numpy.where(away == 0, exact, numpy.nextafter(exact, away))
    return values


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self.cases = []

    def add(self, name, model, values, predictions, contributions):
        self.cases.append(f"{name} {model} {len(values)} {values.shape[1]}")
        for kind, array in [("rows", values), ("predictions", predictions), ("contributions", contributions)]:
            numpy.ascontiguousarray(array, dtype="<f8").tofile(self.path / f"{name}.{kind}")
        print(name, flush=True)

    def close(self):
        (self.path / "cases.txt").write_text("\n".join(self.cases) + "\n")


# XGBoost: what `base_score`, the sums and the links of each objective need.

def xgboost_cases():
    trees = {"max_depth": 6, "eta": 0.2}
    for objective in ["binary:logistic", "binary:logitraw", "binary:hinge", "reg:squarederror",
                      "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror",
                      "reg:logistic", "count:poisson", "reg:gamma", "reg:tweedie", "rank:pairwise",
                      "survival:cox", "survival:aft"]:
        yield objective.replace(":", "-"), {"objective": objective, **trees}
    yield "reg-quantileerror", {"objective": "reg:quantileerror", "quantile_alpha": 0.8, **trees}
    for objective in ["multi:softprob", "multi:softmax"]:
        yield objective.replace(":", "-"), {"objective": objective, "num_class": 4, **trees}
    yield "dart", {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.2, **trees}
    yield "forest", {"objective": "binary:logistic", "num_parallel_tree": 4, "subsample": 0.7, **trees}
    yield "one-hot", {"objective": "binary:logistic", "max_cat_to_onehot": 200, **trees}
    yield "lossguide", {"objective": "binary:logistic", "grow_policy": "lossguide", "max_leaves": 60,
                        "max_depth": 0, "eta": 0.2}
    yield "exact", {"objective": "binary:logistic", "tree_method": "exact", **trees}
    yield "targets", {"objective": "reg:squarederror", **trees}


def xgboost_labels(name, parameters, values, random):
    value = signal(values) + random.normal(size=len(values)) * 0.3
    objective = parameters["objective"]
    if name == "targets":
        return numpy.stack([value, -2 * value + 1], axis=1)
    if objective.startswith("multi"):
        return numpy.digitize(value, numpy.quantile(value, [0.2, 0.5, 0.8]))
    if objective.startswith("binary") or objective == "reg:logistic":
        return (value > 0.4).astype(float)
    if objective == "count:poisson":
        return random.poisson(numpy.exp(value.clip(-2, 2)))
    if objective in ("reg:gamma", "reg:tweedie", "survival:cox", "reg:squaredlogerror"):
        return numpy.exp(value.clip(-2, 2))
    if objective == "rank:pairwise":
        return numpy.digitize(value, [0, 0.5, 1])
    return value


def xgboost_thresholds(booster):
    thresholds = {}
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]
    for tree in model.get("gbtree", model)["model"]["trees"]:
        nodes = zip(tree["left_children"], tree["split_type"], tree["split_indices"], tree["split_conditions"])
        for left, kind, feature, threshold in nodes:
            if left != -1 and kind == 0:
                thresholds.setdefault(feature, []).append(threshold)
    return thresholds


def train_xgboost(folder, count):
    random = numpy.random.default_rng(SEED)
    train = rows(random, 4000)
    tested = rows(random, count)
    for index, (name, parameters) in enumerate(xgboost_cases()):
        columns = FEATURES - len(CATEGORICAL) if name == "exact" else FEATURES
        types = ["c" if column in CATEGORICAL else "q" for column in range(columns)]

        def matrix(values, label=None):
            return xgboost.DMatrix(values[:, :columns], label, feature_types=types, enable_categorical=True)

        label = xgboost_labels(name, parameters, train, random)
        data = matrix(train, label)
        if parameters["objective"] == "survival:aft":
            positive = numpy.exp(label.clip(-2, 2))
            data.set_float_info("label_lower_bound", positive)
            data.set_float_info("label_upper_bound", positive * 1.5)
        if parameters["objective"] == "rank:pairwise":
            data.set_group([20] * (len(train) // 20))
        booster = xgboost.train({**parameters, "seed": SEED, "nthread": 1}, data, 30)
        model = f"xgboost-{name}." + ("ubj" if index % 2 else "json")
        booster.save_model(folder.path / model)
        # The file holds fewer digits of `base_score` than the trainer's memory.
        booster = xgboost.Booster(model_file=folder.path / model)
        thresholds = xgboost_thresholds(booster)
        values = strange(random, tested, thresholds)[:, :columns]
        tests = matrix(values)
        folder.add(f"xgboost-{name}", model, values, booster.predict(tests),
                   booster.predict(tests, pred_contribs=True))


# LightGBM

def lightgbm_cases():
    for objective in ["binary", "regression", "regression_l1", "huber", "fair", "poisson", "quantile",
                      "mape", "gamma", "tweedie", "cross_entropy", "cross_entropy_lambda", "lambdarank"]:
        yield objective, {"objective": objective}
    yield "square-root", {"objective": "regression", "reg_sqrt": True}
    yield "slope", {"objective": "binary", "sigmoid": 0.7}
    yield "multiclass", {"objective": "multiclass", "num_class": 4}
    yield "multiclassova", {"objective": "multiclassova", "num_class": 4}
    yield "zero-as-missing", {"objective": "binary", "zero_as_missing": True}
    yield "no-missing", {"objective": "binary", "use_missing": False}
    yield "forest", {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}
    yield "dart", {"objective": "binary", "boosting": "dart"}
    yield "deep", {"objective": "binary", "num_leaves": 200, "min_data_in_leaf": 2}
    yield "stumps", {"objective": "binary", "num_leaves": 2}


def lightgbm_labels(parameters, values, random):
    value = signal(values) + random.normal(size=len(values)) * 0.3
    objective = parameters["objective"]
    if objective.startswith("multiclass"):
        return numpy.digitize(value, numpy.quantile(value, [0.2, 0.5, 0.8]))
    if objective in ("binary", "cross_entropy", "cross_entropy_lambda"):
        return (value > 0.4).astype(float)
    if objective == "lambdarank":
        return numpy.digitize(value, [0, 0.5, 1])
    if objective == "poisson":
        return random.poisson(numpy.exp(value.clip(-2, 2)))
    if objective in ("gamma", "tweedie"):
        return numpy.exp(value.clip(-2, 2))
    return value


def lightgbm_thresholds(tree, thresholds):
    if "split_feature" not in tree:
        return
    if tree["decision_type"] == "<=":
        thresholds.setdefault(tree["split_feature"], []).append(tree["threshold"])
    for side in ["left_child", "right_child"]:
        lightgbm_thresholds(tree[side], thresholds)


def train_lightgbm(folder, count):
    random = numpy.random.default_rng(SEED)
    train = rows(random, 4000)
    tested = rows(random, count)
    for name, parameters in lightgbm_cases():
        label = lightgbm_labels(parameters, train, random)
        group = [20] * (len(train) // 20) if name == "lambdarank" else None
        data = lightgbm.Dataset(train, label, group=group, categorical_feature=CATEGORICAL)
        booster = lightgbm.train(
            {**parameters, "seed": SEED, "verbose": -1, "num_threads": 1, "deterministic": True,
             "cat_smooth": 1, "min_data_per_group": 5}, data, 30)
        model = f"lightgbm-{name}.txt"
        booster.save_model(folder.path / model)
        booster = lightgbm.Booster(model_file=folder.path / model)
        thresholds = {}
        for tree in booster.dump_model()["tree_info"]:
            lightgbm_thresholds(tree["tree_structure"], thresholds)
        values = strange(random, tested, thresholds)
        for column, places in [(1, slice(0, 50)), (9, slice(50, 90))]:
            values[places, column] = random.choice([-numpy.inf, numpy.inf, 1e-36, -0.0, 1e-35], len(values[places]))
        values[90:120, 28] = random.choice([-1, -7, 3.7, 1e6], 30)
        folder.add(f"lightgbm-{name}", model, values, booster.predict(values),
                   booster.predict(values, pred_contrib=True))


# BG/NBD and Gamma-Gamma, on the customers of CDNOW

def table(wheel, name):
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"lifetimes/datasets/{name}").decode()
    return list(csv.DictReader(io.StringIO(text)))


def bg_nbd_likelihood(parameters, x, recency, age):
    """Fader, Hardie and Lee (2005), equation 6, as in their note on numerical stability."""
    r, alpha, a, b = numpy.exp(parameters)
    gammaln = scipy.special.gammaln
    first = gammaln(r + x) - gammaln(r) + r * numpy.log(alpha)
    second = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    third = -(r + x) * numpy.log(alpha + age)
    fourth = numpy.log(a) - numpy.log(b + numpy.maximum(x, 1) - 1) - (r + x) * numpy.log(alpha + recency)
    both = numpy.where(x > 0, numpy.logaddexp(third, fourth), third)
    return -(first + second + both).sum()


def bg_nbd_expected(parameters, time, x, recency, age):
    r, alpha, a, b = parameters
    series = scipy.special.hyp2f1(r + x, b + x, a + b + x - 1, time / (alpha + age + time))
    second = 1 - series * ((alpha + age) / (alpha + age + time)) ** (r + x)
    odds = numpy.where(
        x > 0, a / (b + numpy.maximum(x, 1) - 1) * ((alpha + age) / (alpha + recency)) ** (r + x), 0)
    return (a + b + x - 1) / (a - 1) * second / (1 + odds), 1 / (1 + odds)


def train_lifetimes(folder, wheel):
    customers = table(wheel, "cdnow_customers_summary.csv")
    x, recency, age = (
        numpy.array([float(customer[name]) for customer in customers]) for name in ["frequency", "recency", "T"])
    found = scipy.optimize.minimize(
        bg_nbd_likelihood, numpy.zeros(4), (x, recency, age), method="Nelder-Mead",
        options={"maxiter": 10_000, "maxfev": 10_000, "xatol": 1e-10, "fatol": 1e-10})
    parameters = numpy.exp(found.x)
    print("BG/NBD of CDNOW: r %.4f, alpha %.4f, a %.4f, b %.4f" % tuple(parameters))
    # Fader, Hardie and Lee (2005), table 1; and the package's own tests.
    numpy.testing.assert_allclose(parameters, [0.2426, 4.4135, 0.7929, 2.4258], rtol=5e-4)
    model = dict(zip(["r", "alpha", "a", "b"], parameters))

    file = {"model": "bg_nbd", **model, "horizon": 39}
    (folder.path / "cdnow.json").write_text(json.dumps(file))
    expected = bg_nbd_expected(parameters, 39, x, recency, age)
    folder.add("cdnow", "cdnow.json", numpy.stack([x, recency, age], axis=1), numpy.stack(expected, axis=1), [])

    customers = table(wheel, "cdnow_customers_summary_with_transactions.csv")
    x, recency, age, value = (
        numpy.array([float(customer[name]) for customer in customers])
        for name in ["x", "t_x", "T", "zbar"])
    p, q, v = 6.25, 3.74, 15.44
    month, discount = 4.345, 0.01
    file = {"model": "bg_nbd", **model, "horizon": 12 * month, "period": month, "discount": discount,
            "gamma_gamma": {"p": p, "q": q, "v": v}}
    (folder.path / "cdnow-value.json").write_text(json.dumps(file))
    weight = p * x / (p * x + q - 1)
    worth = numpy.where(x > 0, (1 - weight) * v * p / (q - 1) + weight * value, v * p / (q - 1))
    total = 0
    for index in range(1, 13):
        bought = (bg_nbd_expected(parameters, index * month, x, recency, age)[0]
                  - (bg_nbd_expected(parameters, (index - 1) * month, x, recency, age)[0] if index > 1 else 0))
        total = total + worth * bought / (1 + discount) ** index
    expected = bg_nbd_expected(parameters, 12 * month, x, recency, age)
    folder.add("cdnow-value", "cdnow-value.json", numpy.stack([x, recency, age, value], axis=1),
               numpy.stack([*expected, worth, total], axis=1), [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--lifetimes", metavar="WHEEL")
    options = parser.parse_args()
    folder = Folder(options.folder)
    if options.lifetimes:
        train_lifetimes(folder, options.lifetimes)
    train_xgboost(folder, options.rows)
    train_lightgbm(folder, options.rows)
    folder.close()


if __name__ == "__main__":
    main()
