// A learner as the page sees it: its worker, its state now, and the figures of every step so far.

import type { Answer, Choice, Column, FromWorker, Matrix, Request, Told } from "./protocol";

export class Learner {
  /** What it said last of its settings. */
  about: Told | null = null;
  /** The state that is shown. */
  now: Answer | null = null;
  /** One row of figures for each step, step 0 first. */
  private history: Float64Array[] = [];
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, (message: FromWorker) => void>();
  private next = 0;

  constructor(readonly arm: string) {
    this.worker.onmessage = (event: MessageEvent<FromWorker>) => {
      this.waiting.get(event.data.id)?.(event.data);
      this.waiting.delete(event.data.id);
    };
  }

  async ask(request: Request): Promise<Answer> {
    const id = this.next++;
    const message = await new Promise<FromWorker>((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, request: JSON.stringify(request) });
    });
    const told = JSON.parse(message.text);
    if (typeof told.error === "string") throw new Error(told.error);
    const arrays: Record<string, Matrix> = {};
    let at = 0;
    for (const { name, rows, cols } of told.arrays) {
      arrays[name] = { rows, cols, values: message.numbers.subarray(at, at + rows * cols) };
      at += rows * cols;
    }
    return { told, arrays, took: message.took };
  }

  async open(choice: Choice): Promise<void> {
    this.show(await this.ask({ open: choice }), true);
    this.history = [this.record()];
  }

  /** Throws where other settings cannot hold from the step that is shown on. */
  async check(choice: Choice): Promise<void> {
    await this.ask({ check: choice });
  }

  /** Other settings from the step that is shown on. */
  async change(choice: Choice): Promise<void> {
    const answer = await this.ask({ change: choice });
    this.history.length = answer.told.step + 1;
    this.show(answer, true);
  }

  /** Takes so many steps; milliseconds that one took. */
  async take(count: number): Promise<number> {
    const answer = await this.ask({ step: count });
    const records = answer.arrays.records as Matrix;
    const first = answer.told.step - records.rows + 1;
    for (let r = 0; r < records.rows; r++) {
      this.history[first + r] = records.values.slice(r * records.cols, (r + 1) * records.cols);
    }
    this.show(answer, false);
    return answer.took / Math.max(1, records.rows);
  }

  async seek(step: number): Promise<void> {
    this.show(await this.ask({ seek: step }), false);
  }

  private show(answer: Answer, isAbout: boolean): void {
    if (isAbout) this.about = answer.told;
    this.now = answer;
  }

  private record(): Float64Array {
    return (this.now?.arrays.record as Matrix).values.slice();
  }

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
}
