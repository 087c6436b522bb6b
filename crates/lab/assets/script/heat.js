// Heat maps, and the clock by which all of them move.
const ramp = () => {
  const stops = page.palette.heat.map((pair) => pair[shades[theme()]]).map((hex) =>
    [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return [...page.digits].map((_, level) => {
    const place = (level / (page.digits.length - 1)) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    return stops[below].map((low, c) => Math.round(low + (stops[below + 1][c] - low) * (place - below)));
  });
};

// A matrix is one picture: thousands of rectangles would be drawn over several frames, and the map would be seen half
// old and half new. Cells are enlarged by a whole factor, so that their borders stay sharp.
const matrixPicture = (heat, frame, { width, height }) => {
  const columns = heat.columns.length, rows = heat.rows.length;
  const levels = ramp();
  const cells = make("canvas", { width: columns, height: rows });
  const context = cells.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < frame.digits.length; i++) {
    const row = rows - 1 - Math.floor(i / columns);
    image.data.set([...levels[page.digits.indexOf(frame.digits[i])], 255], 4 * (row * columns + (i % columns)));
  }
  context.putImageData(image, 0, 0);
  const factor = (pixels, count) => Math.max(1, Math.ceil((pixels * devicePixelRatio) / count));
  const large = make("canvas", { width: columns * factor(width, columns), height: rows * factor(height, rows) });
  const enlarged = large.getContext("2d");
  enlarged.imageSmoothingEnabled = false;
  enlarged.drawImage(cells, 0, 0, large.width, large.height);
  return large;
};

// The entry under the pointer.
const cellAt = (entry) => {
  const { heat } = entry;
  const at = entry.pointer && entry.chart.convertFromPixel({ gridIndex: 0 }, entry.pointer);
  if (!at || heat.columns[at[0]] === undefined || heat.rows[at[1]] === undefined || entry.frame < 0) return "";
  const digit = heat.frames[entry.frame].digits[at[1] * heat.columns.length + at[0]];
  const value = page.digits.indexOf(digit) / (page.digits.length - 1);
  return `${safe(heat.column_word)} <b>${heat.columns[at[0]]}</b>, ${safe(heat.row_word)} <b>${heat.rows[at[1]]}</b><br>` +
    `${safe(heat.name)} ≈ ${value.toFixed(2)}`;
};

const heatOption = (entry) => {
  const { panel, heat } = entry;
  const frame = heat.frames[entry.frame];
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
    tooltip: { ...tooltipBox(), formatter: () => cellAt(entry) },
    series: frame ? [{
      type: "custom",
      name: heat.name,
      data: [[0, 0]],
      renderItem: ({ coordSys: { x, y, width, height } }) =>
        ({ type: "image", style: { image: matrixPicture(heat, frame, { width, height }), x, y, width, height } }),
    }] : [],
  };
};

// ---- the clock ------------------------------------------------------------------------------------------------

// It counts training steps, and there is one for the page. At every tick each matrix shows its last stored frame at or
// before that step, and all of them are drawn before the script gives the browser a chance to show anything.
const clock = { step: null, timer: null, moving: [], faces: [], players: [] };
const tickEvery = 350;

const moveTo = (entry, frame, label) => {
  if (entry.frame !== frame || !entry.drawn) {
    entry.frame = frame;
    redraw(entry);
    entry.chart.getZr().flush();
    entry.drawn = true;
  }
  entry.slider.value = String(Math.max(frame, 0));
  entry.slider.setAttribute("aria-valuetext", label);
  entry.output.textContent = label;
};

const frameAt = (entry, step) => entry.heat.frames.filter((frame) => frame.step <= step).length - 1;
const labelAt = (entry, frame, step) => {
  const shown = entry.heat.frames[frame];
  if (!shown) return `step ${step} (none stored yet)`;
  return shown.step === step ? shown.label : `step ${step} (stored at ${shown.step})`;
};

const face = (text) => clock.faces.forEach((output) => { output.textContent = text; });
const setClock = (step) => {
  clock.step = step;
  for (const entry of clock.moving) {
    const frame = frameAt(entry, step);
    moveTo(entry, frame, labelAt(entry, frame, step));
  }
  face(`step ${step}`);
  document.dispatchEvent(new CustomEvent("clock", { detail: step }));
};

const stopClock = () => {
  clearInterval(clock.timer);
  clock.timer = null;
  clock.players.forEach((button) => { button.textContent = "▶ play"; });
};
const startClock = () => {
  const steps = [...new Set(clock.moving.flatMap((entry) => entry.heat.frames.map((frame) => frame.step)))].sort((a, b) => a - b);
  const isDone = clock.step === null || clock.step >= steps[steps.length - 1];
  clock.players.forEach((button) => { button.textContent = "■ stop"; });
  setClock(isDone ? steps[0] : steps.find((step) => step > clock.step));
  clock.timer = setInterval(() => {
    const next = steps.find((step) => step > clock.step);
    if (next === undefined) stopClock(); else setClock(next);
  }, tickEvery);
};

// Every matrix at its own T1, T2 …: not one step, so the clock shows the moment.
const jumpTo = (moment) => {
  stopClock();
  clock.step = null;
  for (const entry of clock.moving) {
    const frame = entry.heat.frames.findIndex((known) => known.moment === moment);
    if (frame >= 0) moveTo(entry, frame, entry.heat.frames[frame].label);
  }
  face(moment);
};

const buildSlider = (entry, box) => {
  const last = entry.heat.frames.length - 1;
  entry.slider = make("input", { type: "range", min: "0", max: String(last), step: "1", "aria-label": `recorded step, ${entry.panel.title}` });
  entry.output = make("output");
  entry.slider.addEventListener("input", () => {
    stopClock();
    clock.step = null;
    face("");
    const frame = Number(entry.slider.value);
    moveTo(entry, frame, entry.heat.frames[frame].label);
  });
  box.append(make("div", { class: "slider" }, entry.slider, entry.output));
};

const buildClock = (place, entries) => {
  const moments = ["start", "T1", "T2", "end"].filter((moment) =>
    entries.some((entry) => entry.heat.frames.some((frame) => frame.moment === moment)));
  for (const moment of moments) {
    const button = make("button", { type: "button" }, document.createTextNode(moment));
    button.addEventListener("click", () => jumpTo(moment));
    place.append(button);
  }
  const play = make("button", { type: "button", class: "play" }, document.createTextNode(clock.timer === null ? "▶ play" : "■ stop"));
  play.addEventListener("click", () => (clock.timer === null ? startClock() : stopClock()));
  const output = make("output", { class: "clock" });
  clock.players.push(play);
  clock.faces.push(output);
  clock.moving.push(...entries);
  place.append(play, output);
  place.append(make("span", { class: "scale" }, document.createTextNode("0"), make("i"), document.createTextNode("1")));
};
