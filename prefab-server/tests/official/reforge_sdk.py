"""Drives the Reforge SDK for tests/it/successors.rs. Prints one line per step."""

import json
import os
import sys
import time

from sdk_reforge import Options, ReforgeSDK

url = os.environ["PREFAB_TEST_URL"]


def client(key):
    return ReforgeSDK(Options(
        sdk_key=key,
        reforge_api_urls=[url],
        reforge_stream_urls=[url],
        reforge_telemetry_url=url,
        connection_timeout_seconds=30,
        collect_sync_interval=3600,
        logger_key="log-level.app",
    ))


sdk = client(os.environ["PREFAB_TEST_KEY"])
print("first", sdk.get("greeting"), flush=True)


def user(**properties):
    return {"user": properties}


# The numbers of log levels in messages, which the SDK returns.
LEVELS = {1: "TRACE", 2: "DEBUG", 3: "INFO", 5: "WARN", 6: "ERROR"}


def levels(path):
    lowest = sdk.get("log-level.app", context=user(team="core") if path == "core" else None)
    return [name for number, name in LEVELS.items() if number >= lowest]


print("values", json.dumps({
    "int": sdk.get("int"),
    "huge": sdk.get("huge"),
    "double": sdk.get("double"),
    "bool": sdk.get("bool"),
    "string": sdk.get("greeting"),
    "list": list(sdk.get("list")),
    "json": sdk.get("json"),
    "seconds": sdk.get("duration").total_seconds(),
    "provided": sdk.get("provided"),
    "secret": sdk.get("secret"),
    "levels": [levels("other"), levels("core")],
    "rules": [
        sdk.enabled("beta", context=user(key="u-1", plan="pro")),
        sdk.enabled("beta", context=user(key="u-2", plan="free")),
        sdk.enabled("beta"),
    ],
    "segment": [
        sdk.get("by-segment", context=user(key="u-3", email=email)) for email in ("a@acme.test", "a@else.test")
    ],
    "absent": sdk.get("absent", default="mine"),
    "rollout": [sdk.get("rollout", context=user(key=f"user-{n}")) for n in range(100)],
}), flush=True)

last = None
while True:
    greeting = sdk.get("greeting", default="none")
    if greeting != last:
        last = greeting
        print("greeting", greeting, flush=True)
    if greeting == "report":
        break
    time.sleep(0.005)
sdk.telemetry_manager.flush_and_block()
print("reported", flush=True)
started = time.monotonic()
try:
    client("1-wrong").get("greeting", default="none")
except Exception as error:
    print("wrong", type(error).__name__, time.monotonic() - started < 5, flush=True)
sys.stdout.flush()
os._exit(0)
