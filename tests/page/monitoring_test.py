#!/usr/bin/python3
"""The alert rules and the dashboard of packaging/ against Prometheus' own checks and a real tracker.

A name or a label that no tracker shows is an alert that never comes. Ends with 77 where there is no promtool.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from tracker import Load, Tracker

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "packaging" / "prometheus"
DASHBOARD = ROOT / "packaging" / "grafana" / "chihaya.json"
OF_PROMETHEUS = {"up"}                       # metrics that a scrape makes
PATIENCE = 30                                # seconds
ADDED_LABELS = {"instance", "job", "le"}     # labels that it adds, and a histogram's

options = None  # of the command line


def promtool(*arguments, cwd=RULES):
    """Runs promtool: (went well, what it said)."""
    done = subprocess.run(["promtool", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=60)
    return done.returncode == 0, done.stdout + done.stderr


def expressions_of_rules():
    """Every expression of the alert rules, as they stand in the file: a block or a line."""
    text = (RULES / "alerts.yml").read_text()
    return re.findall(r"expr: (?:\|\n)?((?:.+\n)(?: {10,}.+\n)*)", text)


def expressions_of_dashboard():
    """Every expression of the dashboard, with Grafana's variables as Prometheus would see them."""
    dashboard = json.loads(DASHBOARD.read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
    return [text.replace("$__rate_interval", "5m").replace("$instance", ".*") for text in found]


def selectors(expression):
    """Metric names in an expression, and the labels each is selected by: {name: labels}."""
    found = {}
    pattern = r'\b((?:chihaya|process)_[a-z0-9_]+|up)\b(?:\{((?:[^}"]|"[^"]*")*)\})?'
    for name, labels in re.findall(pattern, expression):
        found.setdefault(name, set()).update(re.findall(r"([a-z_]+) *[=!]~?=?", re.sub(r'"[^"]*"', "", labels)))
    return found


def shown_by(exposition):
    """The metrics of an exposition: {name: labels}."""
    shown = {}
    for line in exposition.splitlines():
        if line and not line.startswith("#"):
            name, labels = re.match(r"([a-z0-9_]+)(?:\{(.*)\})? ", line).groups()
            shown.setdefault(name, set()).update(re.findall(r'([a-z_]+)="', labels or ""))
    return shown


class MonitoringTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        members = {"tracker": {"params": {"snapshot": str(folder / "swarms")}},  # both have metrics of their own
                   "limits": {"memory": "1GiB"}}
        tracker = Tracker(options.tracker, options.plugins, folder, **members)
        cls.addClassCleanup(tracker.stop)
        load = Load(tracker.port)  # what clients do has metrics, too
        cls.addClassCleanup(load.stop)
        deadline = time.monotonic() + PATIENCE
        while "chihaya_client_share_ratio{" not in (text := tracker.ask("metrics")[1].decode()):
            if time.monotonic() > deadline:
                break  # and the test of the names tells of it
            time.sleep(0.2)
        cls.exposition = text

    def test_the_rules_are_rules_and_fire_when_they_should(self):
        for arguments in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml"),
                          ("check", "config", "--syntax-only", "scrape.yml")):
            well, said = promtool(*arguments)
            self.assertTrue(well, said)

    def test_the_dashboard_s_expressions_are_expressions(self):
        rules = [{"record": f"panel_{index}", "expr": text} for index, text in enumerate(expressions_of_dashboard())]
        self.assertGreater(len(rules), 20)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "dashboard.yml")
            file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML
            well, said = promtool("check", "rules", file)
        self.assertTrue(well, said)

    def test_the_dashboard_is_whole(self):
        dashboard = json.loads(DASHBOARD.read_text())
        panels = dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        cells = [(x, y) for panel in panels for place in [panel["gridPos"]]
                 for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])]
        self.assertEqual(len(set(cells)), len(cells), "two panels stand in one place")
        self.assertLess(max(x for x, _ in cells), 24)
        sources = {panel["datasource"]["uid"] for panel in panels if "datasource" in panel}
        self.assertEqual(sources, {"${datasource}"})

    def test_every_name_and_label_is_one_that_a_tracker_shows(self):
        shown = shown_by(self.exposition)
        self.assertIn("chihaya_requests_total", shown)
        used = {}
        for text in [*expressions_of_rules(), *expressions_of_dashboard()]:
            for name, labels in selectors(text).items():
                used.setdefault(name, set()).update(labels)
        self.assertGreater(len(used), 20)
        missing = sorted(set(used) - set(shown) - OF_PROMETHEUS)
        self.assertEqual(missing, [])
        strange = {name: labels - shown[name] - ADDED_LABELS for name, labels in used.items() if name in shown}
        self.assertEqual({name: labels for name, labels in strange.items() if labels}, {})

    def test_prometheus_itself_reads_what_the_tracker_shows(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.exposition, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertNotEqual(done.returncode, 1, done.stderr)  # 3: names that a purist would choose otherwise

    def test_every_reason_that_a_rule_waits_for_can_happen(self):
        reasons = set(re.findall(r'reason="([a-z_]+)"', self.exposition))
        text = (RULES / "alerts.yml").read_text()
        for waited in re.findall(r'reason!?[=~]+"([a-z_|]+)"', text):
            self.assertLessEqual(set(waited.split("|")), reasons)


def main():
    global options
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracker", type=pathlib.Path, required=True)
    parser.add_argument("--plugins", type=pathlib.Path, required=True)
    options, rest = parser.parse_known_args()
    if shutil.which("promtool") is None:
        print("skipped: no promtool on this machine")
        return 77
    return 0 if unittest.main(argv=[sys.argv[0], *rest], exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
