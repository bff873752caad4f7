#!/usr/bin/env python3
"""Runs the contenders of the benchmark in turn and compares them. Called by Benchmarks/run."""

import argparse
import collections
import ctypes
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MILLRACE = ".build/release/millrace"
INPUT = "bench-input"
LIVE_INPUT = "bench-live"
OUTPUT = "bench-output"
PARTITIONS = 4
CUSTOMERS = 10_000
SEED = 1

# What is to be reached, of the ceiling's rate; the ceiling itself only sets the scale.
TARGET_RATIOS = {
    "ceiling": None,
    "stateless": 0.70,
    "sessionize": 0.45,
    "exactly-once": None,
    "changelog": None,
}
LIVE_MEMORY_LIMIT_MB = 300
# Exactly once, of sessionize at least once.
EXACTLY_ONCE_RATIO = 0.80
# Changelog records a second, and seconds until a task with a standby copy goes on.
RESTORE_RATE = 500_000
TAKEOVER_SECONDS = 1.0

# What the contenders that are not named after their topology are.
TOPOLOGIES = {"exactly-once": "sessionize", "changelog": "sessionize"}
ENVIRONMENTS = {
    "exactly-once": {"BENCH_GUARANTEE": "exactly_once"},
    "changelog": {"BENCH_GUARANTEE": "exactly_once", "BENCH_CHANGELOG": "kafka"},
}
RESTORE_INPUT = "bench-restore"

# What the small broker, and only it, wants known. It hands out a whole partition at the first
# fetch, whatever limit was asked for, and answers a fetch at the end of a partition at once, 3,000
# times a second, where Kafka waits for news. With this limit Millrace does not fetch again before it
# has nearly finished what it holds; on Kafka it would starve. The ceiling keeps librdkafka's own
# limit, which is for all partitions together there: with a lower one it waits a second now and then
# (librdkafka 2.0.2), with a higher one it fetches in vain.
SMALL_BROKER = os.environ.get("MILLRACE_TEST_BROKER_PID")
QUEUED_KBYTES = 1024 if SMALL_BROKER else 32768

Run = collections.namedtuple("Run", "records seconds peak_mb")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="folder of the compiled ceiling")
    parser.add_argument("--count", type=int, default=500_000, help="events in the input topic")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each contender")
    parser.add_argument("--restore-events", type=int, default=4_000_000, help="events behind the restored state")
    parser.add_argument("--report", help="write the measurements to this JSON file")
    return parser.parse_args()


def quieten_small_broker():
    """The small broker saves all it holds every few seconds, and slows down whoever runs then: by
    half, the ceiling too. Its saving thread is held, in its sleep, until this process ends."""
    if not SMALL_BROKER:
        return
    for task in os.listdir(f"/proc/{SMALL_BROKER}/task"):
        folder = f"/proc/{SMALL_BROKER}/task/{task}"
        with open(f"{folder}/comm", encoding="utf-8") as name:
            if name.read().strip() == "autosave":
                hold(int(task), folder)


def hold(task, folder):
    ptrace_attach, wait_for_any_thread = 16, 0x40000000
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with open(f"{folder}/stat", encoding="utf-8") as stat:
            if stat.read().rsplit(")", 1)[1].split()[0] == "S":
                break
        time.sleep(0.01)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(ptrace_attach, task, None, None) == 0:
        os.waitpid(task, wait_for_any_thread)
        return
    print(f"bench: the broker goes on saving: {os.strerror(ctypes.get_errno())}", flush=True)
    os.sched_setscheduler(task, os.SCHED_IDLE, os.sched_param(0))


def start(command, environment):
    return subprocess.Popen(
        command,
        env={**os.environ, "BENCH_QUEUED_KBYTES": str(QUEUED_KBYTES), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process, command):
    """Waits for a contender; returns the report on its last line and its peak memory in MB."""
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


def run(command, environment):
    return finish(start(command, environment), command)


def fill(bootstrap, topic, count, *options, customers=CUSTOMERS):
    """Every record is whole: the contenders are to write as many as they read."""
    command = [MILLRACE, "generate", "--bootstrap-servers", bootstrap, "--to-topic", topic]
    command += ["--partitions", str(PARTITIONS), "--count", str(count), "--seed", str(SEED)]
    command += ["--customers", str(customers), "--broken", "0", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def live_memory(options, bootstrap):
    """Peak memory in MB of sessionize while events come in at a rate that it keeps up with."""
    fill(bootstrap, LIVE_INPUT, 1)
    state = tempfile.mkdtemp(prefix="state-", dir=options.build)
    command = [MILLRACE, "run", "Benchmarks/topologies/sessionize.yaml", "--create-topics"]
    command += ["--partitions", str(PARTITIONS), "--state-directory", state, "--report", "json"]
    environment = {"BENCH_APPLICATION": f"bench-live-{os.getpid()}", "BENCH_INPUT": LIVE_INPUT}
    process = start(command, environment)
    try:
        fill(bootstrap, LIVE_INPUT, options.count, "--rate", "40000")
        process.send_signal(signal.SIGTERM)
        report, peak = finish(process, command)
    finally:
        process.kill()
        shutil.rmtree(state)
    # It is stopped while the last events are on their way.
    if report["records"] < options.count * 0.9:
        sys.exit(f"bench: live: processed {report['records']} of {options.count} records")
    return peak


def contend(name, number, options, bootstrap):
    # A fresh group and a fresh state folder: every run starts at the beginning.
    group = f"bench-{name}-{os.getpid()}-{number}"
    state = tempfile.mkdtemp(prefix="state-", dir=options.build)
    if name == "ceiling":
        command = [os.path.join(options.build, "ceiling"), bootstrap, INPUT, OUTPUT]
        command += [str(options.count), str(PARTITIONS)]
    else:
        topology = f"Benchmarks/topologies/{TOPOLOGIES.get(name, name)}.yaml"
        command = [MILLRACE, "run", topology, "--until-caught-up"]
        command += ["--create-topics", "--partitions", str(PARTITIONS)]
        command += ["--state-directory", state, "--report", "json"]
    try:
        report, peak = run(command, {"BENCH_APPLICATION": group, **ENVIRONMENTS.get(name, {})})
    finally:
        shutil.rmtree(state)
    records = report["delivered" if name == "ceiling" else "records"]
    if records != options.count:
        sys.exit(f"bench: {name} processed {records} of {options.count} records")
    return Run(records, report["seconds"], peak)


def restore(options, bootstrap):
    """Records a second of a restore, the median of the rounds."""
    environment = {
        "BENCH_APPLICATION": f"bench-restore-{os.getpid()}",
        "BENCH_INPUT": RESTORE_INPUT,
        "BENCH_CHANGELOG": "kafka",
        "BENCH_GAP": "999d",
        "BENCH_POS_GAP": "999d",
    }
    fill(bootstrap, RESTORE_INPUT, options.restore_events, customers=min(options.restore_events, 1_000_000))
    command = [MILLRACE, "run", "Benchmarks/topologies/sessionize.yaml", "--until-caught-up"]
    command += ["--create-topics", "--partitions", str(PARTITIONS), "--report", "json"]
    rates = []
    # The first run writes the changelog; each of the others begins without a state.
    for number in range(options.rounds + 1):
        state = tempfile.mkdtemp(prefix="state-", dir=options.build)
        try:
            report, _ = run(command + ["--state-directory", state], environment)
        finally:
            shutil.rmtree(state)
        if number == 0:
            continue
        rates.append(report["restored_records"] / report["restore_seconds"])
        print(
            f"bench: restore: {report['restored_records']:,} records, {rates[-1]:,.0f}/s",
            flush=True,
        )
    return statistics.median(rates)


def takeover(options, bootstrap):
    """Seconds from the moment in which a process with a standby copy is given a task until the task
    goes on: the longest of all tasks."""
    environment = {
        "BENCH_APPLICATION": f"bench-takeover-{os.getpid()}",
        "BENCH_CHANGELOG": "kafka",
        "BENCH_STANDBY": "1",
        "BENCH_QUEUED_KBYTES": str(QUEUED_KBYTES),
    }
    states, logs, processes = [], [], []
    command = [MILLRACE, "run", "Benchmarks/topologies/sessionize.yaml", "--create-topics"]
    command += ["--partitions", str(PARTITIONS), "--report", "json"]
    try:
        for _ in range(2):
            states.append(tempfile.mkdtemp(prefix="state-", dir=options.build))
            logs.append(open(os.path.join(states[-1], "log"), "w+", encoding="utf-8"))
            processes.append(
                subprocess.Popen(
                    command + ["--state-directory", states[-1]],
                    env={**os.environ, **environment},
                    stdout=subprocess.DEVNULL,
                    stderr=logs[-1],
                )
            )
        # Each follows the other's tasks once both are members and have worked for a while.
        wait_for(logs[1], "following", PARTITIONS // 2)
        time.sleep(10)
        behind = os.path.getsize(logs[1].name)
        processes[0].send_signal(signal.SIGTERM)
        processes[0].wait(60)
        lines = wait_for(logs[1], "restored state", PARTITIONS // 2, behind)
        return max(float(line.split("seconds=")[1].split()[0]) for line in lines)
    finally:
        for process in processes:
            process.kill()
        for log in logs:
            log.close()
        for state in states:
            shutil.rmtree(state)


def wait_for(log, text, count, behind=0):
    """Waits until so many lines of a log, from a place on, hold a text; returns them."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        log.seek(behind)
        found = [line for line in log.read().split("\n")[:-1] if text in line]
        if len(found) >= count:
            return found
        time.sleep(0.1)
    sys.exit(f"bench: '{text}' did not come")


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


def missed(results, live_peak, restored, taken_over):
    exactly_once = results["exactly-once"]["ratio"] / results["sessionize"]["ratio"]
    if exactly_once < EXACTLY_ONCE_RATIO:
        yield f"exactly once: {exactly_once:.0%} of at least once; to reach: {EXACTLY_ONCE_RATIO:.0%}"
    if restored < RESTORE_RATE:
        yield f"restore: {restored:,.0f} records/s; to reach: {RESTORE_RATE:,}"
    if taken_over > TAKEOVER_SECONDS:
        yield f"takeover: {taken_over:.2f} s; at most {TAKEOVER_SECONDS} s"
    for name, row in results.items():
        if row["target_ratio"] and row["ratio"] < row["target_ratio"]:
            yield f"{name}: {row['ratio']:.0%} of the ceiling; to reach: {row['target_ratio']:.0%}"
    if live_peak > LIVE_MEMORY_LIMIT_MB:
        yield f"sessionize, live: {live_peak:.0f} MB; at most {LIVE_MEMORY_LIMIT_MB} MB"


def main():
    options = arguments()
    bootstrap = os.environ["MILLRACE_TEST_BOOTSTRAP"]
    print(f"bench: {options.count:,} events into {INPUT}, {PARTITIONS} partitions", flush=True)
    fill(bootstrap, INPUT, options.count)
    quieten_small_broker()

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

    live_peak = live_memory(options, bootstrap)
    taken_over = takeover(options, bootstrap)
    restored = restore(options, bootstrap)

    results = summary(runs)
    print()
    print("\n".join(table(results)))
    print(f"\nsessionize on live events, {CUSTOMERS:,} customers: {live_peak:.0f} MB at its peak")
    exactly_once = results["exactly-once"]["ratio"] / results["sessionize"]["ratio"]
    print(f"exactly once, of at least once: {exactly_once:.0%}")
    print(f"restore of the state of {options.restore_events:,} events: {restored:,.0f} records/s")
    print(f"takeover by a standby copy: {taken_over:.3f} s")
    if options.report:
        machine = {"cores": os.cpu_count(), "system": platform.platform()}
        rounds = {name: [run._asdict() for run in found] for name, found in runs.items()}
        with open(options.report, "w", encoding="utf-8") as file:
            report = {"machine": machine, "results": results, "rounds": rounds}
            report["live_peak_mb"] = round(live_peak, 1)
            report["restored_records_per_second"] = round(restored)
            report["takeover_seconds"] = round(taken_over, 3)
            json.dump(report, file, indent=2)
    # A target that is missed is said and is no failure: times depend on the machine.
    print()
    for sentence in missed(results, live_peak, restored, taken_over):
        print(f"bench: missed: {sentence}")


if __name__ == "__main__":
    main()
