"""Evaluates the flags of tests/it/ofrep.rs with the official OFREP provider. Prints one line of JSON per flag."""

import json
import os

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

url, key = os.environ["PREFAB_TEST_URL"], os.environ["PREFAB_TEST_KEY"]


def client(api_key):
    api.set_provider_and_wait(OFREPProvider(url, headers_factory=lambda: {"Authorization": f"Bearer {api_key}"}))
    return api.get_client()


flags = client(key)
pro = EvaluationContext("u-1", {"user.plan": "pro"})
details = {
    "targeted": flags.get_boolean_details("a/b c ü", False, pro),
    "others": flags.get_boolean_details("a/b c ü", True, EvaluationContext("u-2")),
    "no context": flags.get_boolean_details("a/b c ü", True),
    "float": flags.get_float_details("float", 0.0, pro),
    "huge": flags.get_integer_details("huge", 0, pro),
    "json": flags.get_object_details("json", {}, pro),
    "list": flags.get_object_details("list", {}, pro),
    "timeout": flags.get_string_details("timeout", "", pro),
    "level": flags.get_string_details("level", "", pro),
    "range": flags.get_object_details("range", {}, pro),
    "split": flags.get_string_details("split", "", pro),
    "unicode": flags.get_boolean_details("日本🚩", False, pro),
    "question mark": flags.get_boolean_details("why?#", True, pro),
    "long key": flags.get_boolean_details("k" * 1_000, True, pro),
    "empty key": flags.get_boolean_details("", True, pro),
    "null": flags.get_object_details("null", {"default": True}, pro),
    "string": flags.get_string_details("server-only", "", pro),
    "absent": flags.get_boolean_details("absent", True, pro),
    "wrong type": flags.get_boolean_details("float", True, pro),
    "provided": flags.get_string_details("provided", "mine", pro),
    "no rule matches": flags.get_boolean_details("nothing", True, pro),
    "bad context": flags.get_boolean_details("a/b c ü", True, EvaluationContext("u", {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}})),
}
details["wrong key"] = client("1-wrong").get_boolean_details("float", True, pro)
for name, answer in details.items():
    print("flag", json.dumps({
        "name": name,
        "value": answer.value,
        "reason": str(getattr(answer.reason, "value", answer.reason)),
        "variant": answer.variant,
        "error": getattr(answer.error_code, "value", answer.error_code),
    }), flush=True)
