// One panel with curves, points or bars: its axes, its layers, and what hovering says.

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
  const option = {
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
  };
  return axis.scale === "words" ? wordAxis(axis, option) : option;
};

// Word number i stands at i; every word gets its share of the width. Ticks are counted from the end of the axis, half a
// step before the first word, so that every second one stands at a word.
const wordAxis = (axis, option) => ({
  ...option,
  min: -0.5,
  max: axis.words.length - 0.5,
  interval: 0.5,
  splitLine: { show: false },
  axisLabel: {
    ...option.axisLabel,
    hideOverlap: false,
    showMinLabel: false,
    showMaxLabel: false,
    overflow: "truncate",
    formatter: (v) => axis.words[v] ?? "",
  },
});

const shown = (layer, off) => (layer.keys || []).every((key) => !off.has(key));
const dashes = { solid: "solid", dashed: [6, 4], dotted: [2, 3] };
const symbols = { dot: "circle", diamond: "diamond" };
const isPoint = (stroke) => stroke in symbols;

const intervalSeries = (line, stroke) => ({
  type: "custom",
  name: line.name,
  silent: true,
  clip: true,
  tooltip: { show: false },
  data: line.points.map(([x], i) => [x, ...line.intervals[i]]).filter((point) => point.every((v) => v !== null)),
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

const lineSeries = (line, yLog) => {
  const stroke = colour(line.colour);
  const points = yLog ? line.points.map(([x, y]) => [x, y > 0 ? y : null]) : line.points;
  const series = [{
    type: "line",
    name: line.name,
    data: line.labels.length ? points.map((value, i) => ({ value, label_text: line.labels[i] })) : points,
    showSymbol: line.has_dots || isPoint(line.stroke),
    symbol: symbols[line.stroke] || "circle",
    symbolSize: 6,
    lineStyle: {
      color: stroke,
      width: isPoint(line.stroke) ? 0 : line.stroke === "solid" ? 2 : 1.6,
      type: dashes[line.stroke] || "solid",
    },
    itemStyle: { color: stroke },
    emphasis: { disabled: true },
    z: line.stroke === "dashed" ? 4 : 3,
  }];
  if (line.intervals.length) series.push(intervalSeries(line, stroke));
  return series;
};

const pointSeries = (layer) => ({
  type: "scatter",
  name: layer.name,
  data: layer.points.map((value, i) => ({ value, label_text: layer.labels[i] })),
  symbol: symbols[layer.shape],
  symbolSize: layer.shape === "diamond" ? layer.size * 1.35 : layer.size,
  itemStyle: { color: colour(layer.colour), opacity: layer.colour === "pale" || layer.colour === "grey" ? 0.75 : 0.85 },
  z: layer.colour === "pale" ? 2 : 3,
});

const barSeries = (layer) => ({
  type: "bar",
  name: layer.name,
  barWidth: "92%",
  data: layer.heights.map((h, i) => [layer.start + (i + 0.5) * layer.width, h]),
  itemStyle: { color: colour(layer.colour), opacity: 0.8 },
});

// ---- what hovering says -----------------------------------------------------------------------------------------

const dot = (c) => `<span class="dot" style="background:${safe(c)}"></span>`;
const nameOf = (axis, x) => (axis.scale === "words" ? axis.words[Math.round(x)] ?? "" : `${axis.name} ${show(x)}`);

// A closed form between two of its points; nothing beyond its ends.
const between = (points, x) => {
  const after = points.findIndex((point) => point[0] >= x);
  if (after < 0 || points[0][0] > x) return null;
  const [x1, y1] = points[after], [x0, y0] = points[Math.max(after - 1, 0)];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
};

// What a curve says at x: the value there or, where it has none, its nearest earlier one, and where that is.
const reading = (line, x, isWords) => {
  if (line.stroke === "dashed" && !line.has_dots) return { value: between(line.points, x), at: x };
  let found = null;
  line.points.forEach(([at, value], i) => {
    const isThere = isWords ? Math.round(at) === Math.round(x) : at <= x;
    if (isThere && value !== null && (found === null || at >= found.at)) found = { value, at, i };
  });
  return found;
};

const curveTip = (panel, off, x) => {
  const isWords = panel.x.scale === "words";
  const rows = panel.layers.filter((layer) => layer.kind === "line" && shown(layer, off)).map((line) => {
    const found = reading(line, x, isWords);
    if (found === null || found.value === null) return "";
    const interval = line.intervals[found.i];
    const range = interval && interval[0] !== null ? ` [${interval.map(show).join(", ")}]` : "";
    const label = line.labels[found.i] ? ` ${safe(line.labels[found.i])}` : "";
    const earlier = isWords || found.at === x ? "" : ` (${safe(nameOf(panel.x, found.at))})`;
    return `<br>${dot(colour(line.colour))}${safe(line.name)} <b>${show(found.value)}</b>${range}${label}${earlier}`;
  });
  return safe(nameOf(panel.x, x)) + rows.join("");
};

const curveTooltip = (panel, off) => ({
  ...tooltipBox(),
  trigger: "axis",
  axisPointer: { type: "line", lineStyle: { color: style("--soft") } },
  formatter: (items) => {
    const nearest = items.find((item) => item.seriesType === "line");
    return nearest ? curveTip(panel, off, nearest.value[0]) : "";
  },
});

const pointTooltip = (panel) => ({
  ...tooltipBox(),
  trigger: "item",
  formatter: (p) => {
    const text = p.data && p.data.label_text;
    const where = panel.x.scale === "hidden" ? ""
      : `<br>${safe(nameOf(panel.x, p.value[0]))}<br>${safe(panel.y.name)} ${show(p.value[1])}`;
    return `${dot(p.color)}${safe(text || p.seriesName)}${where}`;
  },
});

// A point that some layer draws.
const anchorOf = (panel, layers) => {
  const isDrawn = ([x, y]) => x !== null && y !== null && (panel.x.scale !== "log" || x > 0) && (panel.y.scale !== "log" || y > 0);
  const points = layers.flatMap((layer) => layer.kind === "tiles" ? [] : layer.points || layer.heights.map((h, i) => [layer.start + (i + 0.5) * layer.width, h]));
  return points.find(isDrawn);
};

const panelOption = (panel, off) => {
  const layers = panel.layers.filter((layer) => shown(layer, off));
  const series = layers.flatMap((layer) => {
    if (layer.kind === "line") return lineSeries(layer, panel.y.scale === "log");
    if (layer.kind === "tiles") return tileSeries(layer);
    return layer.kind === "points" ? pointSeries(layer) : barSeries(layer);
  });
  const marks = panel.marks.filter((mark) => shown(mark, off));
  const anchor = anchorOf(panel, layers);
  if (marks.length && anchor) series.push(markSeries(marks, anchor));
  const has = (kind) => layers.some((layer) => layer.kind === kind);
  return {
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: fonts },
    grid: panel.x.scale === "hidden" ? { left: 6, right: 6, top: 6, bottom: 6 } : { left: 62, right: 18, top: 18, bottom: 42 },
    xAxis: axisOption(panel.x, true),
    yAxis: axisOption(panel.y, false),
    tooltip: has("tiles") ? tileTooltip() : has("points") ? pointTooltip(panel) : curveTooltip(panel, off),
    series,
  };
};
