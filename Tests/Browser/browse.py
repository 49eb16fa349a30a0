"""Clicks through dlt-dashboard in headless Chromium, over a spool that make-spool has made, and reports what is wrong.

    browse.py [--screenshots FOLDER] [--short]

Every link is followed; every page is measured in two widths and two colour schemes. A finding is a page that fails, an error in the
console, a request that leaves the machine, more than three requests a page, a page wider than the screen, text with too little
contrast, a table without caption or headers, a drawing without words, a key that does not do what it says.
"""

import argparse
import html
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
WIDTHS = [1280, 360]
SCHEMES = ["light", "dark"]
MOST_REQUESTS = 3

# In the page: what a reader without eyes, or with weak ones, would miss.
AUDIT = r"""
() => {
  const found = [];
  const one = (selector) => document.querySelectorAll(selector);
  if (!document.documentElement.lang) found.push("the page names no language");
  if (!document.title) found.push("the page has no title");
  if (one("h1").length !== 1) found.push(`the page has ${one("h1").length} first headings`);
  let level = 0;
  for (const heading of one("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) found.push(`heading "${heading.textContent.slice(0, 40)}" skips a level`);
    level = next;
  }
  for (const table of one("table")) {
    if (!table.caption) found.push("a table has no caption");
    for (const head of table.querySelectorAll("th")) if (!head.scope) found.push("a header of a table has no scope");
  }
  for (const drawing of one("svg")) {
    if (drawing.getAttribute("aria-hidden") !== "true" && !drawing.getAttribute("aria-label")) found.push("a drawing has no words");
  }
  for (const link of one("a[href], button:not([hidden])")) {
    if (link.closest("svg")) continue;
    if (!link.textContent.trim() && !link.getAttribute("aria-label")) found.push(`a link has no words: ${link.outerHTML.slice(0, 80)}`);
  }
  for (const field of one("input:not([type=hidden]), textarea, select")) {
    if (!field.labels?.length && !field.getAttribute("aria-label")) found.push(`a field has no label: ${field.name}`);
  }
  for (const part of one("[tabindex]")) if (part.tabIndex > 0) found.push("something is out of the order of the page");
  const ids = [...one("[id]")].map((part) => part.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`id ${id} is there twice`);
  for (const part of one("*")) {
    if (part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0 && ["auto", "scroll"].includes(getComputedStyle(part).overflowX)
        && part.tabIndex < 0 && !part.querySelector("a, button, [tabindex]")) {
      found.push(`what is scrolled cannot be reached by keys: ${part.tagName} ${part.className}`);
    }
  }

  // Contrast, as WCAG calculates it.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (color) => {
    if (!known.has(color)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let part = element; part; part = part.parentElement) {
      const color = rgba(getComputedStyle(part).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  let least = 99, worst = "";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("title, script, style, .hidden, caption, option, svg")) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || !element.getClientRects().length) continue;
    const box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) continue;
    const below = ground(element);
    const color = over(rgba(style.color), below);
    const [a, b] = [light(color), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    const needed = large ? 3 : 4.5;
    if (ratio < least) { least = ratio; worst = `${element.tagName.toLowerCase()}.${element.className}`; }
    if (ratio < needed) found.push(`contrast ${ratio.toFixed(2)} of ${element.tagName.toLowerCase()}.${element.className || "-"} in ${element.parentElement.className || element.parentElement.tagName}`);
  }
  return { found: [...new Set(found)], least, worst };
}
"""


class Site:
    """A dashboard over a spool, and a run that is under way."""

    def __init__(self, folder):
        self.folder = Path(folder)
        subprocess.run([HERE / "make-spool", self.folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        environment = dict(os.environ, DLT_DATA_DIR=str(self.folder / "data"))
        self.run = subprocess.Popen(
            ["dlt-normalize", "-q", "--pipeline", "alive", "--table", "events"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment)
        self.run.stdin.write(b'{"id":1}\n')
        self.run.stdin.flush()
        self.server = subprocess.Popen(
            ["dlt-dashboard", "--port", "0", "--data-dir", str(self.folder / "data")], stdout=subprocess.PIPE, text=True,
            cwd=self.folder)
        self.url = self.server.stdout.readline().strip()
        self.base = self.url.split("?")[0].rstrip("/")

    def end(self):
        for process in [self.run, self.server]:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


class Visit:
    """One browser with one width and colour scheme."""

    def __init__(self, browser, site, width, scheme, findings):
        self.site, self.width, self.scheme, self.findings = site, width, scheme, findings
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.path, self.requests = "", []
        self.least = (99.0, "")
        self.page.on("console", lambda message: message.type == "error" and self.find(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.find(f"script: {error}"))
        self.page.on("request", self.note)

    def find(self, words):
        self.findings[f"{self.path} ({self.width}, {self.scheme}): {words}"] += 1

    def note(self, request):
        if urlsplit(request.url).netloc != urlsplit(self.site.base).netloc and not request.url.startswith("data:"):
            self.find(f"a request leaves the machine: {request.url}")
        # The page listens on one connection that stays open, and a browser fetches the icon of a site when it likes.
        if request.resource_type != "eventsource" and "/icon." not in urlsplit(request.url).path:
            self.requests.append(request.url)

    def open(self, path):
        self.path, self.requests = path, []
        answer = self.page.goto(urljoin(self.site.base + "/", path), wait_until="load")
        if answer is None or answer.status != 200:
            self.find(f"status {answer.status if answer else 'none'}")
            return
        if len(self.requests) > MOST_REQUESTS + ("token=" in path):
            self.find(f"{len(self.requests)} requests")

    def audit(self):
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > self.width:
            self.find(f"the page is {wide} wide")
        report = self.page.evaluate(AUDIT)
        for words in report["found"]:
            self.find(words)
        self.least = min(self.least, (report["least"], f"{report['worst']} on {self.path}"))

    def links(self):
        return self.page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))")


def shape(path):
    """Pages that differ only in what they are about are of one kind."""
    parts = urlsplit(path)
    names = parts.path.split("/")
    kind = [name if i in (1, 3) else "*" for i, name in enumerate(names)]
    return "/".join(kind[:6]) + "?" + "&".join(sorted(re.sub(r"=.*", "", q) for q in parts.query.split("&") if q))


# Of a kind; the others are only fetched, since a browser takes its time.
MOST_OPENED = 3


def hrefs(text):
    return [html.unescape(link) for link in re.findall(r'<a[^>]*? href="([^"]*)"', text)]


def crawl(visit, most):
    """Every link, each address once; questions are combined without end, so of links of pages with questions only new kinds are followed."""
    visit.open(visit.site.url)
    waiting, seen, kinds, opened = ["/"], {"/"}, Counter(), Counter()
    pages = []
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        opened[shape(path)] += 1
        if opened[shape(path)] <= MOST_OPENED:
            visit.open(path)
            pages.append(path)
            links = visit.links()
        else:
            visit.path = path
            answer = visit.context.request.get(visit.site.base + path)
            if answer.status != 200:
                visit.find(f"status {answer.status}")
            links = hrefs(answer.text())
        for link in links:
            if not link.startswith(("/", "#")) or link.startswith("//"):
                visit.find(f"a link leads elsewhere: {link}")
                continue
            target = link.split("#")[0]
            if not target or target in seen or "/events" in target:
                continue
            kinds[shape(target)] += 1
            if "?" in target and (kinds[shape(target)] > 3 or "?" in path and kinds[shape(target)] > 1):
                continue
            if target.endswith(".json") or target == "/metrics":
                if kinds["twin " + shape(target)] > 2:
                    continue
                kinds["twin " + shape(target)] += 1
                answer = visit.context.request.get(visit.site.base + target)
                if answer.status != 200:
                    visit.find(f"{target} has status {answer.status}")
                seen.add(target)
                continue
            seen.add(target)
            waiting.append(target)
    return pages, len(seen)


def keys(visit):
    page = visit.page

    def expect(words, condition):
        if not condition:
            visit.find(f"key {words}")

    visit.open("/p/shop")
    page.keyboard.press("/")
    expect("/ does not reach the search", page.evaluate("document.activeElement.id") == "q")
    page.keyboard.press("Escape")
    for letter, path in [("t", "/p/shop/t"), ("s", "/p/shop/schema"), ("p", "/p/shop"), ("r", "/p/shop/runs"), ("k", "/p/shop/packages"),
                         ("h", "/p/shop/schema/history"), ("c", "/p/shop/state"), ("v", "/p/shop/contracts"), ("q", "/p/shop/sql"), ("o", "/")]:
        visit.open("/p/shop")
        page.keyboard.press("g")
        with page.expect_navigation():
            page.keyboard.press(letter)
        expect(f"g {letter} leads to {page.url}", urlsplit(page.url).path == path)
    visit.open("/p/shop/runs")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect("j does not go on", page.evaluate("[...document.querySelectorAll('[data-row]')].findIndex((r) => r.classList.contains('here'))") == 1)
    page.keyboard.press("k")
    expect("k does not go back", page.evaluate("[...document.querySelectorAll('[data-row]')].findIndex((r) => r.classList.contains('here'))") == 0)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect("Enter does not follow the row", "/p/shop/r/" in page.url)
    visit.open("/p/shop/state")
    page.keyboard.press("y")
    page.wait_for_function("document.querySelector('.copy').textContent === 'Copied'")
    expect("y does not copy", "dlt-state reset" in page.evaluate("navigator.clipboard.readText()"))
    # The first stop of the tab key leads over the frame, the next ones follow the page.
    visit.open("/p/shop")
    page.keyboard.press("Tab")
    expect("Tab does not offer to skip", page.evaluate("document.activeElement.className") == "skip")
    places = []
    for _ in range(40):
        page.keyboard.press("Tab")
        places.append(page.evaluate("(() => { const all = [...document.querySelectorAll('*')]; return all.indexOf(document.activeElement); })()"))
    expect("Tab does not follow the page", places == sorted(places))


def clicks(visit):
    """What a person does in the morning: look at what failed, at its reason, at a row and the line it came from."""
    page = visit.page
    visit.open("/")
    page.click("text=people")
    page.click("text=Look at the run")
    if "expected no new column" not in page.inner_text("main"):
        visit.find("the failed run does not show its reason")
    visit.open("/p/shop")
    page.click(".grid tbody th a")
    if "table=" not in page.url:
        visit.find("the grid does not filter")
    visit.open("/p/shop/t/orders?sort=id&dir=desc")
    page.click("tbody tr:first-child a")
    page.wait_for_selector("#line")
    if "orders-40.jsonl" not in page.inner_text("main"):
        visit.find("the row does not show its line")
    page.fill("#q", "quantity")
    page.press("#q", "Enter")
    page.wait_for_url("**/search?**")
    if "orders__lines" not in page.inner_text("main"):
        visit.find("the search does not find a column")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--short", action="store_true", help="fewer pages, in one width and scheme")
    arguments = parser.parse_args()
    findings = Counter()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        site = Site(Path(folder))
        browser = driver.chromium.launch(executable_path=os.environ.get("DLT_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        try:
            first = Visit(browser, site, WIDTHS[0], SCHEMES[0], findings)
            pages, addresses = crawl(first, 150 if arguments.short else 1500)
            keys(first)
            clicks(first)
            # One page of each kind, in each pipeline, in every look.
            kinds, looked = Counter(), []
            for path in pages:
                kind = shape(path) + "/".join(path.split("/")[2:3])
                kinds[kind] += 1
                if kinds[kind] == 1:
                    looked.append(path)
            looks = [(w, s) for w in WIDTHS for s in SCHEMES]
            least = (99.0, "")
            for width, scheme in looks[:1] if arguments.short else looks:
                visit = Visit(browser, site, width, scheme, findings)
                visit.open(site.url)
                for path in looked:
                    visit.open(path)
                    visit.audit()
                    if arguments.screenshots:
                        arguments.screenshots.mkdir(parents=True, exist_ok=True)
                        name = re.sub(r"[^A-Za-z0-9_-]+", "_", path).strip("_")[:80] or "overview"
                        visit.page.screenshot(path=arguments.screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
                least = min(least, visit.least)
        finally:
            browser.close()
            site.end()
    for words, count in sorted(findings.items()):
        print(words if count == 1 else f"{words} ({count} times)")
    print(f"{addresses} addresses, {len(looked)} kinds of pages, least contrast {least[0]:.2f} ({least[1]}), {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
