"""Measures the official Python SDK on the work of this benchmark. Prints a list of outcomes as JSON.

    python bench.py FEW.json MANY.json

It uses no network: its server is a closed port. Times are the processor time of the calling thread.
"""

import gc
import json
import logging
import os
import statistics
import sys
import time
from importlib.metadata import version

from prefab_cloud_python import Client, Options

logging.disable(logging.CRITICAL)

CLOSED = "http://127.0.0.1:9"
USER = {"key": "user-0500", "email": "ada.lovelace@x.com", "team": "team-19-9", "country": "NL", "plan": "pro"}


def open_client(datafile, telemetry):
    mode = Options.ContextUploadMode
    return Client(
        Options(
            x_datafile=datafile,
            prefab_api_urls=[CLOSED],
            prefab_stream_urls=[CLOSED],
            prefab_telemetry_url=CLOSED,
            collect_sync_interval=3600,
            collect_logs=telemetry,
            collect_evaluation_summaries=telemetry,
            context_upload_mode=mode.PERIODIC_EXAMPLE if telemetry else mode.NONE,
        )
    )


def spread(samples):
    samples.sort()
    return {
        "low": samples[len(samples) // 10],
        "median": statistics.median(samples),
        "high": samples[len(samples) * 9 // 10],
    }


def timed(call, times):
    start = time.thread_time_ns()
    for _ in range(times):
        call()
    return time.thread_time_ns() - start


def figure(call, samples=25, sample_ns=60e6):
    times = 1
    while timed(call, times) < sample_ns:
        times *= 2
    gc.disable()
    nanos = spread([timed(call, times) / times for _ in range(samples)])
    gc.enable()
    return {"nanos": nanos, "allocations": None, "instructions": None, "instead": None}


def items(client):
    known = {"user": USER}
    crowd = [{"user": {**USER, "key": f"person-{at * 7:06}"}} for at in range(64)]
    turn = 0

    def split():
        nonlocal turn
        turn = (turn + 1) % 64
        return client.get("item-split-3", context=crowd[turn])

    calls = {
        name: lambda key=f"item-{name}": client.enabled(key, context=known)
        for name in ("static", "ends-with", "one-of-20", "segment-1000")
    }
    for name, call in calls.items():
        assert call() is True, name
    assert {split() for _ in range(64)} == {"alpha", "bravo", "charlie"}
    return {name: figure(call) for name, call in {**calls, "split-3": split}.items()}


def load(many):
    times = []
    for _ in range(5):
        start = time.process_time()
        client = open_client(many, False)
        client.config_client()
        times.append((time.process_time() - start) * 1e3)
    known = {"user": USER}
    of_many = figure(lambda: client.enabled("item-static", context=known))
    return of_many, {"document_bytes": os.path.getsize(many), "millis": spread(times), "resident_bytes": 0}


def main():
    few, many = sys.argv[1:]
    outcome = {"version": version("prefab-cloud-python"), "part": "client", "load": None, "traffic": None}
    runtime = f"CPython {sys.version.split()[0]}"
    off = {**outcome, "name": "official-python", "note": runtime, "items": items(open_client(few, False))}
    off["items"]["static-of-10k"], off["load"] = load(many)
    on = {**outcome, "name": "official-python-telemetry", "note": f"{runtime}, with default options"}
    on["items"] = items(open_client(few, True))
    print(json.dumps([off, on]))
    sys.stdout.flush()
    # The threads of the SDK do not end on their own.
    os._exit(0)


main()
