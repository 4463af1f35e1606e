"use strict";
// What pages do in a browser: keys, search, sorting, the matrix. Works from a server and from files alike.

const page = JSON.parse(document.getElementById("page")?.textContent ?? "null");
const root = document.documentElement.dataset.root;
const asked = new URLSearchParams(location.search);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
  made.append(...children);
  return made;
}

const figure = (value) => {
  if (value == null) return "–";
  const text = value === 0 || Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toString();
  return text.replace("-", "−");
};

/** Keep what was chosen in the address, so that a link leads to the same. */
function remember(changes) {
  for (const [key, value] of Object.entries(changes)) value == null || value === "" ? asked.delete(key) : asked.set(key, value);
  const query = asked.toString();
  history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
}

/** Give the fields of a form the values of the address, and call back with all of them now and at each change. */
function choices(form, changed) {
  const fields = [...form.elements].filter((field) => field.name);
  const standard = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  for (const field of fields) {
    const wanted = asked.get(field.name);
    if (wanted == null) continue;
    if (field.options && ![...field.options].some((option) => option.value === wanted)) continue;
    field.value = wanted;
  }
  const now = () => Object.fromEntries(fields.map((field) => [field.name, field.value]));
  const tell = () => {
    const chosen = now();
    remember(Object.fromEntries(Object.entries(chosen).map(([key, value]) => [key, value === standard[key] ? null : value])));
    changed(chosen);
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const field of fields) field.addEventListener(field.type === "search" ? "input" : "change", tell);
  changed(now());
  return { now, tell };
}

// -- keys ---------------------------------------------------------------------------------------------------------

const dialog = document.getElementById("keys");
document.getElementById("help")?.addEventListener("click", () => dialog.showModal());

const typing = (target) => target.matches?.("input:not([type=radio]), textarea, select, [contenteditable]");

function inGrid(tile, key) {
  const tiles = [...tile.closest("[data-grid]").querySelectorAll("a")].filter((each) => each.offsetParent);
  const at = tiles.indexOf(tile);
  if (key === "ArrowLeft" || key === "ArrowRight") return tiles[at + (key === "ArrowLeft" ? -1 : 1)];
  const here = tile.getBoundingClientRect();
  const away = key === "ArrowUp" ? -1 : 1;
  const beyond = tiles.filter((each) => away * (each.getBoundingClientRect().top - here.top) > 4);
  const row = beyond.map((each) => each.getBoundingClientRect().top);
  const nearest = away > 0 ? Math.min(...row) : Math.max(...row);
  return beyond
    .filter((each) => Math.abs(each.getBoundingClientRect().top - nearest) < 4)
    .sort((a, b) => Math.abs(a.getBoundingClientRect().left - here.left) - Math.abs(b.getBoundingClientRect().left - here.left))[0];
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const tile = document.activeElement?.closest?.("[data-grid] a");
  if (tile && event.key.startsWith("Arrow")) {
    const next = inGrid(tile, event.key);
    if (next) next.focus();
    event.preventDefault();
    return;
  }
  const go = (selector) => document.querySelector(selector)?.click();
  const act = {
    "/": () => document.getElementById("q").focus(),
    "?": () => dialog.showModal(),
    u: () => go("a[rel=up]") ?? null,
    g: () => [...document.querySelectorAll("[data-grid] a")].find((each) => each.offsetParent)?.focus(),
    ArrowLeft: () => go("a[rel=prev]"),
    ArrowRight: () => go("a[rel=next]"),
  }[event.key];
  if (!act || (event.key.startsWith("Arrow") && document.activeElement?.closest("#scroll"))) return;
  if (event.key.startsWith("Arrow") && !document.querySelector("a[rel=prev], a[rel=next]")) return;
  event.preventDefault();
  act();
});

document.getElementById("copy")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    window.prompt("The link:", location.href);
  }
  setTimeout(() => (button.textContent = "Copy link"), 1500);
});

// -- a layer: sorting, filtering, what is shown -----------------------------------------------------------------------

function layerPage() {
  const grid = document.getElementById("grid");
  const tiles = new Map([...grid.children].map((tile) => [Number(tile.dataset.unit), tile]));
  const column = new Map(page.measures.map((measure, at) => [measure.name, at]));
  const words = new Map([...tiles].map(([unit, tile]) => [unit, tile.querySelector("img")?.alt]));
  const sharp = new Map([...tiles].map(([unit, tile]) => [unit, tile.querySelector(".cell").classList.contains("sharp")]));
  const patches = new Map([...tiles].map(([unit, tile]) => [unit, tile.querySelector("img")?.getAttribute("src")]));

  function arrange({ sort, order, only }) {
    const at = column.get(sort) ?? 0;
    const words = only.toLowerCase().split(/\s+/).filter(Boolean);
    const sign = order === "down" ? -1 : 1;
    const fits = (unit) => words.every((word) => (/^\d+$/.test(word) ? String(unit) === word : page.words[unit].includes(word)));
    const units = [...tiles.keys()].filter(fits);
    const rank = (unit) => page.values[unit][at];
    units.sort((a, b) => {
      const [x, y] = [rank(a), rank(b)];
      if (x == null || y == null) return (x == null) - (y == null) || a - b;
      return sign * (x - y) || a - b;
    });
    for (const unit of units) {
      const value = tiles.get(unit).querySelector(".v");
      value.textContent = sort === "number" ? figure(page.values[unit][column.get("strongest")]) : figure(rank(unit));
    }
    grid.replaceChildren(...units.map((unit) => tiles.get(unit)));
    document.getElementById("nothing").hidden = units.length > 0;
    document.getElementById("count").textContent = units.length === tiles.size ? `${tiles.size} units` : `${units.length} of ${tiles.size} units`;
  }

  // The picture that was made to drive a unit; how large it is, is known when it is there.
  function dreamt(tile, unit, cell, img) {
    img.alt = `what drives ${page.layer}:${unit} most`;
    if (tile.dataset.dream == null) {
      cell.classList.add("empty");
      cell.append(element("span", { class: "reason" }, "none yet"));
      return;
    }
    img.addEventListener("load", () => cell.classList.toggle("sharp", img.naturalWidth <= 144), { once: true });
    img.src = `${root}media/${grid.dataset.slug}/${unit}-dream.webp`;
  }

  function show({ view, scale }) {
    const projected = view.startsWith("projection");
    grid.classList.toggle("nine", view === "nine" || view === "projections");
    for (const [unit, tile] of tiles) {
      const cell = tile.querySelector(".cell");
      const img = cell.querySelector("img");
      if (!img) continue;
      cell.classList.toggle("grey", projected);
      cell.classList.toggle("sharp", sharp.get(unit));
      cell.classList.remove("empty");
      cell.querySelector(".reason")?.remove();
      img.style.filter = "";
      if (view === "dream") {
        dreamt(tile, unit, cell, img);
      } else if (!projected) {
        img.src = patches.get(unit);
        img.alt = words.get(unit);
      } else {
        img.alt = `its projection: ${words.get(unit)}`;
        if (grid.dataset.projections === "files") img.src = `${root}media/${grid.dataset.slug}/${unit}-projections.webp`;
      }
    }
    if (grid.dataset.projections === "live") {
      window.phosphene_live?.layerProjections(grid, page.layer, projected ? (view === "projections" ? 9 : 1) : 0, scale);
    }
  }

  let shown = "";
  choices(document.getElementById("tools"), (chosen) => {
    arrange(chosen);
    const wanted = `${chosen.view} ${chosen.scale ?? ""}`;
    if (wanted !== shown) show(chosen);
    shown = wanted;
  });
}

// -- the correlation matrix -------------------------------------------------------------------------------------------

function matrixPage() {
  const image = document.getElementById("matrix");
  const cursor = document.getElementById("cursor");
  const said = document.getElementById("pair");
  const many = page.order.length;
  const r = Int8Array.from(atob(page.r), (letter) => letter.charCodeAt(0));
  let at = [0, 0];

  function show(row, column) {
    at = [Math.max(0, Math.min(many - 1, row)), Math.max(0, Math.min(many - 1, column))];
    const side = image.width / many;
    Object.assign(cursor.style, { left: `${at[1] * side}px`, top: `${at[0] * side}px`, width: `${side}px`, height: `${side}px` });
    cursor.hidden = false;
    const [one, other] = [page.order[at[0]], page.order[at[1]]];
    const value = (r[at[0] * many + at[1]] / 127).toFixed(2).replace("-", "−");
    said.textContent = one === other ? `${page.layer}:${one}` : `${page.layer}:${one} and ${page.layer}:${other}: r = ${value}`;
  }

  const place = (event) => {
    const { left, top } = image.getBoundingClientRect();
    const side = image.width / many;
    return [Math.floor((event.clientY - top) / side), Math.floor((event.clientX - left) / side)];
  };
  const open = () => {
    const [one, other] = at.map((each) => page.order[each]);
    if (one < page.shown) location.href = `${one}.html?with=${other}`;
    else said.textContent = `${page.layer}:${one} is not in these files`;
  };
  image.addEventListener("mousemove", (event) => show(...place(event)));
  image.addEventListener("click", (event) => (show(...place(event)), open()));
  document.getElementById("scroll").addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (step) show(at[0] + step[0], at[1] + step[1]);
    else if (event.key === "Enter") open();
    else return;
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
    event.preventDefault();
  });

  function zoom(factor) {
    const side = Math.max(1, Math.min(64, Math.round((image.width / many) * factor)));
    image.width = image.height = side * many;
    remember({ zoom: side });
    if (!cursor.hidden) show(...at);
  }
  const wanted = Number(asked.get("zoom"));
  if (wanted >= 1 && wanted <= 64) image.width = image.height = Math.round(wanted) * many;
  document.getElementById("closer").addEventListener("click", () => zoom(1.5));
  document.getElementById("farther").addEventListener("click", () => zoom(1 / 1.5));
}

// -- search -----------------------------------------------------------------------------------------------------------

const MOST_FOUND = 60;

function searchPage() {
  const index = window.phosphene_index;
  const query = (asked.get("q") ?? "").trim();
  document.getElementById("q").value = query;
  document.getElementById("asked").textContent = query ? `Search: ${query}` : "Search";
  const { said, units } = query ? find(index, query) : { said: "Type what to look for.", units: [] };
  document.getElementById("said").textContent = said;
  const dead = new Set(index.units.filter((each) => each[2]).map(([layer, unit]) => `${layer}:${unit}`));
  const shown = units.slice(0, MOST_FOUND).map(({ layer, unit, why }) => {
    const { name, slug } = index.layers[layer];
    const link = (cell) => element("a", { class: "tile", href: `layers/${slug}/${unit}.html` }, cell, element("span", { class: "n" }, `${name}:${unit}`), element("span", { class: "v" }, why));
    if (dead.has(`${layer}:${unit}`)) return link(element("span", { class: "cell s112 none" }, "dead"));
    const img = element("img", { loading: "lazy", src: `media/${slug}/${unit}.webp`, alt: `${name}:${unit}, strongest patch; ${why}` });
    const cell = element("span", { class: "cell s112 w3 c0" }, img);
    img.addEventListener("load", () => cell.classList.toggle("sharp", img.naturalWidth <= 144));
    img.addEventListener("error", () => {
      cell.className = "cell s112 none";
      cell.textContent = "no picture";
    });
    return link(cell);
  });
  document.getElementById("found").replaceChildren(...shown);
}

function find(index, query) {
  const names = index.layers.map((layer) => layer.name);
  const address = /^(.+):(\d+)$/.exec(query);
  const everyone = index.units.map(([layer, unit, ...rest]) => ({ layer, unit, rest }));
  if (address && names.includes(address[1])) {
    const found = everyone.filter((each) => names[each.layer] === address[1] && each.unit === Number(address[2]));
    return { said: found.length ? "The unit of this address." : `${address[1]} has no unit ${address[2]}.`, units: found.map((each) => ({ ...each, why: "" })) };
  }
  if (/^\d+$/.test(query)) {
    const found = everyone.filter((each) => each.unit === Number(query));
    return { said: `Units of this number: ${found.length}.`, units: found.map((each) => ({ ...each, why: "" })) };
  }
  const layer = names.findIndex((name) => name.toLowerCase() === query.toLowerCase());
  if (layer >= 0) {
    const found = everyone.filter((each) => each.layer === layer);
    return { said: `The layer ${names[layer]}, ${found.length} units.`, units: found.map((each) => ({ ...each, why: "" })) };
  }
  const within = names.map((name, at) => [name, at]).filter(([name]) => query.toLowerCase().endsWith(` ${name.toLowerCase()}`))[0];
  const word = (within ? query.slice(0, -within[0].length) : query).trim().toLowerCase();
  const kept = (units) => (within ? units.filter((each) => each.layer === within[1]) : units);
  const unmeasured = !index.questions.length && ["specific", "doubtful"].includes(word);
  if (unmeasured) return { said: "How far pictures can be trusted was not measured in this scan; phosphene trust does it.", units: [] };
  return byClass(index, word, kept) ?? byState(everyone, word, kept) ?? byCause(everyone, word, kept) ?? byQuestion(index, word, kept) ?? {
    said: `Nothing goes with “${query}”. Try a class, a colour, a unit's number, or a state such as dead.`,
    units: [],
  };
}

function byClass(index, word, kept) {
  const names = Object.keys(index.classes);
  const name = names.find((each) => each.toLowerCase() === word) ?? names.find((each) => each.toLowerCase().split(/[^\p{L}\p{N}]+/u).includes(word)) ?? names.find((each) => word.length > 2 && each.toLowerCase().includes(word));
  if (name == null) return null;
  const units = kept(index.classes[name].map(([layer, unit, area]) => ({ layer, unit, why: `area ${area.toFixed(2)}` })));
  return { said: `Units that prefer ${name}, the most first: how often their peak is higher on one than on another picture (0.5 is guessing).`, units };
}

function byState(everyone, word, kept) {
  const states = {
    dead: [(each) => each.rest[0], "Dead units: the same value at every position of every picture."],
    duplicate: [(each) => each.rest[1], "Units with a near-duplicate in their layer (|r| above 0.95)."],
    doubtful: [(each) => each.rest[4] === 1, "Units whose projections change more with the picture than with the unit."],
    broken: [(each) => each.rest[5], "Units that had values that are no numbers."],
  };
  const state = states[word] ?? states[word.replace(/s$/, "")];
  if (!state) return null;
  const units = kept(everyone.filter(state[0])).map((each) => ({ ...each, why: word }));
  return { said: units.length ? state[1] : `${state[1]} There are none.`, units };
}

function byCause(everyone, word, kept) {
  const fits = (cause) => cause === word || cause.split(" ").includes(word);
  if (!everyone.some((each) => each.rest[2].some(([cause]) => fits(cause)))) return null;
  const found = everyone.flatMap((each) => each.rest[2].filter(([cause]) => fits(cause) && !(cause.startsWith("little ") && !word.startsWith("little"))).map(([cause, share]) => ({ ...each, share, why: `${cause} ${Math.round(100 * share)} %` })));
  found.sort((a, b) => b.share - a.share);
  return { said: `Units that go with ${word}, and how much of their variance it explains.`, units: kept(found) };
}

function byQuestion(index, word, kept) {
  const named = { specific: "specificity" }[word] ?? word;
  const question = index.questions.find((each) => each === named) ?? index.questions.find((each) => each.startsWith(named));
  if (!question) return null;
  const found = index.measured.filter(([, , rows]) => rows[question] != null).map(([layer, unit, rows]) => ({ layer, unit, value: rows[question], why: figure(rows[question]) }));
  found.sort((a, b) => b.value - a.value);
  return { said: `Units by “${question}”, the highest first.`, units: kept(found) };
}

const kind = document.body.className;
document.addEventListener("DOMContentLoaded", () => {
  if (kind === "layer") layerPage();
  if (kind === "matrix") matrixPage();
  if (kind === "search") searchPage();
});
