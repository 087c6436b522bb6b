// What every part of the script needs: the data of the page, nodes, colours, numbers as text.
const page = JSON.parse(document.getElementById("figures").textContent);
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
const tooltipBox = () => ({
  confine: true,
  backgroundColor: style("--card"),
  borderColor: style("--line"),
  textStyle: { color: style("--ink"), fontSize: 12 },
  transitionDuration: 0,
});
