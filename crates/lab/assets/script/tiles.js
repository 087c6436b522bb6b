// Tiles: unit squares around the whole numbers of two axes of words, pale to dark, with their value where it fits.

// From this value on a tile is so dark on paper, or so light on a dark page, that its figures change colour.
const strongTile = 0.55;
const roomForFigures = [28, 13];

const tileSeries = (layer) => {
  const levels = ramp();
  const columns = layer.columns.length;
  const cells = layer.values
    .map((value, i) => ({ value, column: i % columns, row: Math.floor(i / columns), label: layer.labels[i] }))
    .filter(({ value }) => value !== null);
  return {
    type: "custom",
    name: layer.name,
    clip: true,
    data: cells.map((cell) => ({ value: [cell.column, cell.row, cell.value], tile: cell })),
    encode: { x: 0, y: 1 },
    renderItem: ({ dataIndex }, api) => {
      const { value, column, row } = cells[dataIndex];
      const [left, bottom] = api.coord([column - 0.5, row - 0.5]);
      const [right, top] = api.coord([column + 0.5, row + 0.5]);
      const shape = { x: left, y: top, width: right - left, height: bottom - top };
      const fill = `rgb(${levels[Math.round(Math.min(Math.max(value, 0), 1) * (levels.length - 1))].join(",")})`;
      const tile = { type: "rect", shape, style: { fill, stroke: style("--line"), lineWidth: 1 } };
      if (shape.width < roomForFigures[0] || shape.height < roomForFigures[1]) return tile;
      const figures = {
        type: "text",
        style: {
          text: value.toFixed(2),
          x: left + shape.width / 2,
          y: top + shape.height / 2,
          align: "center",
          verticalAlign: "middle",
          fontSize: 10.5,
          fill: value >= strongTile ? style("--card") : style("--ink"),
        },
      };
      return { type: "group", children: [tile, figures] };
    },
    z: 1,
  };
};

// A tile says its settings and its value; a point of a curve over it what it is.
const tileTooltip = () => ({
  ...tooltipBox(),
  trigger: "item",
  formatter: (item) => {
    const tile = item.data && item.data.tile;
    if (tile) return safe(tile.label);
    return `${dot(item.color)}${safe((item.data && item.data.label_text) || item.seriesName)}`;
  },
});
