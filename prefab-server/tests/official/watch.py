"""Prints every new value of four keys that the official Python SDK reads, until it is killed."""

import os
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
last = None
while True:
    values = " ".join(str(client.get(name, default="none")) for name in ("same", "changed", "deleted", "new"))
    if values != last:
        last = values
        print("values", values, flush=True)
    time.sleep(0.005)
