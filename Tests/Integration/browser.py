"""Headless Chromium, driven by the DevTools protocol: what a page does when somebody uses it."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import threading
import time

import websocket

from support import require

#: Chromium must not speak to anybody but the server under test, whatever its version finds worth a request.
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--force-color-profile=srgb", "--font-render-hinting=none", "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def executable():
    """Chromium, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """A Chromium with a profile of its own; ended by leaving the `with` block."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [executable(), *FLAGS, f"--user-data-dir={self.profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        address = None
        for line in self.process.stderr:
            if found := re.search(r"DevTools listening on (ws://\S+)", line):
                address = found.group(1)
                break
        watchdog.cancel()
        require(address, "Chromium did not start")
        # Whatever it has to say later must not fill the pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.socket = websocket.create_connection(address, timeout=120, suppress_origin=True)
        self.number = 0
        self.pages = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        self.profile.cleanup()

    def call(self, method, session=None, **parameters):
        """One command; events that come before its answer go to their pages."""
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                require("error" not in answer, f"{method}: {answer.get('error')}")
                return answer["result"]
            if page := self.pages.get(answer.get("sessionId")):
                page.note(answer["method"], answer["params"])

    def page(self, **size):
        return Page(self, **size)


class Page:
    """A tab. Remembers every request, everything on the console, and every exception."""

    def __init__(self, browser, width=1280, height=900, dark=False):
        self.browser = browser
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.target = target
        self.requests = []
        self.under_way = set()
        self.complaints = []
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def note(self, method, event):
        if method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
            self.under_way.add(event["requestId"])
        elif method in ("Network.loadingFinished", "Network.loadingFailed"):
            self.under_way.discard(event["requestId"])
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{event['entry']['text']} {event['entry'].get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(part.get("value", part.get("description"))) for part in event["args"]))
        elif method == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'", "the page to be loaded")

    def evaluate(self, expression):
        """The value of an expression, awaited if it is a promise."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise AssertionError(f"{expression[:80]}: {details.get('exception', {}).get('description', details['text'])}")
        return result["result"].get("value")

    def until(self, expression, what, seconds=20):
        """Polls until an expression is true, in the sense of JavaScript."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"!!({expression})"):
            require(time.monotonic() < deadline, f"waited {seconds} s for {what}; complaints: {self.complaints}")
            time.sleep(0.03)

    def settle(self, seconds=20):
        """Waits until no panel says that it is busy and nothing was asked of a server for a while."""
        deadline, calm, seen = time.monotonic() + seconds, 0, -1
        while calm < 4:
            require(time.monotonic() < deadline, f"the page was busy for {seconds} s")
            busy = self.evaluate("""new Promise((resolve) => setTimeout(() =>
                resolve(document.querySelectorAll('[aria-busy=true]').length), 30))""")
            quiet = busy == 0 and not self.under_way and seen == len(self.requests)
            calm, seen = calm + 1 if quiet else 0, len(self.requests)

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def box(self, selector):
        """Where an element is in the window, scrolled to if need be: x, y, width, height."""
        return self.evaluate(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{ block: "center", behavior: "instant" }});
            const box = element.getBoundingClientRect();
            return [box.x, box.y, box.width, box.height];
        }})()""")

    def press(self, selector):
        """A click by mouse, in the middle of an element."""
        x, y, width, height = self.box(selector)
        require(width > 0 and height > 0, f"{selector} is not to be seen")
        self.mouse("mousePressed", x + width / 2, y + height / 2)
        self.mouse("mouseReleased", x + width / 2, y + height / 2)

    def mouse(self, kind, x, y):
        buttons = 0 if kind == "mouseReleased" else 1
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)

    def drag(self, selector, points):
        """Draws a line inside an element; points are fractions of its width and height."""
        x, y, width, height = self.box(selector)
        places = [(x + a * width, y + b * height) for a, b in points]
        self.mouse("mousePressed", *places[0])
        for place in places[1:]:
            self.mouse("mouseMoved", *place)
        self.mouse("mouseReleased", *places[-1])

    def touch(self, selector, points):
        x, y, width, height = self.box(selector)
        places = [{"x": x + a * width, "y": y + b * height} for a, b in points]
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=places[:1])
        for place in places[1:]:
            self.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=[place])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name, code=None, times=1, text=None):
        for _ in range(times):
            self.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=code or name,
                      windowsVirtualKeyCode=KEY_CODES.get(name, 0), **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=code or name,
                      windowsVirtualKeyCode=KEY_CODES.get(name, 0))

    def choose_file(self, selector, path):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def screenshot(self, whole=False, **clip):
        options = {"clip": {**clip, "scale": 1}} if clip else {}
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **options)["data"])


KEY_CODES = {"Tab": 9, "Enter": 13, " ": 32, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
             "ArrowDown": 40, "Delete": 46}
