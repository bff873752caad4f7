#!/usr/bin/env python3
"""Runs the contenders of the benchmark in turn and compares them. Called by Benchmarks/run."""

import argparse
import collections
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

MILLRACE = ".build/release/millrace"
INPUT = "bench-input"
OUTPUT = "bench-output"
PARTITIONS = 4
CUSTOMERS = 10_000
SEED = 1

# What is to be reached, of the ceiling's rate; the ceiling itself only sets the scale.
TARGET_RATIOS = {"ceiling": None, "stateless": 0.70, "sessionize": 0.45}
MEMORY_LIMITS_MB = {"sessionize": 300}

Run = collections.namedtuple("Run", "records seconds peak_mb")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="folder of the compiled ceiling")
    parser.add_argument("--count", type=int, default=500_000, help="events in the input topic")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each contender")
    parser.add_argument("--report", help="write the measurements to this JSON file")
    return parser.parse_args()


def run(command, environment):
    """Runs a contender; returns the report on its last line and its peak memory in MB."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    output = process.stdout.read()
    # wait4 gives the memory of this child alone, which getrusage would mix with the others'.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(command)} ended with status {process.returncode}")
    lines = output.split("\n")
    reports = [line for line in lines if line.startswith("{")]
    if not reports:
        sys.exit(f"bench: {' '.join(command)} printed no report: {output!r}")
    return json.loads(reports[-1]), usage.ru_maxrss * 1024 / 1e6


def fill(bootstrap, count):
    """Every record is whole: the contenders are to write as many as they read."""
    command = [MILLRACE, "generate", "--bootstrap-servers", bootstrap, "--to-topic", INPUT]
    command += ["--partitions", str(PARTITIONS), "--count", str(count), "--seed", str(SEED)]
    command += ["--customers", str(CUSTOMERS), "--broken", "0"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def contend(name, number, options, bootstrap):
    # A fresh group and a fresh state folder: every run starts at the beginning.
    group = f"bench-{name}-{os.getpid()}-{number}"
    state = tempfile.mkdtemp(prefix="state-", dir=options.build)
    if name == "ceiling":
        command = [os.path.join(options.build, "ceiling"), bootstrap, INPUT, OUTPUT]
        command += [str(options.count), str(PARTITIONS)]
    else:
        command = [MILLRACE, "run", f"Benchmarks/topologies/{name}.yaml", "--until-caught-up"]
        command += ["--create-topics", "--partitions", str(PARTITIONS)]
        command += ["--state-directory", state, "--report", "json"]
    try:
        report, peak = run(command, {"BENCH_APPLICATION": group})
    finally:
        shutil.rmtree(state)
    records = report["delivered" if name == "ceiling" else "records"]
    if records != options.count:
        sys.exit(f"bench: {name} processed {records} of {options.count} records")
    return Run(records, report["seconds"], peak)


def rate(run):
    return run.records / run.seconds


def summary(runs):
    medians = {name: statistics.median(map(rate, found)) for name, found in runs.items()}
    return {
        name: {
            "records_per_second": round(medians[name]),
            "slowest": round(min(map(rate, found))),
            "fastest": round(max(map(rate, found))),
            "ratio": round(medians[name] / medians["ceiling"], 3),
            "target_ratio": TARGET_RATIOS[name],
            "peak_mb": round(max(run.peak_mb for run in found), 1),
        }
        for name, found in runs.items()
    }


def table(results):
    yield "| job | events/s, median | slowest to fastest | of the ceiling | to reach | peak memory |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for name, row in results.items():
        target = f"{row['target_ratio']:.0%}" if row["target_ratio"] else ""
        yield (
            f"| {name} | {row['records_per_second']:,} | {row['slowest']:,} to {row['fastest']:,}"
            f" | {row['ratio']:.0%} | {target} | {row['peak_mb']:.0f} MB |"
        )


def missed(results):
    for name, row in results.items():
        if row["target_ratio"] and row["ratio"] < row["target_ratio"]:
            yield f"{name}: {row['ratio']:.0%} of the ceiling; to reach: {row['target_ratio']:.0%}"
        limit = MEMORY_LIMITS_MB.get(name)
        if limit and row["peak_mb"] > limit:
            yield f"{name}: {row['peak_mb']:.0f} MB; at most {limit} MB"


def main():
    options = arguments()
    bootstrap = os.environ["MILLRACE_TEST_BOOTSTRAP"]
    print(f"bench: {options.count:,} events into {INPUT}, {PARTITIONS} partitions", flush=True)
    fill(bootstrap, options.count)

    # A round that does not count makes the output topics; Millrace does it, so it comes first.
    for name in reversed(TARGET_RATIOS):
        contend(name, 0, options, bootstrap)

    # In turn, so that what else the machine does meets all of them.
    runs = {name: [] for name in TARGET_RATIOS}
    for number in range(1, options.rounds + 1):
        for name in runs:
            found = contend(name, number, options, bootstrap)
            runs[name].append(found)
            print(f"bench: round {number}: {name}: {rate(found):,.0f} events/s", flush=True)

    results = summary(runs)
    print()
    print("\n".join(table(results)))
    if options.report:
        machine = {"cores": os.cpu_count(), "system": platform.platform()}
        rounds = {name: [run._asdict() for run in found] for name, found in runs.items()}
        with open(options.report, "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "results": results, "rounds": rounds}, file, indent=2)
    # A target that is missed is said and is no failure: times depend on the machine.
    print()
    for sentence in missed(results):
        print(f"bench: missed: {sentence}")


if __name__ == "__main__":
    main()
