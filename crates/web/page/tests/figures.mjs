// Figures of the lab on this machine: `npm run figures`. They are printed, and judged by nobody.

import { chromium } from "playwright-core";
import { preview } from "vite";
import { FIRST_LOOK, load } from "./engine.mjs";

const LARGE = { "data.latent_dim": 32, "network.width": 128, "batch.anchors": 256, "training.dynamics": "reduced" };
const SECONDS = 5;

const server = await preview({ root: new URL("..", import.meta.url).pathname, preview: { port: 0, host: "127.0.0.1" } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const [address] = server.resolvedUrls.local;
const page = await (await browser.newContext({ viewport: { width: 1300, height: 1000 } })).newPage();

/** Opens the page at settings; milliseconds until both networks are drawn. */
async function open(set) {
  const hash = new URLSearchParams([["v", "1"], ...Object.entries(set).map(([k, v]) => ["set", `${k}=${v}`]), ["step", "0"]]);
  await page.goto("about:blank");
  await page.goto(`${address}#${hash}`);
  await page.waitForSelector("html[data-ready]");
  return page.evaluate(() => performance.getEntriesByName("first-picture")[0].startTime);
}

/** Steps and pictures a second while it plays. */
async function play(steps) {
  await page.selectOption("#speed", String(steps));
  const counted = page.evaluate(async (seconds) => {
    const step = () => Number(document.querySelector("#step").textContent);
    const [began, first] = [performance.now(), step()];
    let [pictures, shown] = [0, first];
    while (performance.now() - began < 1000 * seconds) {
      await new Promise(requestAnimationFrame);
      if (step() !== shown) [shown, pictures] = [step(), pictures + 1];
    }
    const took = (performance.now() - began) / 1000;
    return { steps: (step() - first) / took, pictures: pictures / took };
  }, SECONDS);
  await page.keyboard.press(" ");
  const found = await counted;
  await page.keyboard.press(" ");
  await page.waitForFunction(() => document.querySelector("#play").textContent.includes("Play"));
  return found;
}

const openings = [];
for (let i = 0; i < 5; i++) openings.push(await open({ "training.dynamics": "reduced" }));
openings.sort((a, b) => a - b);
console.log(`first picture, two networks: median ${openings[2].toFixed(0)} ms of ${openings.length}`);

for (const steps of [1, 5]) {
  await open({ ...LARGE, "training.steps": 100_000 });
  const { steps: pace, pictures } = await play(steps);
  console.log(
    `d = 32, m = 128, P = 256, two networks, ${steps} steps a picture: ${pace.toFixed(0)} steps and ` +
      `${pictures.toFixed(0)} pictures a second`,
  );
}

await browser.close();
await server.close();

// Processor time leaves out the time in which other programs had the processor.
const overrides = Object.entries({ ...LARGE, "training.steps": 2000 }).map(([key, value]) => `${key}=${value}`);
const ask = await load();
for (const arm of ["none", "random_mask"]) {
  ask({ open: { spec: FIRST_LOOK, overrides, arm } });
  ask({ step: 20 });
  const before = process.cpuUsage().user;
  ask({ step: 100 });
  console.log(`a step of ${arm} without the page: ${((process.cpuUsage().user - before) / 1e5).toFixed(1)} ms of processor time`);
}
ask({ open: { spec: FIRST_LOOK, overrides, arm: "random_mask" } });
const sizes = [];
for (const steps of [250, 250, 1000]) sizes.push(ask({ step: steps }).bytes / 2 ** 20);
const [, early, late] = sizes;
console.log(`memory of an engine: ${early.toFixed(1)} MiB after 500 steps, ${late.toFixed(1)} MiB after 1500`);
