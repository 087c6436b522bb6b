// The list of runs: a row for each arm, with its figures as small curves.

import { figure, duration, standing, title } from "./words";
import { hasEnded, type Arm, type Figure, type Run } from "./protocol";

/** Size of a small curve, in its own units. */
const [WIDE, HIGH] = [64, 18];
const SVG = "http://www.w3.org/2000/svg";

function element<K extends keyof HTMLElementTagNameMap>(name: K, text = "", className = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

/** A figure's course as a line. Shares stand between 0 and 1, others between their ends. */
function curve(shown: Figure): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  svg.setAttribute("aria-hidden", "true");
  const defined = shown.course.filter((value) => value !== null);
  const isShare = defined.every((value) => value >= 0 && value <= 1);
  const [low, high] = isShare ? [0, 1] : [Math.min(...defined), Math.max(...defined)];
  const x = (i: number): number => (i / Math.max(1, shown.course.length - 1)) * (WIDE - 2) + 1;
  const y = (value: number): number => HIGH - 1 - ((value - low) / (high - low || 1)) * (HIGH - 2);
  let path = "";
  shown.course.forEach((value, i) => {
    const before = i > 0 ? shown.course[i - 1] : null;
    if (value !== null) path += `${before === null || before === undefined ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
  });
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function figureCell(arm: Arm, which: number): HTMLTableCellElement {
  const cell = element("td", "", "figure");
  const shown = arm.figures[which];
  if (!shown || shown.course.length === 0) return cell;
  cell.title = title(shown.name);
  cell.append(curve(shown), element("span", figure(shown.last)));
  return cell;
}

function stepsCell(arm: Arm): HTMLTableCellElement {
  const cell = element("td", "", "steps");
  if (arm.steps !== null) {
    const bar = element("progress");
    [bar.max, bar.value] = [Math.max(1, arm.steps), arm.step];
    bar.setAttribute("aria-label", `Steps of ${arm.name}`);
    cell.append(bar);
  }
  cell.append(element("span", arm.steps === null ? `${arm.step}` : `${arm.step} / ${arm.steps}`));
  return cell;
}

/** The rows of a run, of which there is one at least. */
export function rows(run: Run, isChosen: boolean, choose: () => void): HTMLTableRowElement[] {
  const arms: (Arm | null)[] = run.arms.length > 0 ? run.arms : [null];
  return arms.map((arm, place) => {
    const row = element("tr");
    row.className = isChosen ? "chosen" : "";
    if (place === 0) row.append(runCell(run, arms.length, isChosen, choose));
    row.append(element("td", arm?.name ?? ""));
    const stands = element("td");
    stands.append(element("span", place === 0 ? standing(run, Date.now() / 1000) : (arm?.standing ?? ""), `stands ${arm?.standing ?? run.standing}`));
    const problem = (place === 0 ? run.problem : null) ?? arm?.problem;
    if (problem) stands.append(element("small", problem, "problem"));
    row.append(stands);
    row.append(...(arm ? [stepsCell(arm), figureCell(arm, 0), figureCell(arm, 1)] : [element("td"), element("td"), element("td")]));
    if (place === 0) {
      const isOpen = run.seconds_left !== null && !hasEnded(run.standing);
      const left = element("td", isOpen ? `about ${duration(run.seconds_left as number)}` : "");
      left.rowSpan = arms.length;
      row.append(left);
    }
    return row;
  });
}

function runCell(run: Run, span: number, isChosen: boolean, choose: () => void): HTMLTableCellElement {
  const cell = element("th");
  cell.scope = "rowgroup";
  cell.rowSpan = span;
  const button = element("button", run.point || run.name);
  button.title = run.name;
  button.setAttribute("aria-pressed", String(isChosen));
  button.addEventListener("click", choose);
  cell.append(button);
  return cell;
}
