// Pages work without this: it copies commands, listens for keys, and asks again for a page that has changed.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Copying

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure context there is no clipboard: select, so that the usual key copies.
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
    // A drawing leads to a part of the page that may be folded.
    const link = event.target.closest("a[href^='#']");
    if (link) unfold(link.getAttribute("href"));
  });

  function unfold(hash) {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (target && target.tagName === "DETAILS") target.open = true;
  }

  function prepare() {
    for (const button of all(".copy")) button.hidden = false;
    // On a narrow screen the row of pages is longer than the screen.
    const tabs = one(".tabs");
    const here = one("[aria-current]", tabs ?? document);
    if (tabs && here && tabs.scrollWidth > tabs.clientWidth) tabs.scrollLeft = here.offsetLeft - tabs.clientWidth / 2;
    for (const time of all("time[title]")) {
      const when = new Date(time.dateTime);
      if (!isNaN(when)) time.title = `${when.toLocaleString()} (${time.title})`;
    }
  }

  // Keys

  let pending = "";
  let row = -1;

  function go(selector) {
    const link = one(selector);
    if (link) location.href = link.href;
  }

  function choose(step) {
    const rows = all("[data-row]");
    if (rows.length === 0) return;
    for (const other of rows) other.classList.remove("here");
    row = Math.max(0, Math.min(rows.length - 1, row + step));
    rows[row].classList.add("here");
    rows[row].scrollIntoView({ block: "nearest" });
    const link = one("a[href]", rows[row]);
    if (link) link.focus({ preventScroll: true });
  }

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select");
    if (field) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.form) field.form.requestSubmit();
      if (event.key === "Escape") field.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key;
    if (pending === "g") {
      pending = "";
      if (key === "o") go(".home");
      else if (/^[a-z]$/.test(key)) go(`.tabs a[data-key="${key}"]`);
      return;
    }
    if (key === "g") {
      pending = "g";
      setTimeout(() => { pending = ""; }, 1200);
    } else if (key === "/") {
      const search = one("#q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (key === "j") choose(1);
    else if (key === "k") choose(-1);
    else if (key === "y") {
      const button = one(".here .copy") || one(".copy");
      if (button) copy(button);
    }
  });

  // What has changed

  async function refresh() {
    let answer;
    try {
      answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    } catch { return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = one("main", page);
    const old = one("main");
    if (!fresh || fresh.innerHTML === old.innerHTML) return;
    const open = new Set(all("details[open][id]").map((part) => part.id));
    old.replaceWith(document.adoptNode(fresh));
    for (const part of all("details[id]")) if (open.has(part.id)) part.open = true;
    document.title = page.title;
    row = -1;
    prepare();
  }

  if ("live" in document.body.dataset && "EventSource" in window) {
    let timer = 0;
    let source = null;
    const listen = () => {
      if (source || document.hidden) return;
      source = new EventSource("/events");
      source.addEventListener("change", () => {
        clearTimeout(timer);
        timer = setTimeout(refresh, 150);
      });
    };
    // A page in the background holds no connection: a browser has six of them for all of its tabs.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) { source?.close(); source = null; } else { listen(); refresh(); }
    });
    addEventListener("pagehide", () => { source?.close(); source = null; });
    listen();
  }

  prepare();
  unfold(location.hash);
  addEventListener("hashchange", () => unfold(location.hash));
})();
