"use strict";
// Boxes around parts of pictures, drawn with the mouse or typed, kept as a file. Uses what explorer.js defines.

function partsPage() {
  const [files, before, after, part, known, keep, which, wrong, drawing, frame, shown, drawn, edges, rows] = (
    ["files", "before", "after", "part", "known", "keep", "which", "parts-error", "drawing", "frame", "shown", "drawn", "edges", "rows"]
  ).map((id) => document.getElementById(id));
  let pictures = [];
  let at = 0;
  const boxes = new Map(); // by picture, then by part: x0, y0, x1, y1 in pixels

  const own = () => boxes.get(pictures[at]?.name) ?? new Map();
  const say = (sentence) => {
    wrong.textContent = sentence;
    wrong.hidden = !sentence;
  };

  function outline(box) {
    drawn.hidden = !box;
    if (!box) return;
    const [wide, high] = [shown.naturalWidth, shown.naturalHeight];
    Object.assign(drawn.style, { left: `${(100 * box[0]) / wide}%`, top: `${(100 * box[1]) / high}%`, width: `${(100 * (box[2] - box[0])) / wide}%`, height: `${(100 * (box[3] - box[1])) / high}%` });
    ["x0", "y0", "x1", "y1"].forEach((edge, index) => (edges.elements[edge].value = box[index]));
  }

  function list() {
    const name = pictures[at].name;
    which.textContent = `${name}: ${at + 1} of ${pictures.length}`;
    rows.replaceChildren(
      ...[...own()].map(([title, box]) => {
        const drop = element("button", { type: "button", "aria-label": `remove ${title}` }, "remove");
        drop.addEventListener("click", () => {
          own().delete(title);
          list();
        });
        return element("tr", {}, element("td", {}, title), element("td", { class: "figure" }, box.join(", ")), element("td", {}, drop));
      }),
    );
    const titles = new Set([...boxes.values()].flatMap((some) => [...some.keys()]));
    known.replaceChildren(...[...titles].map((title) => element("option", { value: title })));
    const all = Object.fromEntries([...boxes].filter(([, some]) => some.size).map(([title, some]) => [title, Object.fromEntries(some)]));
    keep.hidden = !Object.keys(all).length;
    if (keep.href) URL.revokeObjectURL(keep.href);
    keep.href = URL.createObjectURL(new Blob([`${JSON.stringify(all, null, 2)}\n`], { type: "application/json" }));
    outline(own().get(part.value.trim()));
  }

  function show(index) {
    if (!pictures.length) return;
    at = (index + pictures.length) % pictures.length;
    if (shown.src) URL.revokeObjectURL(shown.src);
    shown.src = URL.createObjectURL(pictures[at]);
    shown.alt = pictures[at].name;
    drawing.hidden = false;
    shown.onload = list;
    shown.onerror = () => say(`${pictures[at].name} is no picture that this browser can show.`);
    say("");
  }

  function set(box) {
    const title = part.value.trim();
    const [wide, high] = [shown.naturalWidth, shown.naturalHeight];
    const inside = [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(wide, box[2]), Math.min(high, box[3])].map(Math.round);
    if (!title) return say("Name the part first.");
    if (!(inside[0] < inside[2] && inside[1] < inside[3])) return say("The box is empty: x0 must be below x1, and y0 below y1.");
    say("");
    const name = pictures[at].name;
    if (!boxes.has(name)) boxes.set(name, new Map());
    boxes.get(name).set(title, inside);
    list();
  }

  let start = null;
  const point = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    return [((event.clientX - left) / width) * shown.naturalWidth, ((event.clientY - top) / height) * shown.naturalHeight];
  };
  const between = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
  frame.addEventListener("pointerdown", (event) => {
    start = point(event);
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  frame.addEventListener("pointermove", (event) => start && outline(between(start, point(event)).map(Math.round)));
  frame.addEventListener("pointerup", (event) => {
    if (start) set(between(start, point(event)));
    start = null;
  });
  files.addEventListener("change", () => {
    pictures = [...files.files].sort((a, b) => a.name.localeCompare(b.name));
    show(0);
  });
  before.addEventListener("click", () => show(at - 1));
  after.addEventListener("click", () => show(at + 1));
  part.addEventListener("input", () => pictures.length && outline(own().get(part.value.trim())));
  edges.addEventListener("submit", (event) => {
    event.preventDefault();
    if (pictures.length) set(["x0", "y0", "x1", "y1"].map((edge) => Number(edges.elements[edge].value)));
  });
}

document.addEventListener("DOMContentLoaded", partsPage);
