// Lines across a panel (T1, T2, thresholds) and their labels, none of which covers another.
const markFont = 10;
const measure = (() => {
  const context = document.createElement("canvas").getContext("2d");
  return (text) => {
    context.font = `${markFont}px ${fonts}`;
    return context.measureText(text).width;
  };
})();

// Labels that would touch become one, in the middle of their lines: "T1, T2". The same rule as in still/marks.rs.
const spreadLabels = (labels, sizeOf) => {
  const groups = labels
    .map(({ at, text, stroke }) => ({ low: at, high: at, words: text.split(", "), strokes: [stroke] }))
    .sort((a, b) => a.low - b.low);
  const text = (group) => group.words.join(", ");
  const middle = (group) => (group.low + group.high) / 2;
  const touch = (a, b) => middle(b) - middle(a) < (sizeOf(text(a)) + sizeOf(text(b))) / 2 + 4;
  for (let i = 1; i < groups.length; ) {
    const [a, b] = [groups[i - 1], groups[i]];
    if (!touch(a, b)) { i++; continue; }
    groups.splice(i - 1, 2, {
      low: a.low,
      high: b.high,
      words: [...new Set([...a.words, ...b.words])],
      strokes: [...new Set([...a.strokes, ...b.strokes])],
    });
    i = Math.max(1, i - 1);
  }
  return groups.map((group) => ({ at: middle(group), text: text(group), strokes: group.strokes }));
};

// One series for all marks. It is anchored at a point that is drawn anyway, so that it moves no axis.
const markSeries = (marks, anchor) => ({
  type: "custom",
  silent: true,
  clip: false,
  animation: false,
  tooltip: { show: false },
  data: [anchor],
  z: 1,
  renderItem: ({ coordSys: box }, api) => {
    const right = box.x + box.width, bottom = box.y + box.height;
    const placed = marks.map((mark) => {
      const at = mark.on_x ? api.coord([mark.at, anchor[1]])[0] : api.coord([anchor[0], mark.at])[1];
      return { mark, at, text: mark.label, stroke: colour(mark.colour) };
    }).filter(({ mark, at }) => mark.on_x ? at >= box.x - 1 && at <= right + 1 : at >= box.y - 1 && at <= bottom + 1);
    const children = placed.map(({ mark, at, stroke }) => ({
      type: "line",
      shape: mark.on_x ? { x1: at, x2: at, y1: box.y, y2: bottom } : { x1: box.x, x2: right, y1: at, y2: at },
      style: { stroke, lineWidth: 1, opacity: 0.45 },
    }));
    const label = ({ text, strokes }, place) => children.push({
      type: "text",
      style: { text, fill: strokes.length === 1 ? strokes[0] : style("--soft"), font: `${markFont}px ${fonts}`, ...place },
    });
    for (const group of spreadLabels(placed.filter(({ mark }) => mark.on_x), measure)) {
      const half = measure(group.text) / 2;
      const x = Math.min(Math.max(group.at, half + 2), api.getWidth() - half - 2);
      label(group, { x, y: box.y - 3, align: "center", verticalAlign: "bottom" });
    }
    for (const group of spreadLabels(placed.filter(({ mark }) => !mark.on_x), () => markFont)) {
      label(group, { x: right - 3, y: group.at - 2, align: "right", verticalAlign: "bottom" });
    }
    return { type: "group", children };
  },
});
