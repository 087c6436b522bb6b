// The page of `featurescope watch`: it shows what the program says of runs, and asks for nothing else.

import "../style.css";
import "./watch.css";
import { explainTerms } from "../glossary";
import { show } from "./chosen";
import { listen } from "./feed";
import { hasEnded, type Detail, type News, type Run } from "./protocol";
import { rows } from "./table";
import { title } from "./words";

/** Milliseconds after which words that depend on the clock are said again. */
const CLOCK = 15_000;

const runs = new Map<number, Run>();
let shownRows = new Map<number, HTMLTableRowElement[]>();
let chosen: number | null = null;
let detail: Detail | null = null;
/** What was known of the chosen run when its detail was asked for. */
let asked = "";
let isAsking = false;
let isHeard = false;

function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function take(news: News): void {
  if (news.all) {
    runs.clear();
    shownRows = new Map();
    byId("runs").replaceChildren();
    chosen = null;
  }
  for (const { index, run } of news.runs) {
    runs.set(index, run);
    showRows(index);
  }
  nameFigures();
  choose(wanted());
  say();
}

/** The run in the address, or the one that is being made. */
function wanted(): number | null {
  const all = [...runs.keys()];
  const named = decodeURIComponent(location.hash.slice(1));
  const byName = all.find((index) => runs.get(index)?.name === named);
  if (byName !== undefined && !byId<HTMLInputElement>("follow").checked) return byName;
  const changed = (index: number): number => runs.get(index)?.changed_unix_seconds ?? 0;
  const running = all.filter((index) => runs.get(index)?.standing === "running");
  if (chosen !== null && running.includes(chosen)) return chosen;
  const newest = running.sort((a, b) => changed(b) - changed(a))[0];
  return newest ?? chosen ?? all.find((index) => (runs.get(index)?.arms.length ?? 0) > 0) ?? null;
}

function choose(index: number | null): void {
  const before = chosen;
  chosen = index;
  if (before !== index) {
    detail = null;
    asked = "";
    for (const changed of [before, index]) if (changed !== null) showRows(changed);
  }
  void ask();
}

function chooseByHand(index: number): void {
  byId<HTMLInputElement>("follow").checked = false;
  const name = runs.get(index)?.name ?? "";
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  choose(index);
}

/** Asks for the chosen run in full if it has changed since. */
async function ask(): Promise<void> {
  const run = chosen === null ? undefined : runs.get(chosen);
  const known = JSON.stringify(run?.arms);
  if (isAsking || !run || known === asked) return showChosen();
  const index = chosen;
  isAsking = true;
  try {
    const answer = await fetch(`run/${index}`);
    if (answer.ok && index === chosen) {
      detail = (await answer.json()) as Detail;
      asked = known;
    }
  } catch {
    // The program is gone; the stream of news says so.
    isAsking = false;
    return;
  }
  isAsking = false;
  showChosen();
  if (index !== chosen || known !== JSON.stringify(run && runs.get(chosen as number)?.arms)) void ask();
}

function showChosen(): void {
  const run = chosen === null ? undefined : runs.get(chosen);
  byId("chosen").hidden = !run;
  if (!run) return;
  byId("chosen-name").textContent = run.point ? `${run.point} (${run.name})` : run.name;
  const problem = byId("chosen-problem");
  problem.hidden = !run.problem;
  problem.textContent = run.problem ?? "";
  if (detail) show(detail);
}

function showRows(index: number): void {
  const run = runs.get(index) as Run;
  const before = shownRows.get(index) ?? [];
  const hadFocus = before.some((row) => row.contains(document.activeElement));
  const made = rows(run, index === chosen, () => chooseByHand(index));
  if (before[0]) before[0].before(...made);
  else byId("runs").append(...made);
  for (const row of before) row.remove();
  shownRows.set(index, made);
  if (hadFocus) made[0]?.querySelector("button")?.focus();
}

/** The heads of the two columns of figures, if all runs record the same. */
function nameFigures(): void {
  ["first-figure", "second-figure"].forEach((id, which) => {
    const arms = [...runs.values()].flatMap((run) => run.arms);
    const names = new Set(arms.flatMap((arm) => arm.figures[which]?.name ?? []));
    byId(id).textContent = names.size === 1 ? title([...names][0] as string) : "Figure";
  });
}

function say(): void {
  const all = [...runs.values()];
  const ended = all.filter((run) => hasEnded(run.standing)).length;
  const count = all.length === 0 ? "There is no run yet." : `${ended} of ${all.length} runs have ended.`;
  const text = isHeard ? count : `${count} The program has ended, or cannot be heard. This is what it said last.`;
  if (byId("state").textContent !== text) byId("state").textContent = text;
  document.title = all.length === 0 ? "featurescope watch" : `${ended}/${all.length} – featurescope watch`;
}

explainTerms(document);
byId("follow").addEventListener("change", () => choose(wanted()));
byId("column").addEventListener("change", showChosen);
window.addEventListener("resize", showChosen);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showChosen);
setInterval(() => runs.forEach((run, index) => run.standing === "running" && showRows(index)), CLOCK);
if (location.hash.length > 1) byId<HTMLInputElement>("follow").checked = false;
listen({
  news: take,
  heard: (isThere) => {
    isHeard = isThere;
    say();
  },
});
