"use strict";
// What needs the network: projections, maps, your own pictures. Each answer says why when there is nothing to show.

const token = document.querySelector('meta[name="phosphene-token"]')?.content;
const withNetwork = "net" in document.documentElement.dataset;
const leaving = new AbortController();
addEventListener("pagehide", () => leaving.abort());

/** Ask the server; a later question under the same name takes back the earlier one. */
const open = new Map();
async function ask(name, parameters, slot = name) {
  open.get(slot)?.abort();
  const asking = new AbortController();
  open.set(slot, asking);
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== "");
  const answer = await fetch(`${root}live/${name}?${new URLSearchParams(given)}`, {
    headers: { "X-Phosphene-Token": token },
    signal: AbortSignal.any([asking.signal, leaving.signal]),
  });
  return read(answer);
}

async function read(answer) {
  const said = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  if (!answer.ok) throw new Error(said.error ?? `the server answered ${answer.status}`);
  return said;
}

const broken = (error) => element("p", { class: "why broken", role: "alert" }, error.message);
const wasTakenBack = (error) => error.name === "AbortError";

/** Show `place`, or say why not; dim it meanwhile. */
async function into(place, work) {
  place.classList.add("busy");
  try {
    await work();
  } catch (error) {
    if (wasTakenBack(error)) return;
    place.replaceChildren(broken(error));
    place.hidden = false;
  }
  place.classList.remove("busy");
}

const sharpness = (cell) => (cell <= 48 ? " sharp" : "");
const tileSide = (cell, wanted = 112) => (cell <= 48 ? cell * Math.max(1, Math.floor(wanted / cell)) : wanted);

/** One cell of a sprite with any number of columns. */
function cellOf(sprite, columns, cell, at, alt, side = tileSide(cell), why = "") {
  if (why) return element("span", { class: `cell s${side} none` }, why);
  const img = element("img", { src: sprite, alt });
  Object.assign(img.style, { width: `${columns * 100}%`, left: `${-(at % columns) * 100}%`, top: `${-Math.floor(at / columns) * 100}%` });
  return element("span", { class: `cell s${side} grey${sharpness(cell)}` }, img);
}

// -- a unit: its projections and tuning ---------------------------------------------------------------------------------

async function unitProjections() {
  const place = document.getElementById("projections");
  const [rule, unpool] = ["rule", "unpool"].map((id) => document.getElementById(id));
  if (!place || !rule) return;
  for (const [name, field] of Object.entries({ rule, unpool })) if ([...field.options].some((option) => option.value === asked.get(name))) field.value = asked.get(name);
  const note = document.getElementById("projections-note");
  const standard = note.textContent;

  async function show() {
    remember({ rule: rule.selectedIndex ? rule.value : null, unpool: unpool.selectedIndex ? unpool.value : null });
    place.classList.add("busy");
    try {
      const found = await ask("projections", { unit: page.unit, rule: rule.value, unpool: unpool.value, count: 12 });
      fill([...place.querySelectorAll(".cell")], found);
      note.textContent = found.note || standard;
      note.className = "note";
    } catch (error) {
      if (wasTakenBack(error)) return;
      note.textContent = error.message;
      note.className = "why broken";
    }
    place.classList.remove("busy");
  }
  rule.addEventListener("change", show);
  unpool.addEventListener("change", show);
  await show();
}

function fill(cells, found) {
  for (const cell of cells) {
    const at = Number(/\bc(\d+)\b/.exec(cell.className)?.[1]);
    const img = cell.querySelector("img");
    if (!img || Number.isNaN(at)) continue;
    const empty = found.empty[at] ?? true;
    cell.classList.toggle("empty", empty);
    cell.querySelector(".reason")?.remove();
    if (empty) cell.append(element("span", { class: "reason" }, "not active here"));
    else img.src = found.sprite;
  }
}

async function unitTuning() {
  const place = document.getElementById("tuning");
  if (!place) return;
  const button = document.getElementById("measure");
  const waiting = button?.parentElement ?? place.querySelector(".why");
  if (button) await new Promise((go) => button.addEventListener("click", go, { once: true }));
  waiting.textContent = "Measuring …";
  try {
    const found = await ask("tuning", { unit: place.dataset.unit });
    const charts = found.charts.map((text) => document.importNode(new DOMParser().parseFromString(text, "text/html").querySelector("svg"), true));
    waiting.replaceWith(element("div", { class: "row" }, ...charts), ...found.sentences.map((sentence) => element("p", {}, sentence)));
  } catch (error) {
    if (!wasTakenBack(error)) waiting.replaceWith(broken(error));
  }
}

// -- a layer: projections of the tiles in view ----------------------------------------------------------------------------

let watcher;
const waiting = [];
let working = 0;

function layerProjections(grid, layer, count, scale) {
  watcher?.disconnect();
  waiting.length = 0;
  if (!count) return;
  const reaches = new Map();
  const shared = () => Math.max(...reaches.values());
  const rescale = () => {
    for (const [tile, reach] of reaches) tile.querySelector("img").style.filter = scale === "shared" ? `contrast(${reach / shared()})` : "";
  };
  async function one(tile) {
    const cell = tile.querySelector(".cell");
    try {
      const found = await ask("projections", { unit: `${layer}:${tile.dataset.unit}`, count }, `tile ${tile.dataset.unit}`);
      fill([cell], found);
      if (found.reach?.[0]) reaches.set(tile, found.reach[0]);
      if (scale === "shared") rescale();
    } catch (error) {
      if (wasTakenBack(error)) return;
      cell.classList.add("empty");
      cell.append(element("span", { class: "reason" }, error.message));
    }
  }
  async function work() {
    working += 1;
    while (waiting.length) await one(waiting.shift());
    working -= 1;
  }
  watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      waiting.push(target);
    }
    if (!working) work();
  });
  for (const tile of grid.querySelectorAll(".tile")) if (tile.querySelector("img")) watcher.observe(tile);
}
window.phosphene_live = { layerProjections };

// -- one unit over many pictures --------------------------------------------------------------------------------------------

function overPage() {
  const form = document.getElementById("over");
  if (!form) return;
  const place = document.getElementById("images");
  const note = document.getElementById("images-note");
  choices(form, (chosen) => {
    if (form.class) form.class.closest("label").hidden = chosen.choose !== "class";
    form.seed.closest("label").hidden = chosen.choose !== "random" && chosen.choose !== "class";
    into(place, async () => {
      const found = await ask("over", { unit: page.unit, ...chosen, count: 24 });
      const side = tileSide(found.cell, 128);
      place.replaceChildren(
        ...found.images.map((each, at) =>
          element(
            "a",
            { class: "pair", href: `${root}images/${each.image}.html?unit=${encodeURIComponent(page.unit)}`, title: each.name },
            cellOf(found.pictures, found.columns, found.cell, at, `${each.name}${each.label ? `, ${each.label}` : ""}`, side),
            cellOf(found.projections, found.columns, found.cell, at, `${page.unit} on it: ${figure(each.value)}`, side, each.empty ? "not active here" : ""),
            element("span", { class: "v" }, `${figure(each.value)} · ${each.label ?? each.name}`),
          ),
        ),
      );
      note.textContent = found.note;
    });
  });
}

// -- a picture, kept or one's own ----------------------------------------------------------------------------------------------

function bench(image) {
  const form = document.getElementById("choice");
  const [grid, one, note] = ["units", "one", "units-note"].map((id) => document.getElementById(id));
  const [frame, seen, overlay, box, hiding] = ["picture", "seen", "overlay", "box", "hidden-box"].map((id) => document.getElementById(id));
  const [predictions, answer, fillWith] = ["predictions", "answer", "fill"].map((id) => document.getElementById(id));
  let chosen = {};
  let untouched = "";

  const shownMap = document.getElementById("over-it");
  seen.addEventListener("load", () => {
    for (const img of [seen, overlay]) img.classList.toggle("sharp", seen.naturalWidth <= 64);
  });
  let hasMap = false;
  const mapped = (wanted) => {
    hasMap = wanted;
    overlay.hidden = !hasMap || !shownMap.checked;
  };
  shownMap.addEventListener("change", () => mapped(hasMap));

  const outline = (mark, at) => {
    mark.hidden = !at;
    if (at) Object.assign(mark.style, { left: `${100 * at[0]}%`, top: `${100 * at[1]}%`, width: `${100 * (at[2] - at[0])}%`, height: `${100 * (at[3] - at[1])}%` });
  };
  const quantile = (value) => (value == null ? "" : `beats ${Math.floor(1000 * value) / 10} % of the pictures`);

  function bars(classes, title = "The network's answer") {
    const rows = classes.map(({ name, score, before, after }) =>
      element("tr", {}, element("td", {}, name), element("td", { class: "figure" }, after == null ? `${(100 * score).toFixed(1)} %` : `${(100 * before).toFixed(1)} → ${(100 * after).toFixed(1)} %`)),
    );
    return element("table", {}, element("caption", {}, title), element("tbody", {}, ...rows));
  }

  const predict = () =>
    into(predictions, async () => {
      const found = await ask("predictions", { image });
      predictions.replaceChildren(found.classes.length ? bars(found.classes) : element("p", { class: "note" }, found.note));
    });

  const layer = () =>
    into(grid, async () => {
      const { sort, ...wanted } = chosen;
      const found = await ask("layer", { image, ...wanted });
      const units = found.units.map((each, at) => ({ ...each, at }));
      if (sort !== "number") units.sort((a, b) => (b[sort] ?? -Infinity) - (a[sort] ?? -Infinity) || a.unit - b.unit);
      grid.replaceChildren(
        ...units.map((each) => {
          const address = `${chosen.layer}:${each.unit}`;
          const words = [`${address}: ${figure(each.value)}`, quantile(each.quantile)].filter(Boolean).join(", ");
          const tile = element(
            "a",
            { class: "tile", href: `?layer=${encodeURIComponent(chosen.layer)}&unit=${encodeURIComponent(address)}`, title: words },
            cellOf(found.sprite, found.columns, found.cell, each.at, words, tileSide(found.cell), each.empty ? "not active here" : ""),
            element("span", { class: "n" }, String(each.unit)),
            element("span", { class: "v" }, figure(each.value)),
          );
          tile.addEventListener("click", (event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            remember({ unit: address, at: null });
            unit();
          });
          return tile;
        }),
      );
      note.textContent = found.note;
    });

  const unit = () => {
    const address = asked.get("unit");
    if (!address) return;
    one.hidden = false;
    return into(one, async () => {
      const found = await ask("unit", { image, unit: address, rule: chosen.rule, unpool: chosen.unpool, position: asked.get("at") });
      seen.src = untouched = found.picture;
      overlay.src = found.map;
      mapped(!found.empty);
      outline(box, found.box);
      outline(hiding, null);
      const colon = address.lastIndexOf(":");
      const where = [...form.layer.options].findIndex((option) => option.value === address.slice(0, colon));
      const link = `${root}layers/${page.slugs[where]}/${address.slice(colon + 1)}.html`;
      const panel = (src, words, why) => element("figure", {}, why ? element("span", { class: "cell s112 none" }, why) : element("img", { src, alt: `${address}, ${words}`, class: "sharp" }), element("figcaption", {}, words));
      const empty = found.empty ? "not active here" : "";
      one.replaceChildren(
        element("h2", {}, element("a", { href: link }, address), ` ${figure(found.value)} `),
        element("p", { class: "note" }, [quantile(found.quantile), found.note].filter(Boolean).join(" · ")),
        element("div", { class: "row" }, panel(found.projection, "projection", empty), panel(found.patch, "what it sees"), panel(found.projected_patch, "and projects", empty)),
        element("details", {}, element("summary", {}, "What each operation did"), element("p", { class: "note" }, found.rules_used.join("; "))),
      );
    });
  };

  const point = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height].map((v) => Math.min(Math.max(v, 0), 0.99999));
  };

  const place = ([x, y]) =>
    into(answer, async () => {
      const found = await ask("place", { image, layer: chosen.layer, x, y });
      remember({ x: x.toFixed(4), y: y.toFixed(4) });
      outline(box, found.box);
      mapped(false);
      const rows = found.units.map((each) => {
        const address = `${chosen.layer}:${each.unit}`;
        const link = element("button", { type: "button" }, address);
        link.addEventListener("click", () => {
          remember({ unit: address, at: found.place.join(",") });
          unit();
        });
        return element("tr", {}, element("td", {}, link), element("td", { class: "figure" }, figure(each.value)), element("td", {}, quantile(each.quantile)));
      });
      answer.replaceChildren(
        rows.length
          ? element("table", {}, element("caption", {}, `${found.units.length} of ${found.of} units, the most unusual first`), element("tbody", {}, ...rows))
          : element("p", { class: "why" }, `None of the ${found.of} units of ${chosen.layer} is above zero there.`),
      );
    });

  const hide = (region) =>
    into(answer, async () => {
      const found = await ask("hide", { image, layer: chosen.layer, box: region.map((v) => v.toFixed(4)).join(","), fill: fillWith.value });
      seen.src = found.picture;
      mapped(false);
      outline(box, null);
      const rows = found.units.map((each) => element("tr", {}, element("td", {}, `${chosen.layer}:${each.unit}`), element("td", { class: "figure" }, `${figure(each.before)} → ${figure(each.after)}`)));
      const again = element("button", { type: "button" }, "Show it again");
      again.addEventListener("click", () => {
        outline(hiding, null);
        answer.replaceChildren();
        if (untouched) seen.src = untouched;
      });
      answer.replaceChildren(
        ...(found.classes.length ? [bars(found.classes, "The network's answer, before and with that hidden")] : []),
        element("table", {}, element("caption", {}, "Units that change most"), element("tbody", {}, ...rows)),
        element("p", { class: "note" }, found.note),
        again,
      );
    });

  let start = null;
  const dragging = () => document.querySelector("[name=mouse]:checked").value === "hide";
  const region = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
  frame.addEventListener("pointerdown", (event) => {
    start = point(event);
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  frame.addEventListener("pointermove", (event) => start && dragging() && outline(hiding, region(start, point(event))));
  frame.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [from, to] = [start, point(event)];
    start = null;
    if (!dragging()) return place(to);
    const covered = region(from, to);
    if (covered[2] - covered[0] > 0.01 && covered[3] - covered[1] > 0.01) hide(covered);
  });

  const first = asked.get("unit")?.replace(/:\d+$/, "");
  if (first && !asked.get("layer")) asked.set("layer", first);
  let before = "";
  choices(form, (now) => {
    chosen = now;
    const { sort, ...rest } = now;
    layer();
    if (before && before !== JSON.stringify(rest)) unit();
    before = JSON.stringify(rest);
  });
  predict();
  if (asked.get("unit")) unit();
  else ask("unit", { image, unit: `${chosen.layer}:0` }, "first").then((found) => (seen.src = untouched = found.picture)).catch(() => {});
  if (asked.get("x") && asked.get("y")) place([Number(asked.get("x")), Number(asked.get("y"))]);
}

// -- one's own picture ---------------------------------------------------------------------------------------------------------

const LARGEST_UPLOAD = 20_000_000;

function yours() {
  const [drop, file, camera, video, snap, said] = ["drop", "file", "camera", "video", "snap", "drop-error"].map((id) => document.getElementById(id));
  if (!drop) return;

  async function take(picture) {
    said.textContent = "";
    if (!picture) return void (said.textContent = "That was no picture; drop a file with one.");
    if (picture.size > LARGEST_UPLOAD) return void (said.textContent = "That file has more than 20 MB; give a smaller one.");
    try {
      const answer = await fetch(`${root}live/pictures`, { method: "POST", body: picture, headers: { "X-Phosphene-Token": token, "Content-Type": "application/octet-stream" }, signal: leaving.signal });
      const { id } = await read(answer);
      location.assign(`?${new URLSearchParams({ image: `u-${id.replace(/^u-/, "")}`, ...(asked.get("layer") ? { layer: asked.get("layer") } : {}) })}`);
    } catch (error) {
      if (!wasTakenBack(error)) said.textContent = error.message;
    }
  }

  drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("over")));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => (event.preventDefault(), drop.classList.remove("over"), take(event.dataTransfer.files[0])));
  document.addEventListener("paste", (event) => {
    const picture = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
    if (picture) take(picture);
  });
  file.addEventListener("change", () => file.files[0] && take(file.files[0]));
  camera.addEventListener("click", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
      video.hidden = snap.hidden = false;
      await video.play();
    } catch {
      said.textContent = "There is no camera here that this page may use.";
    }
  });
  snap.addEventListener("click", () => {
    const canvas = element("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    for (const track of video.srcObject.getTracks()) track.stop();
    video.hidden = snap.hidden = true;
    canvas.toBlob(take, "image/png");
  });
  const image = asked.get("image");
  if (!image) return;
  document.getElementById("bench").hidden = false;
  bench(image);
}

document.addEventListener("DOMContentLoaded", () => {
  if (!withNetwork) return;
  if (kind === "unit") unitProjections().then(unitTuning);
  if (kind === "over") overPage();
  if (kind === "image") page.image == null ? yours() : bench(page.image);
});
