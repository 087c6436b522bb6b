// Draws formulas for extensions/katex_math.py: reads one JSON object a line, answers with one.
//
//     {"tex": "x^2", "display": false}   ->   {"html": "…"} or {"error": "…"}

import { createInterface } from "node:readline";
import katex from "katex";

const options = { output: "htmlAndMathml", strict: "error", throwOnError: true, trust: false };

function answer({ tex, display }) {
  try {
    return { html: katex.renderToString(tex, { ...options, displayMode: display }) };
  } catch (error) {
    return { error: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
