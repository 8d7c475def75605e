#!/usr/bin/python3
"""The operator's page in a real browser, of a real tracker under a little load.

Leaves what it saw in the folder of --shots: desktop and phone, light and dark, and a tracker that does not answer.
Ends with 77 where the machine has no browser.
"""

import argparse
import contextlib
import http.server
import json
import pathlib
import re
import sys
import tempfile
import threading
import unittest
import urllib.parse

import browser
from tracker import Load, Tracker

DESKTOP = (1280, 900)
PHONE = (390, 844)
SMALL_PHONE = (360, 640)
TOKEN = "a-token-of-this-test"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

options = None  # of the command line


def number(text):
    """A figure of the page as a number."""
    return float(re.sub(r"[^0-9.]", "", text) or "nan")


def near(pixel, colour):
    """Is this pixel of about this colour?"""
    return all(abs(a - b) <= 60 for a, b in zip(pixel, colour))


class HostileTracker:
    """Serves the real page, and what it likes for everything else."""

    def __init__(self, page, headers, answers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = urllib.parse.urlparse(self.path).path
                known = path == "/" or path in answers
                body = page if path == "/" else json.dumps(answers.get(path)).encode()
                self.send_response(200 if known else 404)
                for name in ("Content-Type", "Content-Security-Policy") if path == "/" else ():
                    self.send_header(name, headers[name])
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.page = f"http://127.0.0.1:{self._server.server_port}/"

    def stop(self):
        """Answers no more."""
        self._server.shutdown()
        self._server.server_close()


class PageTest(unittest.TestCase):
    """One tracker and one browser for all of it: both take seconds to start."""

    @classmethod
    def setUpClass(cls):
        cls._ends = contextlib.ExitStack()
        cls.addClassCleanup(cls._ends.close)
        folder = pathlib.Path(cls._ends.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        cls.folder = folder
        cls.tracker = cls.start_tracker("plain")
        cls.load = cls.start_load(cls.tracker)
        cls.tab = browser.Browser(folder / "profile")
        cls._ends.callback(cls.tab.close)

    @classmethod
    def start_tracker(cls, name, **changes):
        """A tracker in a folder of its own, which ends with the test."""
        folder = cls.folder / name
        folder.mkdir()
        tracker = Tracker(options.tracker, options.plugins, folder, **changes)
        cls._ends.callback(tracker.stop)
        return tracker

    @classmethod
    def start_load(cls, tracker):
        """Announces that go on to the end of the test."""
        load = Load(tracker.port)
        cls._ends.callback(load.stop)
        return load

    def still(self):
        """Stops the load until this test is over, so that figures can be compared."""
        self.load.stop()
        self.addCleanup(lambda: setattr(type(self), "load", self.start_load(self.tracker)))

    def open(self, size=DESKTOP, colours="light", tracker=None):
        """Opens the page and waits until it shows figures and lines."""
        self.tab.open((tracker or self.tracker).page, *size, colours)
        self.tab.wait("figures", lambda: number(self.tab.text("#tile-peers .figure")) > 0)
        self.tab.wait("a line", lambda: self.points_of("Announces") > 2 or self.points_of("AnnouncesUDP") > 2)

    def points_of(self, series):
        """How many points the graph of a series has."""
        path = "document.querySelector(`path[data-series=\"${arguments[0]}\"]`)"
        return self.tab.run(f"return {path}?.getAttribute('d').split('L').length ?? 0", series)

    def test_01_what_stats_says_stands_on_the_page(self):
        self.open()
        self.still()
        stats = self.tracker.stats()
        peers = [stats[f"Peers.{family}"] for family in ("IPv4", "IPv6")]
        wanted = {
            "#tile-swarms .figure": stats["Torrents.Size"],
            "#tile-peers .figure": sum(family["Peers"]["Current"] for family in peers),
            "#tile-seeders .figure": sum(family["Seeds"]["Current"] for family in peers),
        }
        for selector, value in wanted.items():
            self.assertGreater(value, 0)
            self.tab.wait(f"{value} at {selector}", lambda s=selector, v=value: number(self.tab.text(s)) == v)
        self.assertEqual(self.tab.text("#version"), stats["Version"])
        for kind, name in (("tracker", "memory"), ("backend", "noop")):
            self.assertIn(name, self.tab.text(f"#driver-{kind}"))
            self.assertIn("healthy", self.tab.text(f"#driver-{kind}"))
        self.assertIn("Ready", self.tab.text("#state"))
        for row in stats["Requests"]:
            if row["Outcome"] != "ok":
                self.assertIn(row["Reason"].replace("_", " "), self.tab.text("#card-failures-and-drops").lower())
        self.assertTrue(any(row["Outcome"] == "dropped" for row in stats["Requests"]))
        self.tab.wait("no announces", lambda: number(self.tab.text("#tile-announces .figure")) == 0)

    def test_02_the_busiest_swarms_and_clients_are_shown(self):
        self.open()
        top = json.loads(self.tracker.ask("top?limit=10")[1])
        self.assertTrue(top["Swarms"])
        self.tab.wait("a swarm", lambda: re.search("[0-9a-f]{40}", self.tab.text("#card-busiest-swarms")))
        self.tab.wait("a client", lambda: "Transmission" in self.tab.text("#card-client-software"))

    def test_03_every_graph_has_points_and_reads_by_keys(self):
        self.open()
        for series in ("AnnouncesHTTP", "AnnouncesUDP", "Scrapes", "P50", "P90", "P99", "Seeders", "Leechers",
                       "Swarms", "IPv4", "IPv6", "BytesIn", "BytesOut", "ResidentBytes", "Refused", "Dropped"):
            self.tab.wait(f"points of {series}", lambda s=series: self.points_of(s) > 2)
        self.tab.run("document.querySelector('.plot').focus()")
        self.tab.press_key(".plot", "ArrowLeft")
        self.assertRegex(self.tab.text(".chart .moment"), r"\d\d:\d\d:\d\d")
        self.assertIn("HTTP announces", self.tab.run("return document.querySelector('.plot').getAttribute('aria-label')"))

    def test_04_nothing_is_wide_and_everything_has_colours(self):
        for colours in ("light", "dark"):
            for name, size in (("desktop", DESKTOP), ("phone", PHONE), ("small", SMALL_PHONE)):
                with self.subTest(colours=colours, screen=name):
                    self.open(size, colours)
                    self.tab.wait("a line of some length", lambda: self.points_of("ResidentBytes") > 10)
                    wide, screen = self.tab.run("return [document.documentElement.scrollWidth, innerWidth]")
                    self.assertLessEqual(wide, screen)
                    self.assertEqual(screen, size[0])
                    self.judge(self.tab.shot(options.shots / f"{name}-{colours}.png"), colours)

    def judge(self, picture, colours):
        """A screenshot shows a page in these colours, with a line in each graph."""
        ground = picture.getpixel((2, picture.height // 2))
        self.assertTrue(min(ground) > 200 if colours == "light" else max(ground) < 60, ground)
        self.assertGreater(len(picture.getcolors(1 << 24)), 50)
        graphs = self.tab.run("return [...document.querySelectorAll('.plot')].map((plot) =>"
                              "[...plot.querySelectorAll('path[data-series]')].map((line) => getComputedStyle(line).stroke))")
        self.assertGreater(len(graphs), 5)
        for index, strokes in enumerate(graphs):
            wanted = [[int(part) for part in re.findall(r"\d+", stroke)[:3]] for stroke in strokes]
            region = picture.crop([round(side) for side in self.tab.box(".plot", index)])
            drawn = sum(count for count, pixel in region.getcolors(1 << 20)
                        if any(near(pixel, colour) for colour in wanted))
            self.assertGreater(drawn, 8, f"graph {index} has no line")

    def test_05_the_switch_wins_over_the_system_and_is_remembered(self):
        self.open(colours="light")
        self.tab.press("input[name=theme][value=dark]")
        for _ in range(2):
            self.assertEqual(self.tab.run("return document.documentElement.dataset.theme"), "dark")
            self.open(colours="light")
        self.tab.press("input[name=theme][value=auto]")
        self.assertEqual(self.tab.run("return document.documentElement.dataset.theme"), "light")
        self.tab.prefer("dark")
        self.tab.wait("dark", lambda: self.tab.run("return document.documentElement.dataset.theme") == "dark")

    def test_06_texts_are_readable(self):
        contrast = """
            const channel = (c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
            const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number);
              return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b); };
            const ground = (node) => { for (; node; node = node.parentElement) {
              const colour = getComputedStyle(node).backgroundColor;
              if (!/, 0\\)$/.test(colour)) return colour; } return 'rgb(255,255,255)'; };
            return [...document.querySelectorAll('body *')].filter((node) => node.checkVisibility() &&
              [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())).map((node) => {
              const style = getComputedStyle(node);
              const own = node instanceof SVGElement ? style.fill : style.color;
              const [a, b] = [light(own), light(ground(node))].sort((x, y) => y - x);
              return [(a + .05) / (b + .05), node.textContent.slice(0, 40)]; }).filter(([ratio]) => ratio < 4.5)"""
        for colours in ("light", "dark"):
            self.open(colours=colours)
            self.assertEqual(self.tab.run(contrast), [])
        unlabelled = self.tab.run("return [...document.querySelectorAll('input, button, svg[role=img], section')].filter("
                                  "(node) => !(node.labels?.length || node.textContent.trim() || node.ariaLabel)).length")
        self.assertEqual(unlabelled, 0)

    def test_07_the_console_is_silent_and_nobody_else_is_asked(self):
        self.tab.complaints()
        self.open()
        self.tab.press("input[name=span][value=day]")
        self.tab.wait("a day", lambda: "of 60" in self.tab.text("#footnote"))
        self.assertEqual(self.tab.complaints(), [])
        own = (self.tracker.page, "data:", "chrome:", "about:")  # chrome: is the empty tab's
        outside = [address for address in self.tab.requested() if not address.startswith(own)]
        self.assertEqual(outside, [])
        headers, _ = self.tracker.ask("", "HEAD")
        self.assertIn("script-src 'sha256-", headers["Content-Security-Policy"])

    def test_08_a_token_is_asked_for_and_stays_in_the_tab(self):
        tracker = self.start_tracker("token", management={"token": TOKEN})
        self.start_load(tracker)
        self.open(tracker=tracker)
        self.tab.wait("a need", lambda: "Enter the token" in self.tab.text("#card-busiest-swarms"))
        self.tab.press("#card-busiest-swarms button")
        self.tab.write("#token", "wrong\n")
        self.tab.wait("a complaint", lambda: "does not take" in self.tab.text("#token-wrong"))
        self.tab.write("#token", TOKEN + "\n")
        self.tab.wait("a swarm", lambda: re.search("[0-9a-f]{40}", self.tab.text("#card-busiest-swarms")))
        places = self.tab.run("return JSON.stringify(localStorage) + document.cookie + location + document.body.innerHTML")
        self.assertNotIn(TOKEN, places)
        self.assertFalse([address for address in self.tab.requested() if TOKEN in address])
        self.tab.press("#token-forget")
        self.assertEqual(self.tab.run("return sessionStorage.length"), 0)

    def test_09_what_strangers_write_stays_text(self):
        headers, page = self.tracker.ask("")
        stats = self.tracker.stats() | {
            "Version": HOSTILE, "Started": HOSTILE, "Drivers": {HOSTILE: {HOSTILE: 1}},
            "Requests": [{"FrontEnd": HOSTILE, "Family": "ipv4", "Action": HOSTILE, "Outcome": "refused", "Reason": HOSTILE, "Count": 3}],
            "Clients": {"Seconds": 60, "Shares": [{"Name": HOSTILE, "Share": 1, "Versions": [{"Version": HOSTILE, "Share": 1}]}]},
            "Health": {"Ready": False, "Reasons": [HOSTILE], "Tracker": {"Name": HOSTILE, "OK": False, "Reason": HOSTILE}},
            "Memory": {HOSTILE: 5}, "Queues": {HOSTILE: 5},
        }
        top = {"Seconds": 60, "Swarms": [{"infohash": HOSTILE, "announces": 3}]}
        hostile = HostileTracker(page, headers, {"/stats": stats, "/history": json.loads(self.tracker.ask("history")[1]), "/top": top})
        self._ends.callback(hostile.stop)
        self.tab.open(hostile.page, *DESKTOP)
        for place in ("#version", "#state", "#card-client-software", "#card-busiest-swarms", "#driver-tracker", "#card-memory"):
            self.tab.wait(f"text in {place}", lambda p=place: "onerror" in self.tab.text(p))
        self.assertEqual(self.tab.run("return document.images.length + document.querySelectorAll('script').length"), 1)
        self.assertNotIn("owned", self.tab.run("return document.title"))

    def test_10_a_tracker_that_says_little_is_shown_as_far_as_it_goes(self):
        headers, page = self.tracker.ask("")
        history = json.loads(self.tracker.ask("history")[1])
        for stats in ({"Torrents.Size": 3}, {"Torrents.Size": 3, "Requests": {"old": 1}, "Connections": 7, "Health": None, "Memory": None}):
            old = HostileTracker(page, headers, {"/stats": stats, "/history": history})
            self._ends.callback(old.stop)
            self.tab.complaints()
            self.tab.open(old.page, *DESKTOP)
            self.tab.wait("its swarms", lambda: self.tab.text("#tile-swarms .figure") == "3")
            self.assertIn("Answering", self.tab.text("#state"))
            self.assertEqual([line for line in self.tab.complaints() if "/top" not in line], [])

    def test_11_silence_is_said_and_a_restart_makes_no_rate_negative(self):
        self.open()
        self.tab.wait("announces", lambda: number(self.tab.text("#tile-announces .figure")) > 1)
        self.tracker.kill()
        self.tab.wait("a banner", lambda: re.search(r"No answer since \d\d:\d\d:\d\d", self.tab.text("#banner")))
        self.assertIn("no answer", self.tab.run("return document.title"))
        self.tab.shot(options.shots / "silent.png")
        points = self.points_of("Seeders")
        self.tracker.start()
        self.tab.wait("no banner", lambda: not self.tab.text("#banner"))
        self.tab.wait("announces", lambda: number(self.tab.text("#tile-announces .figure")) > 1)
        self.tab.wait("more points", lambda: self.points_of("Seeders") > points)
        self.assertNotRegex(self.tab.text("main"), r"(?<!\d)[-−]\d")

    def test_12_the_trackers_clock_counts_and_not_the_browsers(self):
        self.open()  # by then there are points
        headers, page = self.tracker.ask("")
        stats, history = self.tracker.stats(), json.loads(self.tracker.ask("history")[1])
        behind = 3600
        for point in history["Points"]:
            point[0] -= behind
        stats |= {"Started": "2020-01-01T00:00:00Z", "UptimeSeconds": 100}
        stats["Reloads"] = {"LastTime": 1577836800 + 60, "LastOK": True}
        slow = HostileTracker(page, headers, {"/stats": stats, "/history": history})
        self._ends.callback(slow.stop)
        self.tab.open(slow.page, *DESKTOP)
        self.tab.wait("a reload", lambda: re.search(r"taken 40\ss ago", self.tab.text("#card-process")))
        self.tab.wait("points", lambda: self.points_of("Seeders") > 2)

    def test_13_who_may_not_ask_is_told_the_trackers_own_words(self):
        self.tab.open(self.tracker.page.replace("127.0.0.1", "tracker.localhost"), *DESKTOP)
        self.tab.wait("why", lambda: "Forbidden: without management.token" in self.tab.text("#card-busiest-swarms"))
        self.assertNotIn("Enter the token", self.tab.text("#card-busiest-swarms"))
        self.assertTrue(self.tab.run("return document.getElementById('token-form').hidden"))


def main():
    global options
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracker", type=pathlib.Path, required=True)
    parser.add_argument("--plugins", type=pathlib.Path, required=True)
    parser.add_argument("--shots", type=pathlib.Path, required=True)
    options, rest = parser.parse_known_args()
    if lacks := browser.missing():
        print(f"skipped: no {', '.join(lacks)} on this machine")
        return 77
    options.shots.mkdir(parents=True, exist_ok=True)
    return 0 if unittest.main(argv=[sys.argv[0], *rest], exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
