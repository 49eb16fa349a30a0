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
    complete();
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
    show(await answer.text());
  }

  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
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

  // What takes a look at all rows, and was asked for: the page is there at once, and this comes after it. Leaving the page ends it.

  const leaving = new AbortController();
  addEventListener("pagehide", () => leaving.abort());

  async function complete() {
    const link = one("a[data-complete]");
    if (!link) return;
    link.removeAttribute("data-complete");
    link.parentElement.setAttribute("aria-busy", "true");
    let answer;
    try {
      answer = await fetch(link.href, { headers: { Accept: "text/html" }, signal: leaving.signal });
    } catch { return; }
    if (!answer.ok) return;
    const text = await answer.text();
    history.replaceState(null, "", link.href);
    show(text);
  }

  // Queries

  // A query that is not waited for any more ends on the server too.
  document.addEventListener("submit", (event) => {
    const button = one("[data-cancel]", event.target);
    if (!button) return;
    button.hidden = false;
    button.onclick = () => { stop(); button.hidden = true; };
  });

  // Completion of names: Tab or Enter takes the marked one, Escape none.
  const names = () => [...new Set(all("[data-name]").map((part) => part.textContent))];

  function offer(field) {
    withdraw();
    const end = field.selectionStart;
    const part = /[\p{L}_][\p{L}\p{N}_]*$/u.exec(field.value.slice(0, end))?.[0] ?? "";
    if (part.length < 2 || field.selectionEnd !== end) return;
    const low = part.toLowerCase();
    const known = names();
    const found = known.filter((name) => name.toLowerCase().startsWith(low))
      .concat(known.filter((name) => name.toLowerCase().indexOf(low, 1) > 0))
      .filter((name) => name !== part).slice(0, 8);
    if (found.length === 0) return;
    const list = document.createElement("ul");
    list.className = "offers";
    list.setAttribute("role", "listbox");
    list.id = "offers";
    found.forEach((name, index) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = `offer-${index}`;
      item.textContent = name;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(field, part, name); });
      list.append(item);
    });
    field.after(list);
    list.dataset.part = part;
    mark(field, 0);
  }

  function withdraw() {
    const list = one("#offers");
    if (list) list.remove();
    one("#sql")?.removeAttribute("aria-activedescendant");
  }

  function mark(field, step) {
    const items = all("#offers li");
    const old = items.findIndex((item) => item.ariaSelected === "true");
    const next = old < 0 ? 0 : (old + step + items.length) % items.length;
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === next)));
    field.setAttribute("aria-activedescendant", items[next].id);
  }

  function take(field, part, name) {
    const end = field.selectionStart;
    // Anything but small letters, digits and underscores needs quotes, and what stands in them already has some.
    const before = field.value.slice(0, end - part.length);
    const plain = /^[a-z_][a-z0-9_]*$/.test(name) || before.endsWith('"');
    field.setRangeText(plain ? name : `"${name.replaceAll('"', '""')}"`, end - part.length, end, "end");
    withdraw();
  }

  document.addEventListener("input", (event) => { if (event.target.id === "sql") offer(event.target); });
  document.addEventListener("focusout", (event) => { if (event.target.id === "sql") withdraw(); });
  document.addEventListener("keydown", (event) => {
    const list = one("#offers");
    if (!list || event.target.id !== "sql" || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(event.target, step);
    else if (event.key === "Tab" || event.key === "Enter") {
      take(event.target, list.dataset.part, one("[aria-selected=true]", list).textContent);
    } else if (event.key === "Escape") withdraw();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

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
