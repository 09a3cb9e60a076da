#!/usr/bin/env python3
"""Runs the tests of a build folder and counts single cases; the last line is `N passed, N failed, N skipped`.

usage: run.py BUILD [--suite fast] [--jobs 2] [NAME...]     (NAME: only tests whose name contains one of them)
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml


class Outcome:
    def __init__(self, name):
        self.name = name
        self.passed = self.failed = self.skipped = 0
        self.seconds = 0.0
        self.failures = []  # texts, whole
        self.skips = []     # reasons

    def fail(self, text):
        self.failed += 1
        self.failures.append(text.rstrip())

    def skip(self, reason):
        self.skipped += 1
        self.skips.append(reason.strip())


def execute(test, command, output):
    """Runs to the end or the time limit, without a stdin; output goes to a file. Returns the exit status or a sentence."""
    limit = float(test.get("timeout") or 0) or None
    env = {**os.environ, **test.get("env", {})}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env,
                               cwd=test["workdir"], start_new_session=True)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return f"took longer than {limit:.0f} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def said(status):
    if isinstance(status, str):
        return status
    return f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def catch_failure(case):
    """What Catch2's XML says of a failed test case, as text."""
    lines = []
    for node in case.iter():
        where = f"{node.get('filename')}:{node.get('line')}: " if node.get("filename") else ""
        body = (node.text or "").strip()
        if node.tag == "Expression":
            if node.get("success") == "true":
                continue
            lines.append(f"  {where}{node.get('type')}( {node.findtext('Original', '').strip()} )")
            lines.append(f"      with: {node.findtext('Expanded', '').strip()}")
        elif node.tag in ("Failure", "Exception", "FatalErrorCondition"):
            lines.append(f"  {where}{node.tag}: {body}")
        elif node.tag in ("Info", "Warning", "StdOut", "StdErr") and body:
            lines.append(f"  {node.tag.lower()}: {body}")
        elif node.tag == "Section":
            lines.append(f"  in section: {node.get('name')}")
    return "\n".join(lines)


def run_catch(test, outcome):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report.xml")
        with open(pathlib.Path(folder, "out"), "wb+") as out:
            status = execute(test, test["cmd"] + ["--reporter", "xml", "--out", str(report)], out)
            out.seek(0)
            printed = out.read().decode(errors="replace")
        text = report.read_text(errors="replace") if report.exists() else ""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", text)
    unfinished = False
    try:
        cases = list(xml.fromstring(text).iter("TestCase"))
    except xml.ParseError:  # it died half-way: keep the cases it finished
        unfinished = True
        cases = [xml.fromstring(c) for c in re.findall(r"<TestCase .*?</TestCase>", text, re.S)]
    for case in cases:
        title = f"{outcome.name}: {case.get('name')}"
        result = case.find("OverallResult")
        notes = "".join(case.itertext())
        if result is None or result.get("success") != "true":
            outcome.fail(f"{title}\n{catch_failure(case)}")
        elif "SKIPPED:" in notes or int(result.get("skips") or 0):
            outcome.skip(f"{title}: {notes.partition('SKIPPED:')[2].strip().splitlines()[0] if 'SKIPPED:' in notes else ''}")
        else:
            outcome.passed += 1
    if unfinished or (status != 0 and not outcome.failed):
        last = re.findall(r'<TestCase name="([^"]*)"', text)
        during = f", in or after “{last[-1]}”" if last else ""
        outcome.fail(f"{outcome.name}: {said(status)}{during}\n{printed[-20000:]}")
    elif outcome.failed and printed.strip():
        outcome.failures.append(f"{outcome.name} printed:\n{printed[-20000:].rstrip()}")


def run_tap(test, outcome):
    with tempfile.TemporaryFile() as out:
        status = execute(test, test["cmd"], out)
        out.seek(0)
        printed = out.read().decode(errors="replace")
    planned, seen, failure = None, 0, None
    stray = []
    for line in printed.splitlines():
        plan = re.fullmatch(r"1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?", line, re.I)
        case = re.fullmatch(r"(not )?ok\b\s*\d*\s*-?\s*(.*?)(?:\s+#\s*skip\S*\s*(.*))?", line, re.I)
        if plan:
            planned = int(plan[1])
            if planned == 0:
                outcome.skip(f"{outcome.name}: {plan[2] or 'nothing to test'}")
            continue
        if case:
            seen += 1
            failure = None
            if case[1]:
                outcome.fail(f"{outcome.name}: {case[2]}")
                failure = len(outcome.failures) - 1
            elif case[3] is not None:
                outcome.skip(f"{outcome.name}: {case[2]}: {case[3]}")
            else:
                outcome.passed += 1
        elif line.startswith("#") and failure is not None:
            outcome.failures[failure] += "\n  " + line[1:].removeprefix(" ")
        else:
            stray.append(line)
    if planned is None or seen != planned or (status != 0 and not outcome.failed):
        outcome.fail(f"{outcome.name}: {said(status)}, {seen} of {planned if planned is not None else '?'} cases\n"
                     + "\n".join(stray[-200:]))


def run_plain(test, outcome):
    with tempfile.TemporaryFile() as out:
        status = execute(test, test["cmd"], out)
        out.seek(0)
        printed = out.read().decode(errors="replace")
    if status == 0:
        outcome.passed += 1
    elif status == 77:
        outcome.skip(f"{outcome.name}: {printed.strip().splitlines()[-1] if printed.strip() else ''}")
    else:
        outcome.fail(f"{outcome.name}: {said(status)}\n{printed[-20000:]}")


def run_one(test):
    outcome = Outcome(test["name"])
    began = time.monotonic()
    suites = {s.split(":")[-1] for s in test["suite"]}
    how = run_catch if "catch" in suites else run_tap if test.get("protocol") == "tap" else run_plain
    try:
        if not os.access(test["cmd"][0], os.X_OK):
            outcome.fail(f"{outcome.name}: {test['cmd'][0]} was not built")
        else:
            how(test, outcome)
    except Exception as fault:  # one broken test must not hide the others
        outcome.fail(f"{outcome.name}: the runner failed on it: {fault!r}")
    outcome.seconds = time.monotonic() - began
    return outcome


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("build", type=pathlib.Path)
    arguments.add_argument("--suite", help="only this suite")
    arguments.add_argument("--jobs", type=int, default=max(1, min(8, os.cpu_count() or 1)))
    arguments.add_argument("--build-failed", action="store_true", help="count the build as one failed case")
    arguments.add_argument("names", nargs="*")
    asked = arguments.parse_args()

    tests = json.loads((asked.build / "meson-info/intro-tests.json").read_text())
    if asked.suite:
        tests = [t for t in tests if asked.suite in {s.split(":")[-1] for s in t["suite"]}]
    if asked.names:
        tests = [t for t in tests if any(n in t["name"] for n in asked.names)]
    for test in tests:  # as `meson test` does: commands may be relative to the build folder
        test["workdir"] = test.get("workdir") or str(asked.build)
    # The longest first, as their limits tell, so that no processor is left with nothing to do at the end.
    together = sorted((t for t in tests if t["is_parallel"]), key=lambda t: -float(t.get("timeout") or 0))
    alone = [t for t in tests if not t["is_parallel"]]

    outcomes = []

    def report(outcome):
        outcomes.append(outcome)
        skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
        failed = f", {outcome.failed} FAILED" if outcome.failed else ""
        print(f"{outcome.name}: {outcome.passed} passed{failed}{skipped} ({outcome.seconds:.1f} s)")
        for reason in outcome.skips[:20]:
            print(f"  SKIPPED {reason}")
        for failure in outcome.failures:
            print(f"  FAILED {failure}")
        sys.stdout.flush()

    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_one, t) for t in together]):
            report(done.result())
    for test in alone:
        report(run_one(test))

    passed = sum(o.passed for o in outcomes)
    failed = sum(o.failed for o in outcomes) + asked.build_failed
    skipped = sum(o.skipped for o in outcomes)
    broken = [o.name for o in outcomes if o.failed]
    if asked.build_failed:
        print("FAILED: the build (see above)")
    if broken:
        print("failed in: " + ", ".join(sorted(broken)))
    if not tests:
        print("no test of that name")
        failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
