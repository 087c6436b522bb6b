// One learner, off the thread that draws.

import wasm from "./engine.wasm?url";
import { Engine } from "./engine";
import type { FromWorker } from "./protocol";

async function start(): Promise<Engine> {
  const response = await fetch(wasm);
  if (!response.ok) throw new Error(`the engine is not where the page expects it (${response.status})`);
  return Engine.load(await response.arrayBuffer());
}

const engine = start();
// Said with the first request.
engine.catch(() => undefined);

self.onmessage = async (event: MessageEvent<{ id: number; request: string }>) => {
  const { id, request } = event.data;
  let reply: FromWorker;
  try {
    const ready = await engine;
    const started = performance.now();
    const { text, numbers } = ready.answer(request);
    reply = { id, text, numbers, took: performance.now() - started };
  } catch (error) {
    // A module that stopped in the middle of a call cannot go on.
    const problem = `the engine stopped: ${String(error)}. Load the page again`;
    reply = { id, text: JSON.stringify({ error: problem }), numbers: new Float64Array(), took: 0 };
  }
  self.postMessage(reply, { transfer: [reply.numbers.buffer] });
};
