"""Chromium without a window: what it shows, what it complains of, what it asks the network for."""

import base64
import io
import json
import os
import shutil
import time

PATIENCE = 40  # seconds: a busy machine is slow to start a browser


def missing():
    """What this machine lacks; empty when a browser can be driven."""
    lacks = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    try:
        import PIL.Image  # noqa: F401
        import selenium  # noqa: F401
    except ImportError as problem:
        lacks.append(problem.name)
    return lacks


class Browser:
    """One tab. Everything waits for what it wants to see, `PATIENCE` at most."""

    def __init__(self, folder):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in ("--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
                     "--disable-extensions", "--hide-scrollbars", f"--user-data-dir={folder}"):
            options.add_argument(flag)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # it refuses to run as root otherwise
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        os.environ["SE_AVOID_STATS"] = "true"
        self._driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self._driver.set_script_timeout(PATIENCE)
        self.addresses = []

    def close(self):
        """Ends it."""
        self._driver.quit()

    def open(self, address, width, height, colours="light"):
        """Shows a page on a screen of this size whose owner likes `colours`."""
        self.resize(width, height)
        self.prefer(colours)
        self._driver.get(address)

    def resize(self, width, height):
        """Another screen."""
        self._command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=width < 600)

    def prefer(self, colours):
        """What the system says its owner likes: light or dark."""
        feature = {"name": "prefers-color-scheme", "value": colours}
        self._command("Emulation.setEmulatedMedia", features=[feature])

    def _command(self, name, **parameters):
        return self._driver.execute_cdp_cmd(name, parameters)

    def run(self, script, *arguments):
        """The value of a JavaScript function's body."""
        return self._driver.execute_script(script, *arguments)

    def text(self, selector):
        """The text of the first element, as it can be read; empty when there is none to be seen."""
        return self.run("const found = document.querySelector(arguments[0]);"
                        "return found?.checkVisibility() ? found.innerText : ''", selector)

    def wait(self, what, condition):
        """Waits until `condition()` is true, and returns it; `what` is for the message."""
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"the page never showed {what}; it shows:\n{self.text('body')}")
            time.sleep(0.1)
        return value

    def press(self, selector):
        """Clicks on something."""
        self.run("document.querySelector(arguments[0]).click()", selector)

    def write(self, selector, text):
        """Types into a field."""
        self._driver.find_element("css selector", selector).send_keys(text)

    def press_key(self, selector, key):
        """Presses a key while something has the focus."""
        event = "new KeyboardEvent('keydown', {key: arguments[1], bubbles: true, cancelable: true})"
        self.run(f"document.querySelector(arguments[0]).dispatchEvent({event})", selector, key)

    def shot(self, file):
        """Saves the whole page, also what is below the screen, as PNG; returns it as pixels."""
        import PIL.Image

        size = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        shot = self._command("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        data = base64.b64decode(shot["data"])
        file.write_bytes(data)
        return PIL.Image.open(io.BytesIO(data)).convert("RGB")

    def box(self, selector, index=0):
        """Where an element is on the whole page: left, top, right, bottom."""
        return self.run(
            "const box = document.querySelectorAll(arguments[0])[arguments[1]].getBoundingClientRect();"
            "return [box.left + scrollX, box.top + scrollY, box.right + scrollX, box.bottom + scrollY]",
            selector, index)

    def complaints(self):
        """What its console has said since it was last asked."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def requested(self):
        """Every address that was asked for so far."""
        for entry in self._driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.addresses.append(message["params"]["request"]["url"])
        return self.addresses
