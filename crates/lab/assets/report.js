// Turns the figures of the page (JSON in #figures) into ECharts, and listens to legends, sliders and the theme switch.
"use strict";
(() => {
  const page = JSON.parse(document.getElementById("figures").textContent);
  const charts = [];
  const shades = { light: 0, dark: 1 };
  const fonts = getComputedStyle(document.body).fontFamily;

  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  const safe = (text) => String(text).replace(/[&<>"']/g, (c) => escapes[c]);
  const make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };

  const theme = () => document.documentElement.dataset.theme;
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (c) => {
    const palette = page.palette;
    if (c && c.hue !== undefined) return palette.hues[c.hue % palette.hues.length][shades[theme()]];
    return palette[c][shades[theme()]];
  };
  const show = (v) => {
    if (v === null || v === undefined || Number.isNaN(v)) return "–";
    const size = Math.abs(v);
    if (v === 0) return "0";
    if (size >= 1e5 || size < 1e-3) return v.toExponential(2);
    return String(Number(v.toPrecision(4)));
  };
  const tick = (v) => {
    const size = Math.abs(v);
    if (v === 0) return "0";
    if (size >= 1e5 || size < 1e-3) return v.toExponential(0).replace("e+", "e");
    return String(Number(v.toPrecision(3)));
  };

  // ---- one panel ----------------------------------------------------------------------------------------------

  // A round step that cuts a given axis into four to eight, and whether its ends are such steps themselves.
  const roundStep = (axis) => {
    if (axis.scale !== "linear" || axis.min === null || axis.max === null) return null;
    const rough = (axis.max - axis.min) / 4.5;
    const decade = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 2.5, 5, 10].map((f) => f * decade).find((step) => step >= rough * 0.999);
  };
  const isStep = (value, step) => Math.abs(value / step - Math.round(value / step)) < 1e-6;

  const axisOption = (axis, isX) => {
    const step = roundStep(axis);
    return ({
    type: axis.scale === "log" ? "log" : "value",
    show: axis.scale !== "hidden",
    name: axis.name,
    nameLocation: "middle",
    nameGap: isX ? 26 : 44,
    nameTextStyle: { color: style("--soft"), fontSize: 12 },
    min: axis.min ?? undefined,
    max: axis.max ?? undefined,
    scale: axis.min === null || axis.max === null,
    splitNumber: isX ? 5 : 4,
    axisLine: { show: isX, lineStyle: { color: style("--line") } },
    axisTick: { show: false },
    interval: step && isStep(axis.min, step) ? step : undefined,
    axisLabel: {
      color: style("--soft"),
      fontSize: 11,
      hideOverlap: true,
      formatter: tick,
      showMinLabel: step ? isStep(axis.min, step) : undefined,
      showMaxLabel: step ? isStep(axis.max, step) : undefined,
    },
    splitLine: { show: axis.scale !== "hidden" && !isX, lineStyle: { color: style("--grid") } },
  });
  };

  const shown = (layer, off) => (layer.keys || []).every((key) => !off.has(key));
  const dashes = { solid: "solid", dashed: [6, 4], dotted: [2, 3] };

  const lineSeries = (line, yLog) => {
    const stroke = colour(line.colour);
    const points = yLog ? line.points.map(([x, y]) => [x, y > 0 ? y : null]) : line.points;
    const series = [{
      type: "line",
      name: line.name,
      data: points,
      showSymbol: line.has_dots,
      symbol: "circle",
      symbolSize: 6,
      lineStyle: { color: stroke, width: line.stroke === "solid" ? 2 : 1.6, type: dashes[line.stroke] || "solid" },
      itemStyle: { color: stroke },
      emphasis: { disabled: true },
      z: line.stroke === "dashed" ? 4 : 3,
    }];
    if (line.intervals.length) {
      series.push({
        type: "custom",
        name: line.name,
        silent: true,
        tooltip: { show: false },
        data: line.points.map(([x], i) => [x, line.intervals[i][0], line.intervals[i][1]]),
        encode: { x: 0, y: [1, 2] },
        renderItem: (_, api) => {
          const low = api.coord([api.value(0), api.value(1)]);
          const high = api.coord([api.value(0), api.value(2)]);
          const bar = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1.2 } });
          return { type: "group", children: [
            bar(low[0], low[1], high[0], high[1]),
            bar(low[0] - 3, low[1], low[0] + 3, low[1]),
            bar(high[0] - 3, high[1], high[0] + 3, high[1]),
          ] };
        },
        z: 3,
      });
    }
    return series;
  };

  const pointSeries = (layer) => ({
    type: "scatter",
    name: layer.name,
    data: layer.points.map((value, i) => ({ value, label_text: layer.labels[i] })),
    symbol: layer.is_diamond ? "diamond" : "circle",
    symbolSize: layer.is_diamond ? layer.size * 1.35 : layer.size,
    itemStyle: { color: colour(layer.colour), opacity: layer.colour === "pale" || layer.colour === "grey" ? 0.75 : 0.85 },
    z: layer.colour === "pale" ? 2 : 3,
  });

  const markSeries = (mark) => ({
    type: "line",
    data: [],
    silent: true,
    markLine: {
      silent: true,
      symbol: "none",
      animation: false,
      data: [mark.on_x ? { xAxis: mark.at } : { yAxis: mark.at }],
      lineStyle: { color: colour(mark.colour), width: 1, type: "solid", opacity: 0.45 },
      label: {
        formatter: mark.label,
        color: colour(mark.colour),
        fontSize: 10,
        position: mark.on_x ? "end" : "insideEndTop",
        distance: 2,
      },
    },
  });

  const tooltipBox = () => ({
    confine: true,
    backgroundColor: style("--card"),
    borderColor: style("--line"),
    textStyle: { color: style("--ink"), fontSize: 12 },
    transitionDuration: 0,
  });

  const heatOption = (panel, heat, frame) => {
    const levels = page.digits;
    const columns = heat.columns.length;
    const data = new Array(frame.digits.length);
    for (let i = 0; i < data.length; i++) data[i] = [i % columns, Math.floor(i / columns), levels.indexOf(frame.digits[i]) / 63];
    const category = (names, name, isX) => ({
      type: "category",
      data: names,
      name,
      nameLocation: "middle",
      nameGap: isX ? 22 : 34,
      nameTextStyle: { color: style("--soft"), fontSize: 12 },
      axisLine: { lineStyle: { color: style("--line") } },
      axisTick: { show: false },
      axisLabel: { show: !isX, color: style("--soft"), fontSize: 11, interval: Math.max(0, Math.ceil(names.length / 8) - 1) },
    });
    return {
      animation: false,
      aria: { enabled: false },
      textStyle: { fontFamily: fonts },
      grid: { left: 50, right: 10, top: 8, bottom: 34 },
      xAxis: category(heat.columns, panel.x.name, true),
      yAxis: category(heat.rows, panel.y.name, false),
      visualMap: { show: false, min: 0, max: 1, inRange: { color: page.palette.heat.map((pair) => pair[shades[theme()]]) } },
      tooltip: { ...tooltipBox(), formatter: ({ value }) =>
        `${safe(heat.column_word)} <b>${heat.columns[value[0]]}</b>, ${safe(heat.row_word)} <b>${heat.rows[value[1]]}</b><br>` +
        `${safe(heat.name)} ≈ ${value[2].toFixed(2)}` },
      series: [{ type: "heatmap", name: heat.name, data, progressive: 0, emphasis: { disabled: true } }],
    };
  };

  const panelOption = (panel, off) => {
    const series = [];
    let hasPoints = false;
    for (const layer of panel.layers) {
      if (!shown(layer, off)) continue;
      if (layer.kind === "line") series.push(...lineSeries(layer, panel.y.scale === "log"));
      if (layer.kind === "points") { series.push(pointSeries(layer)); hasPoints = true; }
      if (layer.kind === "bars") series.push({
        type: "bar",
        name: layer.name,
        barWidth: "92%",
        data: layer.heights.map((h, i) => [layer.start + (i + 0.5) * layer.width, h]),
        itemStyle: { color: colour(layer.colour), opacity: 0.8 },
      });
    }
    for (const mark of panel.marks) if (shown(mark, off)) series.push(markSeries(mark));
    const hidden = panel.x.scale === "hidden";
    const head = (x) => `${safe(panel.x.name)} ${show(x)}`;
    const dot = (c) => `<span class="dot" style="background:${safe(c)}"></span>`;
    return {
      animation: false,
      aria: { enabled: false },
      textStyle: { fontFamily: fonts },
      grid: hidden ? { left: 6, right: 6, top: 6, bottom: 6 } : { left: 62, right: 18, top: 18, bottom: 42 },
      xAxis: axisOption(panel.x, true),
      yAxis: axisOption(panel.y, false),
      tooltip: hasPoints
        ? { ...tooltipBox(), trigger: "item", formatter: (p) => {
            const text = p.data && p.data.label_text;
            const where = hidden ? "" : `<br>${safe(panel.x.name)} ${show(p.value[0])}<br>${safe(panel.y.name)} ${show(p.value[1])}`;
            return `${dot(p.color)}${safe(text || p.seriesName)}${where}`;
          } }
        : { ...tooltipBox(), trigger: "axis", axisPointer: { type: "line", lineStyle: { color: style("--soft") } },
            formatter: (items) => {
              const seen = new Set();
              const rows = items.filter((item) => item.seriesType === "line" && !seen.has(item.seriesName) && seen.add(item.seriesName));
              return rows.length ? head(rows[0].value[0]) + rows.map((item) =>
                `<br>${dot(item.color)}${safe(item.seriesName)} <b>${show(item.value[1])}</b>`).join("") : "";
            } },
      series,
    };
  };

  // ---- figures ------------------------------------------------------------------------------------------------

  const redraw = (entry) => {
    const heat = entry.panel.layers.find((layer) => layer.kind === "heat");
    entry.chart.setOption(heat ? heatOption(entry.panel, heat, heat.frames[entry.frame]) : panelOption(entry.panel, entry.off), true);
  };

  const sample = (item) => {
    const dash = { solid: "", dashed: "5 3", dotted: "2 3", point: "" }[item.stroke];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", "22");
    svg.setAttribute("height", "10");
    svg.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS("http://www.w3.org/2000/svg", item.stroke === "point" ? "circle" : "line");
    const attributes = item.stroke === "point"
      ? { cx: 11, cy: 5, r: 4, class: "swatch-fill" }
      : { x1: 0, x2: 22, y1: 5, y2: 5, "stroke-width": 2.4, "stroke-dasharray": dash, class: "swatch-line" };
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    svg.append(shape);
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

  const moveTo = (entry, frame) => {
    entry.frame = frame;
    const { label } = entry.heat.frames[frame];
    entry.slider.value = String(frame);
    entry.slider.setAttribute("aria-valuetext", label);
    entry.output.textContent = label;
    redraw(entry);
  };

  const buildSlider = (entry, box) => {
    const last = entry.heat.frames.length - 1;
    entry.slider = make("input", { type: "range", min: "0", max: String(last), step: "1", "aria-label": `recorded step, ${entry.panel.title}` });
    entry.output = make("output");
    entry.slider.addEventListener("input", () => moveTo(entry, Number(entry.slider.value)));
    box.append(make("div", { class: "slider" }, entry.slider, entry.output));
  };

  const buildJumps = (place, entries) => {
    const moments = ["start", "T1", "T2", "end"].filter((moment) =>
      entries.some((entry) => entry.heat.frames.some((frame) => frame.moment === moment)));
    const jump = (entry, moment) => {
      const frame = entry.heat.frames.findIndex((f) => f.moment === moment);
      if (frame >= 0) moveTo(entry, frame);
    };
    for (const moment of moments) {
      const button = make("button", { type: "button" }, document.createTextNode(moment));
      button.addEventListener("click", () => entries.forEach((entry) => jump(entry, moment)));
      place.append(button);
    }
    const play = make("button", { type: "button", class: "play" }, document.createTextNode("▶ play"));
    let timer = null;
    const stop = () => { clearInterval(timer); timer = null; play.textContent = "▶ play"; };
    play.addEventListener("click", () => {
      if (timer !== null) return stop();
      entries.forEach((entry) => moveTo(entry, 0));
      play.textContent = "■ stop";
      timer = setInterval(() => {
        const open = entries.filter((entry) => entry.frame < entry.heat.frames.length - 1);
        if (!open.length) return stop();
        open.forEach((entry) => moveTo(entry, entry.frame + 1));
      }, 350);
    });
    place.append(play);
    place.append(make("span", { class: "scale" }, document.createTextNode("0"), make("i"), document.createTextNode("1")));
  };

  const heightOf = (panel) => {
    if (panel.layers.some((layer) => layer.kind === "heat")) return 320;
    return panel.x.scale === "hidden" ? 380 : 250;
  };

  const build = (figure, index) => {
    const root = document.querySelector(`[data-figure="${index}"]`);
    const legend = root.querySelector(".legend");
    const place = root.querySelector(".panels");
    place.style.setProperty("--columns", figure.columns);
    const entries = [];
    const off = buildLegend(legend, figure, entries);
    for (const panel of figure.panels) {
      const heat = panel.layers.find((layer) => layer.kind === "heat");
      const surface = make("div", { class: "chart", role: "img", "aria-label": `${figure.title}: ${panel.title || panel.y.name}. ${panel.note}` });
      surface.style.height = `${heightOf(panel)}px`;
      const box = make("div", { class: `panel span${panel.span}` });
      if (panel.title) box.append(make("h4", {}, document.createTextNode(panel.title)));
      if (panel.note) box.append(make("p", { class: "note" }, document.createTextNode(panel.note)));
      place.append(box);
      const entry = { panel, heat, off, frame: heat ? heat.frames.length - 1 : 0, surface };
      if (heat && heat.frames.length > 1) buildSlider(entry, box);
      box.append(surface);
      entry.chart = echarts.init(surface, null, { renderer: heat ? "canvas" : "svg" });
      entries.push(entry);
      charts.push(entry);
      if (entry.slider) moveTo(entry, entry.frame); else redraw(entry);
    }
    const moving = entries.filter((entry) => entry.slider);
    if (moving.length) buildJumps(legend, moving);
  };

  // ---- theme, size, print -------------------------------------------------------------------------------------

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

  page.figures.forEach(build);
  new ResizeObserver(() => charts.forEach((entry) => entry.chart.resize())).observe(document.querySelector("main"));
  document.documentElement.dataset.ready = String(charts.length);
})();
