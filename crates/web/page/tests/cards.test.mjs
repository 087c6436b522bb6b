// Every question of docs/what-if.md can be asked in the lab, or the engine says why not.

import assert from "node:assert/strict";
import test from "node:test";
import { FIRST_LOOK, load as loadEngine } from "./engine.mjs";
import { close, load } from "./modules.mjs";

test.after(close);

test("the settings of every card are taken by both networks", async () => {
  const { CARDS } = await load("cards");
  const ask = await loadEngine();
  let opened = 0;
  for (const { question, commands } of CARDS) {
    assert.ok(question.length > 10, question);
    for (const set of commands) {
      // Fewer samples, so that no card takes long.
      const overrides = Object.entries({ "batch.anchors": "8", ...set }).map(([key, value]) => `${key}=${value}`);
      for (const arm of ["random_mask", "none"]) {
        const { told } = ask({ open: { spec: FIRST_LOOK, overrides, arm } });
        assert.equal(told.error, undefined, `${question} ${overrides.join(" ")}: ${told.error}`);
        const stepped = ask({ step: 2 });
        assert.equal(stepped.told.step, 2, `${overrides.join(" ")}: ${stepped.told.stop}`);
        opened++;
      }
    }
  }
  assert.ok(opened >= 60, `${opened} were opened`);
});

test("a command that goes on in the next line is one command, and one that names a file is left out", async () => {
  const { read } = await load("cards");
  const page = "## Part\n\nWhat if `x`, see [y](y.md)?\n\n    featurescope run first-look a=1 \\\n        b=2\n    featurescope run first-look c=3\n\nWhat if z?\n\n    featurescope run first-look d=4 e=my.npy f=5\n";
  assert.deepEqual(read(page), [
    { section: "Part", question: "What if x, see y?", commands: [{ a: "1", b: "2" }, { c: "3" }] },
  ]);
});
