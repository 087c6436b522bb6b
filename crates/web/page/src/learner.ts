// A learner as the page sees it: its worker, its state now, and the figures of every step so far.

import { Player } from "./player";
import type { Answer, Choice, FromWorker, Matrix, Probed, Request } from "./protocol";

export class Learner extends Player {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, (message: FromWorker) => void>();
  private next = 0;

  constructor(arm: string) {
    super(arm);
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
    const answer = await this.ask({ open: choice });
    this.history = [(answer.arrays.record as Matrix).values.slice()];
    this.show(answer, 0);
  }

  /** Throws where other settings cannot hold from the step that is shown on. */
  async check(choice: Choice): Promise<void> {
    await this.ask({ check: choice });
  }

  /** Other settings from the step that is shown on. */
  async change(choice: Choice): Promise<void> {
    const answer = await this.ask({ change: choice });
    this.history.length = answer.told.step + 1;
    this.show(answer, answer.told.step);
  }

  async take(count: number): Promise<number> {
    const answer = await this.ask({ step: count });
    const records = answer.arrays.records as Matrix;
    const first = answer.told.step - records.rows + 1;
    for (let r = 0; r < records.rows; r++) {
      this.history[first + r] = records.values.slice(r * records.cols, (r + 1) * records.cols);
    }
    this.show(answer);
    return answer.took / Math.max(1, records.rows);
  }

  async seek(step: number): Promise<void> {
    this.show(await this.ask({ seek: step }));
  }

  /** The cosines at steps that were reached; what is shown stays. */
  async cosinesAt(steps: number[]): Promise<Matrix[]> {
    const found: Matrix[] = [];
    for (const step of steps) found.push((await this.ask({ seek: step })).arrays.cosines as Matrix);
    await this.ask({ seek: this.step });
    return found;
  }

  async probe(): Promise<{ step: number; probed: Probed }> {
    const { told } = await this.ask("probe");
    return { step: told.step, probed: told.probed as Probed };
  }

  firing(): Promise<Answer> {
    return this.ask("firing");
  }

  sample(row: number): Promise<Answer> {
    return this.ask({ sample: row });
  }
}
