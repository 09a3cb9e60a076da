#!/usr/bin/env python3
"""The page that `ttt profile --html` writes, opened in a headless browser: its numbers are the JSON's, nothing that a report holds
becomes markup, it fits a phone, the keyboard reaches every chart, and it can be read in light and dark.

usage: page_test.py TTT
"""

import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

TTT = sys.argv[1]
WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-page-"))
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
tap = Tap()


def ttt(*arguments):
    done = subprocess.run([TTT, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def browse(path, *options):
    """The document's HTML after its scripts have run."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
               f"--user-data-dir={WORK / 'browser'}", "--virtual-time-budget=4000", "--window-size=1200,900", *options, "--dump-dom",
               path.as_uri()]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=110)
    return done.stdout.decode(errors="replace")


# --- a document as a tree ---------------------------------------------------------------------------------------------

class Element:
    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.children = tag, dict(attributes), []

    def walk(self):
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def text(self):
        return "".join(c.text() if isinstance(c, Element) else c for c in self.children)

    def find(self, tag=None, **attributes):
        wanted = {k.replace("_", "-").rstrip("-"): v for k, v in attributes.items()}
        return [e for e in self.walk() if (tag is None or e.tag == tag) and
                all(k in e.attributes and (v is True or e.attributes[k] == v) for k, v in wanted.items())]


class Reader(html.parser.HTMLParser):
    VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = Element("", ())
        self.open = [self.root]
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        e = Element(tag, attributes)
        self.open[-1].children.append(e)
        if tag not in self.VOID:
            self.open.append(e)

    def handle_startendtag(self, tag, attributes):
        self.open[-1].children.append(Element(tag, attributes))

    def handle_endtag(self, tag):
        for i in range(len(self.open) - 1, 0, -1):
            if self.open[i].tag == tag:
                del self.open[i:]
                return

    def handle_data(self, data):
        self.open[-1].children.append(data)


def at(report, path):
    for key in path.split("."):
        report = report[int(key)] if isinstance(report, list) else report[key]
    return report


UNITS = {"s": 1e3, "ms": 1, "µs": 1e-3, "GB": 1e9, "MB": 1e6, "kB": 1e3, "B": 1, "%": 0.01, "×": 1, "": 1}


def reads_as(text, number):
    """Whether a text as it stands on the page is this number, but for its last digit."""
    m = re.fullmatch(r"([+-]?[\d.]+) ?(\D*)", text.replace("\u202f", "").replace("\u2212", "-"))
    if not m or m[2] not in UNITS:
        return False
    unit = UNITS[m[2]]
    last = 10.0 ** -len(m[1].partition(".")[2])
    return abs(float(m[1]) * unit - number) <= 0.5001 * last * unit


def close(a, b, share=1e-9):
    return abs(a - b) <= share * max(abs(a), abs(b), 1e-12)


# --- the file ---------------------------------------------------------------------------------------------------------

page = WORK / "page.html"
before = WORK / "before.json"
SHORT = ("--prompt", 48, "--decode", 16, "--repeat", 2)
status, out, err = ttt("profile", "demo", *SHORT, "--json", "--html", page)
tap.case("a profile is written as a page", status == 0 and page.exists(), err)
if not page.exists():
    sys.exit(tap.finish())
report = json.loads(out)
before.write_text(out)
source = page.read_text()
held = re.search(r'<script type="application/json" id="report">(.*?)</script>', source, re.S)
tap.case("the page holds the JSON that --json prints", held and json.loads(held[1]) == report)
foreign = [u for u in re.findall(r"""(?:https?:)?//[\w.]+[^\s'"]*|@import|url\([^)]*\)|(?:src|href)\s*=""", source.replace(held[0], ""))
           if u not in ("http://www.w3.org/2000/svg", "url(#${clip})") and not re.match(r"//\s|// ", u)]
tap.case("the page fetches nothing", not foreign, foreign)
tap.case("the page forbids itself to fetch anything", "default-src 'none'" in source)
status, _, err = ttt("profile", "demo", *SHORT, "--html", WORK / "missing" / "page.html")
tap.case("a page that cannot be written is refused by name", status == 1 and "file_unwritable" in err, err)
tap.case("nothing but the page and the report is left behind", sorted(p.name for p in WORK.iterdir()) == ["before.json", "page.html"],
         list(WORK.iterdir()))

# --- comparing --------------------------------------------------------------------------------------------------------

status, out, err = ttt("profile", "--compare", before, before, "--json")
same = json.loads(out) if status == 0 else {}
rows = same.get("comparison", {}).get("rows", [])
tap.case("a report compared with itself differs nowhere",
         len(rows) == len(report["rows"]) and all(r["delta_ms"] == 0 and not r["beyond_noise"] for r in rows), err or rows[:3])
tap.case("a comparison leaves the report as it was", {k: v for k, v in same.items() if k != "comparison"} == report)
slower = json.loads(before.read_text())
slower["noise"]["competing"] = False
quiet = WORK / "quiet.json"
quiet.write_text(json.dumps(slower))
for row in slower["rows"]:
    if row["phase"] == "decode" and row["path"].startswith("layers.3.mlp"):
        row["actual_ms"] = {k: 40 * v + 1 for k, v in row["actual_ms"].items()}
        row["suggestions"] = [{"policy": "layers.3.mlp:weights=int8", "command": "ttt profile demo --policy 'layers.3.mlp:weights=int8'",
                               "why": "it was slowed down", "delta_ms": -1.5, "delta_bytes": -1000000, "accuracy": "worse"}]
slower["bottlenecks"] = [i for i, row in enumerate(slower["rows"]) if row["phase"] == "decode" and row["path"] == "layers.3.mlp.down"]
slower["policy"]["weights"]["down"] = "fp32"
after = WORK / "after.json"
after.write_text(json.dumps(slower))
compared = WORK / "compared.html"
status, out, err = ttt("profile", "--compare", quiet, after, "--html", compared)
tap.case("the module that became slower is named, and no other", status == 0 and "layers.3.mlp" in out and
         not re.search(r"layers\.[0124]\.\S+ .*\*", out), out + err)
tap.case("what changed in the policy is said", "weights.down: bf16 before, fp32 after" in out, out)
status, out, err = ttt("profile", after)
tap.case("a saved report is printed as it was when it was new", status == 0 and "layers.*.mlp.gate_up x5" in out, out + err)
for name, text, says in (("empty.json", "{}", "report_malformed"), ("torn.json", before.read_text()[:1000], "json"),
                         ("other.json", '{"rows":[{"phase":1}],"totals":{}}', "rows.0")):
    (WORK / name).write_text(text)
    status, out, err = ttt("profile", before, "--compare", WORK / name)
    tap.case(f"{name} is refused as no report", status == 1 and says in err, err)
status, _, err = ttt("profile")
tap.case("a profile of nothing is a wrong command line", status == 2 and "command_incomplete" in err, err)

# --- in a browser -----------------------------------------------------------------------------------------------------

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"><!--&lt;b&gt;"
MEASURE = """
const frame = document.querySelector('iframe'), say = {};
const luminance = rgb => rgb.map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4).reduce((s, c, i) => s + c * [.2126, .7152, .0722][i], 0);
const parts = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
const contrast = (a, b) => { const [x, y] = [luminance(parts(a)), luminance(parts(b))].sort((m, n) => n - m); return (x + .05) / (y + .05); };
frame.addEventListener('load', () => setTimeout(() => {
  const d = frame.contentDocument, w = frame.contentWindow;
  say.width = w.innerWidth;
  say.scrollWidth = d.documentElement.scrollWidth;
  const paper = w.getComputedStyle(d.body).backgroundColor;
  say.paper = paper;
  say.contrast = Math.min(...[...d.querySelectorAll('h1, p, dt, dd, td, th, .path, text, summary, .good, .bad')].filter(e => e.textContent.trim()).map(e => { const s = w.getComputedStyle(e); return contrast(e.tagName === 'text' ? s.fill : s.color, paper); }));
  say.small = Math.min(...[...d.querySelectorAll('p, dt, dd, td, text, code')].filter(e => e.textContent.trim()).map(e => parseFloat(w.getComputedStyle(e).fontSize)));
  say.charts = [...d.querySelectorAll('svg[data-walk]')].map(svg => {
    const stops = svg.querySelectorAll('[tabindex="0"]'), marks = svg.querySelectorAll('.mark');
    stops[0].focus();
    const told = d.getElementById('tip').textContent;
    stops[0].dispatchEvent(new w.KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true, cancelable: true}));
    return {label: svg.getAttribute('aria-label'), stops: stops.length, marks: marks.length, told, moved: marks.length < 2 || d.activeElement === marks[1], shown: d.getElementById('tip').style.visibility};
  });
  say.scrollers = [...d.querySelectorAll('.scroll')].every(e => e.tabIndex === 0);
  document.body.replaceChildren(Object.assign(document.createElement('pre'), {textContent: JSON.stringify(say)}));
}, 400));
frame.srcdoc = document.getElementById('page').textContent;
"""


def measured(path, *options):
    """What a page says of itself in a frame as wide as a phone."""
    wrapper = WORK / "wrapper.html"
    text = path.read_text().replace("&", "&amp;").replace("<", "&lt;")
    wrapper.write_text(f'<!doctype html><meta charset="utf-8"><body><textarea id="page" hidden>{text}</textarea>'
                       f'<iframe style="width:390px;height:844px;border:0"></iframe><script>{MEASURE}</script></body>')
    said = Reader(browse(wrapper, *options)).root.find("pre")
    return json.loads(said[0].text()) if said else {}


def check_numbers(name, dom, report):
    numbers = dom.find("data", data_from=True)
    wrong = [f"{e.attributes['data-from']}: {e.attributes['value']} on the page, {at(report, e.attributes['data-from'])} in the JSON"
             for e in numbers if float(e.attributes["value"]) != at(report, e.attributes["data-from"])]
    tap.case(f"{name}: each of {len(numbers)} numbers on the page is the JSON's", len(numbers) > 8 * len(report["rows"]) / 2 and not wrong, wrong[:9])
    unread = [f"{e.text()} for {e.attributes['value']}" for e in dom.find("data") if not reads_as(e.text(), float(e.attributes["value"]))]
    tap.case(f"{name}: each number reads as what it is", not unread, unread[:9])


def check_charts(name, dom, report):
    ops = [r for r in report["rows"] if r["op"] is not None]
    kinds = {}
    for r in ops:
        kind = kinds.setdefault((r["phase"], re.sub(r"^layers\.\d+\.", "layers.*.", r["path"])), [0, 0])
        kind[0] += r["actual_ms"]["median"]
        kind[1] += r["expected_ms"]
    shown = {(e.attributes["data-phase"], e.attributes["data-kind"]): e for e in dom.find(data_kind=True)}
    wrong = []
    for phase in ("prompt", "decode"):
        top = max(max(v) for (p, _), v in kinds.items() if p == phase)
        for key, (actual, expected) in kinds.items():
            if key[0] != phase:
                continue
            bar = shown[key] if key in shown else Element("", ())
            widths = [float(re.search(r"(?:width|left): ?([\d.e-]+)%", e.attributes["style"])[1]) for t in ("i", "b") for e in bar.find(t)]
            said = [float(e.attributes["value"]) for e in bar.find("data")][:1]
            if not said or not close(said[0], actual) or not (close(widths[0], 100 * actual / top, 1e-4) and close(widths[1], 100 * expected / top, 1e-4)):
                wrong.append(f"{key}: {said} of {actual}, widths {widths}")
    tap.case(f"{name}: a bar for each kind of op, as long as its time", len(shown) == len(kinds) and not wrong, wrong[:5])
    for phase in ("prompt", "decode"):
        modules = {i: r for i, r in enumerate(report["rows"]) if r["phase"] == phase and r["op"] is None and r["layer"] is not None}
        section = [e for e in dom.find(id="layers")[0].find(data_phase=phase)]
        heights = {int(e.attributes["data-row"]): float(e.attributes["height"]) for s in section for e in s.find("rect", data_row=True)}
        scale = sum(heights.values()) / max(sum(r["actual_ms"]["median"] for r in modules.values()), 1e-12)
        wrong = [f"{r['path']}: {heights.get(i)} for {r['actual_ms']['median']}" for i, r in modules.items()
                 if i not in heights or abs(heights[i] - scale * r["actual_ms"]["median"]) > 0.01]
        tap.case(f"{name}: a column for each layer of the {phase}, as high as its time", set(heights) == set(modules) and scale > 0 and not wrong, wrong[:5])
        plot = [e for e in dom.find(id="roofline")[0].find(data_phase=phase)]
        dots = {int(e.attributes["data-row"]) for s in plot for e in s.find("circle")}
        wanted = {i for i, r in enumerate(report["rows"]) if r["phase"] == phase and r["op"] is not None and r["flops"] > 0 and r["bytes"] > 0}
        tap.case(f"{name}: a dot under the roofs for each op of the {phase} that reads and computes", dots == wanted and dots,
                 f"{sorted(dots ^ wanted)[:9]}")


def check_shape(name, said, dark):
    tap.case(f"{name}: 390 pixels hold it without scrolling sideways", said.get("width") == 390 and said.get("scrollWidth") == 390, said)
    light = sum(map(float, re.findall(r"[\d.]+", said.get("paper", ""))[:3])) > 380
    tap.case(f"{name}: its paper is {'dark' if dark else 'light'}", said and light != dark, said.get("paper"))
    tap.case(f"{name}: every text stands out from it, 4.5 to 1 or more", said.get("contrast", 0) >= 4.5, said.get("contrast"))
    tap.case(f"{name}: no text is smaller than 11 pixels", said.get("small", 0) >= 11, said.get("small"))
    bad = [c for c in said.get("charts", []) if c["stops"] != 1 or not c["moved"] or not c["told"] or c["shown"] != "visible"]
    tap.case(f"{name}: Tab reaches each chart once, arrow keys walk its marks, and each says what it is",
             len(said.get("charts", [])) >= 6 and not bad and said.get("scrollers"), bad or said)


def in_browser():
    dom = Reader(browse(page)).root
    check_numbers("page", dom, report)
    check_charts("page", dom, report)
    sections = [e.attributes["id"] for e in dom.find("section") if "hidden" not in e.attributes]
    tap.case("page: every part is drawn", {"passes", "kinds", "layers", "roofline", "threads", "memory", "rows"} <= set(sections)
             and ("suggestions" in sections) == bool(report["suggestions"]) and ("findings" in sections) == bool(report["bottlenecks"]) and "cannot be drawn" not in dom.find("main")[0].text(), sections)
    commands = [e.text() for e in dom.find("code")]
    wanted = [s["command"] for s in report["suggestions"]] + [s["command"] for i in report["bottlenecks"] for s in report["rows"][i]["suggestions"]]
    tap.case("page: each suggestion with its command", sorted(commands) == sorted(wanted), f"{commands}\n{wanted}")
    threads = {e.attributes["fill"] for e in dom.find(id="threads")[0].find("rect", class_="mark")}
    tap.case("page: threads are drawn in the colors of their ops", len(threads) > 3, threads)

    with_comparison = Reader(browse(compared)).root
    merged = json.loads(re.search(r'id="report">(.*?)</script>', compared.read_text(), re.S)[1])
    check_numbers("comparison", with_comparison, merged)
    lines = {int(e.attributes["data-comparison"]) for e in with_comparison.find("tr", data_comparison=True)}
    tap.case("comparison: every row stands in it", lines == set(range(len(merged["comparison"]["rows"]))), len(lines))

    finding = with_comparison.find(id="findings")[0].find("div", data_row=str(slower["bottlenecks"][0]))
    said = finding[0].text() if finding else ""
    tap.case("an op that stands out is named, with its cure, what that saves and what it costs", all(part in said for part in (
        "layers.3.mlp.down", "ttt profile demo --policy 'layers.3.mlp:weights=int8'", "\u22121.50 ms a step", "\u22121.00 MB", "accuracy: worse")), said)

    evil = json.loads(after.read_text())
    for key in ("model", "device", "isa", "command"):
        evil[key] = HOSTILE
    evil["noise"] = {"competing": True, "text": HOSTILE}
    evil["machine"]["processor"] = HOSTILE
    evil["policy"]["preset"] = evil["policy"]["weights"]["qkv"] = HOSTILE
    evil["policy"]["modules"] = {HOSTILE: {HOSTILE: HOSTILE}}
    evil["ops"] = [HOSTILE + path for path in evil["ops"]]
    for b in evil["memory"]["buffers"]:
        b["name"] += HOSTILE
    for r in evil["rows"]:
        for key in ("path", "module", "kernel", "bound"):
            r[key] += HOSTILE
        r["op"] = r["op"] and r["op"] + HOSTILE
        r["flagged"] = True
    evil["suggestions"] = [{"policy": HOSTILE, "command": HOSTILE, "why": HOSTILE, "accuracy": HOSTILE, "delta_ms": -0.001,
                            "delta_prompt_ms": -0.01, "delta_decode_ms": -0.001, "delta_bytes": -4096}] * 3
    evil["bottlenecks"] = list(range(8))
    evil["rows"][1]["suggestions"] = evil["suggestions"]
    (WORK / "evil.json").write_text(json.dumps(evil))
    status, _, err = ttt("profile", WORK / "evil.json", "--compare", WORK / "evil.json", "--html", WORK / "evil.html")
    tap.case("a report whose names are markup becomes a page", status == 0, err)
    dom = Reader(browse(WORK / "evil.html")).root
    handlers = [k for e in dom.walk() for k in e.attributes if k.startswith("on")]
    tap.case("hostile names: no element, no handler and no script comes of them", len(dom.find("script")) == 2 and not dom.find("img")
             and not handlers and "taken" not in dom.find("title")[0].text().replace(HOSTILE, ""), handlers)
    tap.case("hostile names: they stand on the page as text", HOSTILE in dom.find("h1")[0].text() and HOSTILE in dom.find(id="rows")[0].text()
             and HOSTILE in dom.find(id="suggestions")[0].text() and "cannot be drawn" not in dom.find("main")[0].text())
    tap.case("hostile names: the page still fits a phone", measured(WORK / "evil.html").get("scrollWidth") == 390)

    wrong = json.loads(before.read_text())
    wrong.update(memory=7, timelines=[1], machine=None, policy="x", bottlenecks=[999, None, "0"], suggestions=[None] * 2, ops={}, noise=[])
    (WORK / "wrong.html").write_text(source.replace(held[1], json.dumps(wrong).replace("<", "\\u003c")))
    dom = Reader(browse(WORK / "wrong.html")).root
    tap.case("members of the wrong type cost their part of the page alone", "hidden" not in dom.find(id="kinds")[0].attributes
             and len(dom.find("tr", data_row=True)) == len(report["rows"]), dom.find("main")[0].text()[:800])

    check_shape("light", measured(page), False)
    check_shape("dark", measured(compared, "--blink-settings=preferredColorScheme=0"), True)


try:
    if BROWSER:
        in_browser()
    else:
        for name in ("the page's numbers", "its charts", "hostile names", "a phone", "light and dark", "the keyboard"):
            tap.skip(name, "no chromium is installed")
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(tap.finish())
