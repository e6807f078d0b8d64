"""Drives the official Python SDK: first value, live change, telemetry. Prints one line per step."""

import os
import sys
import time

from prefab_cloud_python import Client, Options

url, key = os.environ["PREFAB_TEST_URL"], os.environ["PREFAB_TEST_KEY"]
client = Client(Options(
    api_key=key,
    prefab_api_urls=[url],
    prefab_stream_urls=[url],
    prefab_telemetry_url=url,
    connection_timeout_seconds=5,
    collect_sync_interval=3600,
))


def value():
    return client.get("greeting", default="none")


def wait_for(wanted):
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if value() == wanted:
            return time.monotonic()
        time.sleep(0.002)
    sys.exit(f"waited in vain for {wanted}, still {value()}")


print("first", value(), flush=True)
print("flag", client.enabled("beta", context={"user": {"key": "u-1", "plan": "pro"}}), flush=True)
print("flag", client.enabled("beta", context={"user": {"key": "u-2", "plan": "free"}}), flush=True)
# The stream opens after the first load; a change before that would come with it.
time.sleep(1)
print("ready", flush=True)
wait_for("changed")
print("second", value(), flush=True)
wait_for("none")
print("deleted", flush=True)
client.telemetry_manager.flush_and_block()
print("reported", flush=True)
os._exit(0)
