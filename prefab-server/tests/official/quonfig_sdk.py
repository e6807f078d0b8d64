"""Drives the Quonfig SDK for tests/it/successors.rs. Prints one line per step."""

import json
import os
import socket
import sys
import time

from quonfig import Quonfig

# The SDK asks for its stream at `stream.` before the host of the API, so a server needs that name. Here it is this machine.
resolve = socket.getaddrinfo


def resolve_local(host, *arguments, **options):
    return resolve("127.0.0.1" if host in ("localhost", "stream.localhost") else host, *arguments, **options)


socket.getaddrinfo = resolve_local
url = os.environ["PREFAB_TEST_URL"].replace("127.0.0.1", "localhost")


def client(key, on_init_failure="wait"):
    return Quonfig(
        key,
        api_urls=[url],
        telemetry_url=url,
        on_init_failure=on_init_failure,
        init_timeout_ms=30_000,
        logger_key="log-level.app",
    ).init()


sdk = client(os.environ["PREFAB_TEST_KEY"])
print("first", sdk.get_string("greeting"), flush=True)


def user(**properties):
    return {"user": properties}


def levels(path):
    contexts = user(team="core") if path == "core" else None
    names = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
    return [name for name in names if sdk.should_log("log-level.app", name, contexts)]


print("values", json.dumps({
    "int": sdk.get_int("int"),
    "huge": sdk.get_int("huge"),
    "double": sdk.get_float("double"),
    "bool": sdk.get_bool("bool"),
    "string": sdk.get_string("greeting"),
    "list": sdk.get_string_list("list"),
    "json": sdk.get_json("json"),
    "seconds": sdk.get_duration("duration"),
    "provided": sdk.get_int("provided"),
    "secret": sdk.get_string("secret"),
    "levels": [levels("other"), levels("core")],
    "rules": [
        sdk.is_feature_enabled("beta", contexts=user(key="u-1", plan="pro")),
        sdk.is_feature_enabled("beta", contexts=user(key="u-2", plan="free")),
        sdk.is_feature_enabled("beta"),
    ],
    "segment": [
        sdk.get_string("by-segment", contexts=user(key="u-3", email=email)) for email in ("a@acme.test", "a@else.test")
    ],
    "absent": sdk.get_string("absent", default="mine"),
    "rollout": [sdk.get_string("rollout", contexts=user(key=f"user-{n}")) for n in range(100)],
}), flush=True)

last = None
while True:
    greeting = sdk.get_string("greeting", default="none")
    if greeting != last:
        last = greeting
        print("greeting", greeting, sdk.connection_state(), flush=True)
    if greeting == "report":
        break
    time.sleep(0.005)
sdk.flush()
print("reported", flush=True)
started = time.monotonic()
try:
    client("1-wrong", "fail")
except Exception as error:
    print("wrong", type(error).__name__, getattr(error, "reason", ""), time.monotonic() - started < 5, flush=True)
sys.stdout.flush()
os._exit(0)
