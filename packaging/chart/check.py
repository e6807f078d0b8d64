#!/usr/bin/env python3
"""Renders the chart with the values of cases.yaml, lints it, and validates every manifest. Works offline.

Needs `pip install helm-python-sdk kubernetes-validate`. With the path of the `prefab` binary as an argument, it also checks
the settings files that the chart renders.
"""

import pathlib
import subprocess
import sys
import tempfile

import helm_python
import kubernetes_validate
import yaml

FOLDER = pathlib.Path(__file__).parent
CHART = str(FOLDER / "prefab")
KUBERNETES = "1.34.0"
# No schema of Kubernetes describes it.
FOREIGN = {"ServiceMonitor"}


def manifests(values):
    """Returns the rendered objects."""
    with helm_python.Chart.load(CHART) as chart:
        # `render` does not check the schema.
        chart.validate_schema(chart.merge_values(values))
        files = chart.render(values, name="demo", namespace="default")
    texts = [text for path, text in sorted(files.items()) if path.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def problems_of_pod(spec):
    """Checks what the schema cannot."""
    container = spec["containers"][0]
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    security = container["securityContext"]
    if not (security["readOnlyRootFilesystem"] and spec["securityContext"]["runAsNonRoot"]):
        yield "the container is not locked down"
    yield from (f"no volume for {name}" for name in mounts - {volume["name"] for volume in spec["volumes"]} - {"data"})
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if probe not in container:
            yield f"no {probe}"


def problems_of_settings(binary, text):
    """Asks the server whether the settings file is valid. Files that it names do not exist here."""
    text = "\n".join(line for line in text.splitlines() if "-file =" not in line and not line.startswith("tls-"))
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        command = [binary, "serve", "--config", file.name, "--check-config"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield done.stderr


def check(case, binary):
    """Returns the problems of a case."""
    refused = case.get("refused")
    try:
        objects = manifests(case["values"])
    except helm_python.HelmError as error:
        if refused and refused in str(error):
            return []
        return [f"not rendered: {error}"]
    if refused:
        return ["was not refused"]
    problems = []
    kinds = [document["kind"] for document in objects]
    workload = "Deployment" if case["values"].get("database", {}).get("type") == "postgres" else "StatefulSet"
    if workload not in kinds:
        problems.append(f"no {workload} in {kinds}")
    for document in objects:
        if document["kind"] in FOREIGN:
            continue
        try:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{document['kind']}: {error}")
        if document["kind"] == workload:
            problems.extend(problems_of_pod(document["spec"]["template"]["spec"]))
        if document["kind"] == "ConfigMap" and binary:
            problems.extend(problems_of_settings(binary, document["data"]["prefab.toml"]))
    report = helm_python.lint(CHART, case["values"], strict=True)
    problems.extend(report["errors"])
    return problems


def main():
    """Checks all cases."""
    binary = sys.argv[1] if len(sys.argv) > 1 else None
    failed = 0
    cases = yaml.safe_load((FOLDER / "cases.yaml").read_text(encoding="utf-8"))
    for case in cases:
        problems = check(case, binary)
        print(f"{'FAILED' if problems else 'ok':6} {case['name']}")
        for problem in problems:
            print(f"       {problem}")
        failed += bool(problems)
    if failed:
        sys.exit(f"{failed} of {len(cases)} cases failed")
    print(f"{len(cases)} cases")


main()
