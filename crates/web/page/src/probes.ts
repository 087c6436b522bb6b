// What a linear probe reads off the features: on demand, a line for each network and step.

import { element } from "./page";
import type { Player } from "./player";
import type { Probed, Score } from "./protocol";

/** Lines that the table keeps. */
const MOST_LINES = 12;

/** The score on the most labels, with its interval. */
function scoreOf(scores: Score[], task: Score["task"]): string {
  const last = scores.filter((score) => score.task === task).sort((a, b) => a.labels - b.labels).at(-1);
  return last ? `${last.score.toFixed(3)} [${last.lower.toFixed(3)}, ${last.upper.toFixed(3)}]` : "–";
}

function linear(value: number | null): string {
  return value === null ? "no closed form" : value.toFixed(3);
}

export class Probes {
  private readonly table = element<HTMLTableElement>("probes");

  /** Probes every network at the step that is shown. */
  async take(players: Player[]): Promise<void> {
    for (const player of players) {
      const { step, probed } = await player.probe();
      this.add(player.arm, step, probed);
    }
  }

  clear(): void {
    this.table.tBodies[0]?.replaceChildren();
    this.table.hidden = true;
    element("probes-text").textContent = "";
  }

  private add(arm: string, step: number, { scores, linear: best }: Probed): void {
    const body = this.table.tBodies[0] as HTMLTableSectionElement;
    const line = body.insertRow(0);
    const cells = [String(step), arm, scoreOf(scores, "regression"), scoreOf(scores, "classification")];
    for (const text of cells) line.insertCell().textContent = text;
    while (body.rows.length > MOST_LINES) body.deleteRow(-1);
    this.table.hidden = false;
    const labels = Math.max(0, ...scores.map((score) => score.labels));
    element("probes-text").textContent =
      `The probe has ${labels} labels. In brackets is a 95 % interval. The best linear rule on x itself reaches ` +
      `R² ${linear(best.linear_r_squared)} and accuracy ${linear(best.linear_accuracy)}.`;
  }
}
