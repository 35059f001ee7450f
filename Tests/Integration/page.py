"""The page at / and /docs, in a real browser: that it does what it says, speaks to nobody else, and everyone can use it."""

import importlib.resources
import io
import json
import pathlib
import subprocess
import tempfile

import numpy
import yaml
from PIL import Image

from checkpoints import small_checkpoint
from latent_space import write_conditional
from support import Server, png_bytes, require

SEVEN = [(0.28, 0.25), (0.5, 0.24), (0.72, 0.25), (0.62, 0.5), (0.52, 0.8)]
LINES = {"encode": "#reconstruction", "latent": "#decoded", "sheet": "#sheet-picture", "path": "#strip"}
KEY = "a-key-of-the-page-test"
#: Bytes over the wire, headers included, of everything the browser loads before it asks for an image.
WEIGHT = 150_000


def run(suite, models):
    try:
        import websocket  # noqa: F401
        from browser import Browser, executable
    except ImportError as error:
        print(f"  skipped what needs a browser: {error}")
        executable = lambda: None
    with Server(models) as server:
        served(suite, server)
        if not executable():
            print("  skipped what needs a browser: there is no chromium (Debian package chromium)")
            return
        origin = f"http://127.0.0.1:{server.port}/"
        with Browser() as browser:
            with browser.page() as page:
                weight(suite, page, origin)
                drawing(suite, page, server)
                sliders(suite, page)
                samples(suite, page)
                interpolation(suite, page)
                for model in ("fashion", "shapes"):
                    switch(suite, page, model)
                hygiene(suite, page, origin)
            everyone(suite, browser, origin)
            reference(suite, browser, origin)
            others(suite, browser)
            failures(suite, browser, server)


# Without a browser


def served(suite, server):
    with suite.case("the page and its files: type, policy, validators"):
        _, _, html = server.request("GET", "/")
        for path, kind in [("/", "text/html"), ("/docs", "text/html"), ("/page/main.js", "text/javascript"),
                           ("/page/style.css", "text/css"), ("/page/icon.svg", "image/svg+xml")]:
            status, headers, body = server.request("GET", path)
            require(status == 200 and headers["Content-Type"].startswith(kind), f"{path}: {status} {headers['Content-Type']}")
            policy = headers["Content-Security-Policy"]
            require("default-src 'self'" in policy and "unsafe" not in policy, policy)
            require(headers["X-Content-Type-Options"] == "nosniff", "types may be guessed")
            status, again, nothing = server.request("GET", path, If_None_Match=headers["ETag"])
            require(status == 304 and nothing == b"" and again["ETag"] == headers["ETag"], f"{path}: {status}")
            require(server.request("GET", path, If_None_Match='"other"')[2] == body, "another tag gave 304")
        require(b"<script>" not in html and b"style=" not in html, "something inline")
    with suite.case("/docs/ leads to /docs, where relative links are right"):
        status, headers, _ = server.request("GET", "/docs/")
        require(status == 308 and headers["Location"] == "../docs", f"{status} {headers['Location']}")


# With one


def pixels(page, selector):
    """What a canvas shows, [H, W, 3]."""
    width, height, values = page.evaluate(f"""(() => {{
        const canvas = document.querySelector('{selector}');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return [canvas.width, canvas.height, Array.from(data)];
    }})()""")
    return numpy.array(values, dtype=numpy.uint8).reshape(height, width, 4)[:, :, :3]


def pasted(line):
    """The picture that a panel's line makes in a shell."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(["bash", "-c", line], cwd=directory, capture_output=True, text=True, timeout=30)
        require(done.returncode == 0 and not done.stderr, f"{line[:200]}: {done.stderr}")
        files = list(pathlib.Path(directory).iterdir())
        require(len(files) == 1, f"{line[:200]} left {files}; said {done.stdout[:200]}")
        return numpy.array(Image.open(io.BytesIO(files[0].read_bytes())).convert("RGB"))


def same_as_pasted(page, panel, selector):
    page.settle()
    picture = pasted(page.text(f"#{panel} .line pre"))
    shown = pixels(page, selector)
    require(picture.shape == shown.shape and (picture == shown).all(), f"{panel}: the line gives another picture")
    require(shown.max() > 100, f"{panel}: the picture is black")


def weight(suite, page, origin):
    with suite.case("the page loads, comes alive by itself, and weighs little"):
        page.open(origin)
        page.until("document.querySelector('#scores dd')", "the example's scores")
        files = [url for url in page.requests if "/v1/" not in url]
        loaded = page.evaluate("""performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
            .filter((entry) => !entry.name.includes('/v1/')).map((entry) => [entry.name, entry.transferSize])""")
        require(len(loaded) >= len(set(files)) - 1, f"{len(loaded)} timed, {len(files)} asked for")
        total = sum(size for _, size in loaded)
        require(0 < total <= WEIGHT, f"{total} bytes")
        print(f"  page weight: {total} bytes in {len(loaded)} files")


def drawing(suite, page, server):
    with suite.case("draw a digit: posterior, reconstruction and score follow"):
        page.settle()
        before, score = pixels(page, "#reconstruction"), page.text("#scores")
        page.drag("#pad .drawing", SEVEN)
        page.until(f"document.querySelector('#scores').textContent !== {json.dumps(score)}", "another score")
        page.settle()
        seen, after = pixels(page, "#seen"), pixels(page, "#reconstruction")
        require((seen > 128).sum() > 30, "nothing was drawn")
        require((after != before).any() and after.max() > 100, "the reconstruction is as before")
        close = numpy.abs(after.astype(float) - seen.astype(float)).mean()
        require(close < 40, f"x̂ is {close:.0f} levels from x")
        rows = page.evaluate("""[...document.querySelectorAll('#posterior-rows tr')].map((row) => row.textContent.length)""")
        require(len(rows) == 20, f"{len(rows)} dimensions")
    with suite.case("... and the line below, pasted, gives the same picture"):
        same_as_pasted(page, "encode", "#reconstruction")
    with suite.case("the posterior and scores are those of the API"):
        line = page.text("#encode .line pre").replace("?format=png", "").replace("-o reconstruction.png", "")
        reply = json.loads(subprocess.run(["bash", "-c", line], capture_output=True, check=True, timeout=30).stdout)
        rows = page.evaluate("""[...document.querySelectorAll('#posterior-rows tr')].map((row) =>
            [...row.children].map((cell) => Number(cell.textContent)))""")
        for dimension, mu, sigma, kl in rows:
            require(abs(mu - reply["mu"][0][int(dimension)]) < 6e-4, f"μ of {dimension}")
            require(abs(sigma - reply["sigma"][0][int(dimension)]) < 6e-4, f"σ of {dimension}")
        require(abs(sum(row[3] for row in rows) - reply["kl"][0]) < 0.02, "KL does not add up")
        require(f"{reply['reconstruction'][0]:.1f} nats" in page.text("#scores"), page.text("#scores"))
    with suite.case("the score's rank among held-out images, where the checkpoint knows any"):
        card = json.loads(server.get("/v1/models/mnist"))
        known = card["scores"]["default"] in card["scores"]["percentiles"]
        require(page.evaluate("document.querySelector('#rank').hidden") != known, f"{card['scores']}")
        if known:
            score = json.loads(subprocess.run(["bash", "-c", line.replace("/reconstruct", "/score")], capture_output=True,
                                              check=True, timeout=30).stdout)
            share = score["percentile"][score["score"]][0]
            words = "fewer than 0.1" if share < 0.1 else f"{share:.1f}" if share < 1 else f"{int(share + 0.5)}"
            require(f": {words} % of held-out" in page.text("#rank"), page.text("#rank"))
    with suite.case("a digit drawn in a corner is centred, unless that is switched off"):
        page.press("#pad-clear")
        page.drag("#pad .drawing", [(0.1 + 0.3 * x, 0.1 + 0.3 * y) for x, y in SEVEN])
        page.settle()
        light = pixels(page, "#seen")[:, :, 0].astype(float)
        middle = (light.sum(0) * (numpy.arange(28) + 0.5)).sum() / light.sum()
        require(abs(middle - 14) <= 1, f"centred at column {middle:.1f}")
        page.press("#pad-centre")
        page.settle()
        light = pixels(page, "#seen")[:, :, 0].astype(float)
        middle = (light.sum(0) * (numpy.arange(28) + 0.5)).sum() / light.sum()
        require(middle < 11, f"centred at column {middle:.1f} all the same")
    with suite.case("draw by keys alone"):
        page.press("#pad-clear")
        page.evaluate("document.querySelector('#pad .drawing').focus()")
        page.key(" ", "Space")
        page.key("ArrowDown", times=8)
        page.until("document.querySelector('#encode .status').textContent.startsWith('Pen down, column 15, row 23')", "words")
        page.key(" ", "Space")
        page.settle()
        lit = (pixels(page, "#seen")[:, :, 0] > 128).sum(0)
        require(lit.max() >= 8 and (lit > 0).sum() <= 5, f"no line down: {lit}")
        page.key("Delete")
        page.settle()
        require(pixels(page, "#seen").max() == 0, "Delete left something")
    with suite.case("choose a file: an image of the model's size arrives unchanged"):
        generator = numpy.random.default_rng(5)
        image = generator.integers(0, 256, (28, 28), dtype=numpy.uint8)
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(png_bytes(image))
            file.flush()
            page.choose_file("#pad-file", file.name)
            page.until("document.querySelector('#seen').getContext('2d').getImageData(0, 0, 28, 28).data.some((v, i) => v && i % 4 < 3)",
                       "the file")
        page.settle()
        require((pixels(page, "#seen")[:, :, 1] == image).all(), "other pixels")
        same_as_pasted(page, "encode", "#reconstruction")
        page.press("#pad-invert")
        page.settle()
        require((pixels(page, "#seen")[:, :, 1] == 255 - image).all(), "not inverted")
    with suite.case("a file that is no image is refused in words"):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(b"no image")
            file.flush()
            page.choose_file("#pad-file", file.name)
            page.until("document.querySelector('#encode .status').textContent.includes('not an image')", "words")


def sliders(suite, page):
    with suite.case("a slider changes the image; sliders come in the order of KL"):
        page.press("#pad-example")
        page.settle()
        nats = page.evaluate("[...document.querySelectorAll('#sliders .kl')].map((cell) => parseFloat(cell.textContent))")
        require(len(nats) == 20 and nats == sorted(nats, reverse=True), f"{nats}")
        shown = "[...document.querySelectorAll('.slider')].filter((row) => row.offsetParent).length"
        require(page.evaluate(shown) == 10, "not ten at first")
        page.press("#latent-all")
        require(page.evaluate(shown) == 20, "not all")
        before = pixels(page, "#decoded")
        page.evaluate("document.querySelector('.slider input').focus()")
        page.key("ArrowRight", times=30)
        page.settle()
        require((pixels(page, "#decoded") != before).any(), "the image is as before")
        same_as_pasted(page, "latent", "#decoded")
    with suite.case("... and its traversals, a line for each dimension"):
        require(pixels(page, "#sheet-picture").shape == (6 * 30 - 2, 15 * 30 - 2, 3), f"{pixels(page, '#sheet-picture').shape}")
        same_as_pasted(page, "sheet", "#sheet-picture")
    with suite.case("directions of the checkpoint, where it has any"):
        known = page.evaluate("document.querySelectorAll('#edit-attribute option').length")
        require(page.evaluate("document.querySelector('#edit').hidden") == (known == 0), "shown without, or not shown with any")
        if known:
            same_as_pasted(page, "edit", "#edited")
            require(pixels(page, "#edited").shape == (28, 9 * 30 - 2, 3), f"{pixels(page, '#edited').shape}")
    for button in ("latent-draw", "latent-prior", "latent-zero", "latent-mean"):
        with suite.case(f"{button}: the image and the line follow"):
            page.press(f"#{button}")
            same_as_pasted(page, "latent", "#decoded")
    with suite.case("back at μ the decoded image is the reconstruction"):
        require((pixels(page, "#decoded") == pixels(page, "#reconstruction")).all(), "they differ")


def samples(suite, page):
    with suite.case("samples: seed, number and temperature; the line gives the same sheet"):
        page.settle()
        first = pixels(page, ".tile canvas")
        page.evaluate("(() => { const seed = document.querySelector('#sample-seed'); seed.value = 12; seed.dispatchEvent(new Event('input')); })()")
        page.settle()
        require((pixels(page, ".tile canvas") != first).any(), "the seed makes no difference")
        page.evaluate("(() => { const t = document.querySelector('#sample-temperature'); t.value = 0.5; t.dispatchEvent(new Event('input')); })()")
        page.settle()
        sheet = pasted(page.text("#sample .line pre"))
        columns, (height, width, _) = 6, pixels(page, ".tile canvas").shape
        for at in (0, 7, 31):
            x, y = (at % columns) * (width + 2), at // columns * (height + 2)
            tile = pixels(page, f".tile:nth-child({at + 1}) canvas")
            require((tile == sheet[y:y + height, x:x + width]).all(), f"tile {at} differs")
    with suite.case("a sample that is pressed becomes the image"):
        tile = pixels(page, ".tile:nth-child(3) canvas")
        page.press(".tile:nth-child(3)")
        page.settle()
        require((pixels(page, "#seen") == tile).all(), "it is another")
    with suite.case("a seed that is none is refused in words"):
        page.evaluate("(() => { const seed = document.querySelector('#sample-seed'); seed.value = -3; seed.dispatchEvent(new Event('input')); })()")
        page.until("document.querySelector('#sample .status').textContent.includes('whole number')", "words")
        page.press("#sample-new")
        page.until("document.querySelector('#sample .status').textContent === ''", "the words to go")


def interpolation(suite, page):
    with suite.case("interpolate between seeds, then from the drawn image to a file"):
        same_as_pasted(page, "path", "#strip")
        before = pixels(page, "#strip")
        page.press("#path-from .tools button")
        page.settle()
        image = numpy.array(Image.linear_gradient("L").resize((90, 60)))
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(png_bytes(image))
            file.flush()
            page.choose_file("#path-to-file", file.name)
            page.until("document.querySelector('#path-to canvas').ariaLabel.includes('.png')", "the file")
        page.settle()
        require((pixels(page, "#strip") != before).any(), "the strip is as before")
        require((pixels(page, "#path-from canvas") == pixels(page, "#seen")).all(), "the end is not the image drawn")
        same_as_pasted(page, "path", "#strip")
    with suite.case("steps and method count"):
        width = pixels(page, "#strip").shape[1]
        page.evaluate("(() => { const steps = document.querySelector('#path-steps'); steps.value = 5; steps.dispatchEvent(new Event('input')); })()")
        page.settle()
        require(pixels(page, "#strip").shape[1] == 5 * 30 - 2 < width, "not five")
        page.evaluate("(() => { const way = document.querySelector('#path-method'); way.value = 'slerp'; way.dispatchEvent(new Event('input')); })()")
        same_as_pasted(page, "path", "#strip")


def switch(suite, page, model):
    with suite.case(f"switch to {model}: every panel follows"):
        page.evaluate(f"""(() => {{ const choice = document.querySelector('#model'); choice.value = '{model}';
            choice.dispatchEvent(new Event('change')); }})()""")
        page.until(f"document.querySelector('#encode .line pre').textContent.includes('/{model}/')", "its line")
        page.until(f"location.search === '?model={model}'", "its address")
        page.settle()
        page.drag("#pad .drawing", [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)])
        for panel, selector in LINES.items():
            require(f"/{model}/" in page.text(f"#{panel} .line pre"), f"{panel} asks another model")
            same_as_pasted(page, panel, selector)


def hygiene(suite, page, origin):
    with suite.case("a line stays one command, whatever names and bodies hold"):
        for size in (0, 200_000):
            path, body = "v1/models/it's/$(exit 1)/x", json.dumps({"a": "it's \\ `$HOME`", "b": "-" * size})
            line = page.evaluate(f"""import('/page/service.js').then(({{ Service }}) =>
                new Service().curl({json.dumps(path)}, {{ json: {json.dumps(body)}, file: 'x.png' }}))""")
            shell = "curl() { printf '%s\\n' \"$@\"; [ \"$7\" != @- ] && [ \"$8\" != @- ] || cat; };" + line
            said = subprocess.run(["bash"], input=shell, capture_output=True, text=True, timeout=30).stdout.splitlines()
            require(origin + path in said and body in said, f"{said}"[:300])
    with suite.case("no complaint on the console, and no request to anybody else"):
        require(not page.complaints, f"{page.complaints}")
        require(len(page.requests) > 50, f"{len(page.requests)} requests were seen")
        strangers = [url for url in page.requests if not url.startswith((origin, "data:", "blob:"))]
        require(not strangers, f"{strangers}")


def everyone(suite, browser, origin):
    axe = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text()
    for name, dark, width in [("light", False, 1280), ("dark", True, 1280), ("phone", False, 360)]:
        for path, ready in [("", "#scores dd"), ("docs#score", "#score .inside")]:
            with suite.case(f"/{path}, {name}: axe finds nothing, and nothing is wider than the window"):
                with browser.page(width=width, height=800, dark=dark) as page:
                    page.open(origin + path)
                    page.until(f"document.querySelector('{ready}')", "content")
                    page.settle()
                    found = page.evaluate("document.documentElement.scrollWidth")
                    require(found <= width, f"{found} pixels wide")
                    page.evaluate(axe + ";true")
                    violations = page.evaluate("axe.run(document).then((results) => results.violations.map((violation) =>"
                                               " [violation.impact, violation.id, violation.nodes[0].html]))")
                    require(not violations, f"{violations}")
                    require(not page.complaints, f"{page.complaints}")
    with suite.case("by touch on a phone: a digit is drawn, and the page does not scroll away"):
        with browser.page(width=360, height=740) as page:
            page.call("Emulation.setTouchEmulationEnabled", enabled=True)
            page.open(origin)
            page.until("document.querySelector('#scores dd')", "content")
            page.settle()
            page.box("#pad .drawing")
            top = page.evaluate("scrollY")
            page.touch("#pad .drawing", SEVEN)
            page.settle()
            require((pixels(page, "#seen") > 128).sum() > 30, "nothing was drawn")
            require(page.evaluate("scrollY") == top, "the page scrolled")
    with suite.case("by Tab: the pad is reached early, every control has a name, and focus is to be seen"):
        with browser.page() as page:
            page.open(origin)
            page.until("document.querySelector('#scores dd')", "content")
            stops = []
            for _ in range(70):
                page.key("Tab")
                stops.append(page.evaluate("""(() => { const at = document.activeElement; if (at === document.body) return null;
                    const style = getComputedStyle(at.matches('.hidden') ? at.previousElementSibling : at);
                    return [at.className || at.id || at.textContent.trim().slice(0, 20), style.outlineStyle]; })()"""))
            names = [stop[0] for stop in stops if stop]
            require(names[0] == "skip" and "drawing" in names[:9], f"{names[:12]}")
            require(all(stop[1] != "none" for stop in stops if stop), f"{[stop for stop in stops if stop and stop[1] == 'none']}")
            require("sample-seed" in names and "z14" in names, f"{names}")


def plain(value):
    """As JavaScript has it: keys are text, and so are whole numbers that it cannot count."""
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def reference(suite, browser, origin):
    document = yaml.safe_load((pathlib.Path(__file__).resolve().parents[2] / "openapi.yaml").read_text())
    with browser.page() as page:
        with suite.case("/docs reads openapi.yaml as PyYAML does"):
            page.open(origin + "docs#sample")
            page.until("document.querySelector('#sample .inside')", "operations")
            read = page.evaluate("""import('/page/yaml.js').then(async ({ parseYAML }) =>
                JSON.stringify(parseYAML(await (await fetch('/openapi.yaml')).text())))""")
            require(json.loads(read) == plain(document), "another document")
        with suite.case("what its YAML reader does not know is an error"):
            for text in ("a: &b 1", "a: !!str 1", "a: [1, 2", "a: 1\na: 2", "a:\n  b: 1\n c: 2"):
                thrown = page.evaluate(f"""import('/page/yaml.js').then(({{ parseYAML }}) => {{
                    try {{ return JSON.stringify(parseYAML({json.dumps(text)})); }} catch (error) {{ return error.message; }} }})""")
                require("line" in thrown and "found" in thrown, f"{text!r}: {thrown}")
        with suite.case("every operation is told, once or with its twin"):
            told = page.evaluate("[...document.querySelectorAll('.operation')].map((shown) => shown.dataset.words)")
            for path, item in document["paths"].items():
                require(any(path.lower() in words.split() for words in told), f"{path} is missing")
        with suite.case("the operation that the address names is open; its example runs, and shows a reply"):
            require(page.evaluate("document.querySelector('#sample').open"), "closed")
            page.press("#sample .inside button")
            page.until("document.querySelector('#sample .answer')?.textContent.includes('\"seed\": 7')", "the reply")
        with suite.case("every example that can be run gives no error"):
            count = page.evaluate("""(async () => {
                for (const shown of document.querySelectorAll('.operation')) shown.open = true;
                while (document.querySelector('.operation:not(:has(.inside))')) await new Promise((resolve) => setTimeout(resolve, 20));
                const buttons = [...document.querySelectorAll('.operation:not(#recommend) .inside button')];
                for (const button of buttons) button.click();
                return buttons.length; })()""")
            require(count >= 20, f"{count} examples")
            page.until(f"document.querySelectorAll('.answer').length === {count}", "all replies")
            answers = page.evaluate("""[...document.querySelectorAll('.answer')].map((answer) =>
                [answer.closest('.operation').id, answer.textContent.slice(0, 200)])""")
            wrong = [answer for answer in answers if "(Request " in answer[1] or "not answer" in answer[1]]
            require(not wrong, f"{wrong}")
            page.evaluate("document.querySelectorAll('.operation').forEach((shown) => { shown.open = false; })")
        with suite.case("the filter finds operations by their words"):
            page.evaluate("(() => { const field = document.querySelector('#filter'); field.value = 'held-out threshold'; field.dispatchEvent(new Event('input')); })()")
            shown = page.evaluate("[...document.querySelectorAll('.operation:not([hidden])')].map((shown) => shown.id)")
            require("score" in shown and len(shown) < 5, f"{shown}")
        with suite.case("/docs asks nobody else, and complains of nothing"):
            strangers = [url for url in page.requests if not url.startswith((origin, "data:", "blob:"))]
            require(not strangers and not page.complaints, f"{strangers} {page.complaints}")


def others(suite, browser):
    """A model of colour images, and a conditional one."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "colours.safetensors").write_bytes(small_checkpoint(shape=(3, 8, 12)))
        write_conditional(folder / "digits.safetensors")
        with Server(folder, "--default-model", "colours") as server, browser.page() as page:
            with suite.case("a colour model: the pen has a colour, and the panels colours"):
                page.open(f"http://127.0.0.1:{server.port}/?model=colours")
                page.until("document.querySelector('#scores dd')", "scores")
                page.evaluate("document.querySelector('#pad-colour').value = '#ff2000'")
                page.drag("#pad .drawing", [(0.2, 0.5), (0.8, 0.5)])
                page.settle()
                red, green, blue = pixels(page, "#seen").max((0, 1))
                require(red > 150 and green < red / 4 and blue == 0, f"{red} {green} {blue}")
                for panel, selector in LINES.items():
                    same_as_pasted(page, panel, selector)
            with suite.case("a conditional model: the class is asked for, and makes a difference"):
                page.open(f"http://127.0.0.1:{server.port}/?model=digits")
                page.until("document.querySelector('#scores dd')", "scores")
                page.settle()
                before = pixels(page, "#decoded")
                page.evaluate("(() => { const field = document.querySelector('#label'); field.value = 4; field.dispatchEvent(new Event('change')); })()")
                page.settle()
                require((pixels(page, "#decoded") != before).any(), "the class makes no difference")
                for panel, selector in LINES.items():
                    require("label=4" in page.text(f"#{panel} .line pre"), f"{panel} states no class")
                    same_as_pasted(page, panel, selector)
            with suite.case("neither complains"):
                require(not page.complaints, f"{page.complaints}")


def failures(suite, browser, server):
    with suite.case("with keys: the page asks for one, keeps it in the tab, and never shows it"):
        with Server(server.models, environment={"VAE_API_KEY": KEY}) as closed, browser.page() as page:
            page.open(f"http://127.0.0.1:{closed.port}/")
            page.until("document.querySelector('#key-field').offsetParent", "the field")
            page.press("#key-field")
            page.call("Input.insertText", text=KEY)
            page.key("Enter", text="\r")
            page.until("document.querySelector('#scores dd')", "scores")
            line = page.text("#encode .line pre")
            require('-H "Authorization: Bearer $VAE_API_KEY"' in line and KEY not in line, line[:200])
            require(page.evaluate("document.querySelector('#key').hidden"), "the field is still there")
            page.open(f"http://127.0.0.1:{closed.port}/?again")
            page.until("document.querySelector('#scores dd')", "scores without asking again")
    with suite.case("a server that has gone: said in words, and no panel is left waiting"):
        with Server(server.models) as going, browser.page() as page:
            page.open(f"http://127.0.0.1:{going.port}/")
            page.until("document.querySelector('#scores dd')", "scores")
            page.settle()
            going.stop()
            page.press("#latent-zero")
            page.until("document.querySelector('#latent .status').textContent.includes('does not answer')", "words")
    with suite.case("an error of the service is shown as it says it"):
        with Server(server.models, "--max-rows", "4") as small, browser.page() as page:
            page.open(f"http://127.0.0.1:{small.port}/")
            page.until("document.querySelector('#sample .status.error')", "an error")
            require("n must be" in page.text("#sample .status"), page.text("#sample .status"))
