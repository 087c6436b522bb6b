// Builds the figures, and listens to legends, folds and the theme switch.
const charts = [];

const redraw = (entry) => {
  const option = entry.heat ? heatOption(entry) : panelOption(entry.panel, entry.off);
  if (option.xAxis.axisLabel.overflow) {
    option.xAxis.axisLabel.width = Math.floor((entry.surface.clientWidth - 80) / entry.panel.x.words.length) - 6;
  }
  entry.chart.setOption(option, true);
};

// ---- legends ----------------------------------------------------------------------------------------------------

// The sample of an entry has the shape that the panels draw.
const sample = (item) => {
  const shapes = {
    dot: ["circle", { cx: 11, cy: 5, r: 4, class: "swatch-fill" }],
    diamond: ["path", { d: "M11 0L16 5L11 10L6 5Z", class: "swatch-fill" }],
  };
  const dash = { solid: "", dashed: "5 3", dotted: "2 3" }[item.stroke];
  const line = ["line", { x1: 0, x2: 22, y1: 5, y2: 5, "stroke-width": 2.4, "stroke-dasharray": dash, class: "swatch-line" }];
  const node = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const svg = node("svg", { width: 22, height: 10, "aria-hidden": "true", "data-shape": item.stroke });
  svg.append(node(...(shapes[item.stroke] || line)));
  return svg;
};

const colourSamples = (button, item) => button.style.setProperty("--swatch", colour(item.colour));
const swatches = [];

const buildLegend = (place, figure, entries) => {
  const off = new Set();
  for (const item of figure.legend) {
    const button = make("button", { type: "button", "aria-pressed": "true", "data-key": item.key, title: "show or hide" },
      sample(item), document.createTextNode(item.name));
    colourSamples(button, item);
    swatches.push([button, item]);
    button.addEventListener("click", () => {
      if (off.has(item.key)) off.delete(item.key); else off.add(item.key);
      button.setAttribute("aria-pressed", String(!off.has(item.key)));
      entries.forEach(redraw);
    });
    place.append(button);
  }
  return off;
};

// ---- figures ----------------------------------------------------------------------------------------------------

const heightOf = (panel) => {
  if (panel.layers.some((layer) => layer.kind === "heat")) return 320;
  return panel.x.scale === "hidden" ? 380 : 250;
};

const buildPanel = (panel, figure, off) => {
  const heat = panel.layers.find((layer) => layer.kind === "heat");
  const surface = make("div", { class: "chart", role: "img", "aria-label": `${figure.title}: ${panel.title || panel.y.name}. ${panel.note}` });
  surface.style.height = `${heightOf(panel)}px`;
  const box = make("div", { class: `panel span${panel.span}` });
  if (panel.title) box.append(make("h4", {}, document.createTextNode(panel.title)));
  if (panel.note) box.append(make("p", { class: "note" }, document.createTextNode(panel.note)));
  const entry = { panel, heat, off, frame: heat ? heat.frames.length - 1 : 0, surface, box };
  if (heat && heat.frames.length > 1) buildSlider(entry, box);
  box.append(surface);
  return entry;
};

const build = (figure, root) => {
  const legend = root.querySelector(".legend");
  const place = root.querySelector(".panels");
  place.style.setProperty("--columns", figure.columns);
  const entries = [];
  const off = buildLegend(legend, figure, entries);
  for (const panel of figure.panels) {
    const entry = buildPanel(panel, figure, off);
    place.append(entry.box);
    entry.chart = echarts.init(entry.surface, null, { renderer: entry.heat ? "canvas" : "svg" });
    entry.chart.getZr().on("mousemove", (event) => { entry.pointer = [event.offsetX, event.offsetY]; });
    entries.push(entry);
    charts.push(entry);
    if (entry.slider) moveTo(entry, entry.frame, entry.heat.frames[entry.frame].label); else redraw(entry);
  }
  const moving = entries.filter((entry) => entry.slider);
  if (!moving.length) return;
  buildClock(legend, moving);
  // What is unfolded late shows the step at which the clock stands.
  if (clock.step !== null) setClock(clock.step);
};

// What lies folded is built when it is opened for the first time.
const buildWhenSeen = (figure, index) => {
  const root = document.querySelector(`[data-figure="${index}"]`);
  const fold = root.closest("details:not([open])");
  if (!fold) return build(figure, root);
  fold.addEventListener("toggle", () => build(figure, root), { once: true });
};

// A link into a fold opens it.
const unfold = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details");
  if (!fold || fold.open) return;
  fold.open = true;
  target.scrollIntoView();
};

// ---- theme, size, print -----------------------------------------------------------------------------------------

const setTheme = (name) => {
  document.documentElement.dataset.theme = name;
  document.getElementById("theme").textContent = name === "dark" ? "☀ light" : "☾ dark";
  document.documentElement.style.setProperty("--heat", `linear-gradient(90deg, ${page.palette.heat.map((p) => p[shades[name]]).join(", ")})`);
  swatches.forEach(([button, item]) => colourSamples(button, item));
  charts.forEach(redraw);
};

const preference = matchMedia("(prefers-color-scheme: dark)");
setTheme(preference.matches ? "dark" : "light");
preference.addEventListener("change", () => setTheme(preference.matches ? "dark" : "light"));
document.getElementById("theme").addEventListener("click", () => setTheme(theme() === "dark" ? "light" : "dark"));
let before = null;
addEventListener("beforeprint", () => { before = theme(); setTheme("light"); });
addEventListener("afterprint", () => { if (before) setTheme(before); });

page.figures.forEach(buildWhenSeen);
addEventListener("hashchange", unfold);
unfold();
const fit = (entry) => {
  if (!entry.surface.clientWidth) return;
  entry.chart.resize();
  if (entry.panel.x.scale === "words") redraw(entry);
};
new ResizeObserver(() => charts.forEach(fit)).observe(document.querySelector("main"));
document.documentElement.dataset.ready = String(charts.length);
