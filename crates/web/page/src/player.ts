// What the page shows of one network: a learner of the engine, or an arm of a stored run.

import { bestAtom } from "./draw";
import type { Answer, Column, Matrix, Probed, Told } from "./protocol";

/** |cos| from which a neuron owns an atom, as in the terminal's atoms.json. */
const OWNER_COSINE = 0.7;

/** Energies in stage I by the closed form, from some step on. */
export interface Forecast {
  from: number;
  /** Factors by which a step multiplies the weights. */
  growth: { sparse: number; dense: number } | null;
}

export interface Owner {
  neuron: number;
  cosine: number;
}

export abstract class Player {
  /** What is known of its settings. */
  about: Told | null = null;
  /** The state that is shown. */
  now: Answer | null = null;
  /** |cos| at step 0, where that was seen. */
  start: Matrix | null = null;
  /** One row of figures for each step, step 0 first. */
  protected history: Float64Array[] = [];
  protected forecasts: Forecast[] = [];
  /** The first step at which an atom was seen with an owner. */
  private owned: (number | undefined)[] = [];

  constructor(readonly arm: string) {}

  /** Takes so many steps; milliseconds that one took. */
  abstract take(count: number): Promise<number>;
  abstract seek(step: number): Promise<void>;
  /** Probes of the state that is shown. */
  abstract probe(): Promise<{ step: number; probed: Probed }>;
  /** What each neuron fires for. */
  abstract firing(): Promise<Answer>;
  abstract sample(row: number): Promise<Answer>;

  get step(): number {
    return this.now?.told.step ?? 0;
  }

  /** The last step that was reached. */
  get reached(): number {
    return Math.max(0, this.history.length - 1);
  }

  get stopped(): string | null {
    return this.now?.told.stop ?? null;
  }

  columns(): Column[] {
    return this.about?.columns ?? [];
  }

  /** A figure at a step; NaN where it is not defined. */
  figure(name: string, step: number = this.step): number {
    const column = this.columns().findIndex((found) => found.name === name);
    return this.history[step]?.[column] ?? NaN;
  }

  /** The last step of stage I: as measured, or else as predicted. */
  get forecastEnd(): number {
    return this.now?.told.first_stage_end ?? this.about?.t1_predicted ?? Infinity;
  }

  /** Mean energy by the closed form, from the measured start; NaN where theory says nothing. */
  forecast(part: "sparse" | "dense", step: number): number {
    const forecast = this.forecasts.findLast(({ from }) => from <= step);
    if (!forecast?.growth || step > this.forecastEnd) return NaN;
    return this.figure(`${part}_energy_mean`, forecast.from) * forecast.growth[part] ** (2 * (step - forecast.from));
  }

  /** The neuron that an atom belongs to now. */
  owner(atom: number): Owner | null {
    const best = this.nearestNeuron(this.now?.arrays.cosines, atom);
    return best && best.cosine > OWNER_COSINE ? best : null;
  }

  /** The neuron that is nearest to an atom. */
  nearestNeuron(cosines: Matrix | null | undefined, atom: number): Owner | null {
    if (!cosines || atom >= cosines.cols) return null;
    let best: Owner = { neuron: 0, cosine: 0 };
    for (let neuron = 0; neuron < cosines.rows; neuron++) {
      const cosine = Math.abs(cosines.values[neuron * cosines.cols + atom] as number);
      if (cosine > best.cosine) best = { neuron, cosine };
    }
    return best;
  }

  /** How many neurons are nearer to this atom than to any other. */
  suitors(cosines: Matrix | null | undefined, atom: number): number {
    const neurons = Array.from({ length: cosines?.rows ?? 0 }, (_, i) => i);
    return neurons.filter((i) => bestAtom(cosines as Matrix, i).atom === atom).length;
  }

  firstOwned(atom: number): number | undefined {
    return this.owned[atom];
  }

  /** Takes a state in; `from` is the step that a course begins at, where it does. */
  protected show(answer: Answer, from: number | null = null): void {
    if (from !== null) {
      this.about = answer.told;
      if (from === 0) [this.start, this.owned] = [answer.arrays.cosines as Matrix, []];
      this.owned = this.owned.map((step) => (step !== undefined && step <= from ? step : undefined));
      this.forecasts = this.forecasts.filter((forecast) => forecast.from < from);
      this.forecasts.push({ from, growth: answer.told.growth });
    }
    this.now = answer;
    for (let atom = 0; atom < (answer.arrays.cosines as Matrix).cols; atom++) {
      if (this.owner(atom)) this.owned[atom] = Math.min(this.owned[atom] ?? Infinity, this.step);
    }
  }
}
