// The page as a person meets it, in a real Chromium. LAB is the address of a page that is being served, by
// `featurescope lab` for instance; without it the test serves the built page itself. Photographs are left in the folder
// that PHOTOGRAPHS names.

import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { chromium } from "playwright-core";
import { preview } from "vite";

const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ALBUM = process.env.PHOTOGRAPHS;
/** A machine that does much else at the same time is slow. */
const PATIENCE = 120_000;
/** Small enough that a busy machine takes many steps a second. */
const SMALL = "#v=1&set=training.dynamics%3Dreduced&set=batch.anchors%3D48&set=network.width%3D24&step=0";

const skip = fs.existsSync(PROGRAM) ? false : `no Chromium at ${PROGRAM}`;

let browser;
let server;
let address = process.env.LAB;
test.before(async () => {
  if (skip) return;
  if (!address) {
    server = await preview({ root: new URL("..", import.meta.url).pathname, preview: { port: 0, host: "127.0.0.1" } });
    [address] = server.resolvedUrls.local;
  }
  browser = await chromium.launch({ executablePath: PROGRAM, args: ["--no-sandbox"] });
});
test.after(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens the page at a hash; `problems` collects what goes wrong in it. */
async function open(hash, options = {}) {
  const page = await (await browser.newContext({ viewport: { width: 1300, height: 1000 }, ...options })).newPage();
  page.setDefaultTimeout(PATIENCE);
  const problems = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(address + hash);
  await page.waitForSelector("html[data-ready]");
  return { page, problems };
}

const step = async (page) => Number(await page.textContent("#step"));

/** What the two matrices show, pixel by pixel. */
const pixels = (page) =>
  page.evaluate(() => [...document.querySelectorAll(".learner canvas")].map((canvas) => canvas.toDataURL()).join());

async function scrub(page, to) {
  await page.evaluate((value) => {
    const time = document.querySelector("#time");
    time.value = String(value);
    time.dispatchEvent(new Event("input", { bubbles: true }));
  }, to);
  await page.waitForFunction((value) => document.querySelector("#step").textContent === String(value), to);
}

test("it plays, pauses, steps, rewinds to the same pixels, and a link brings it back", { skip }, async () => {
  const { page, problems } = await open(SMALL);
  assert.equal(await step(page), 0);
  const start = await pixels(page);
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "1");
  assert.notEqual(await pixels(page), start);

  await page.keyboard.press("Escape");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press(" ");
  await page.waitForFunction(() => Number(document.querySelector("#step").textContent) >= 60);
  await page.keyboard.press(" ");
  await page.waitForFunction(() => document.querySelector("#play").textContent.includes("Play"));
  const [end, last] = [await step(page), await pixels(page)];
  const link = page.url();

  await scrub(page, 0);
  assert.equal(await pixels(page), start);
  await scrub(page, 37);
  const middle = await pixels(page);
  await scrub(page, end);
  assert.equal(await pixels(page), last);
  await scrub(page, 37);
  assert.equal(await pixels(page), middle);
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "36");

  const again = await open(new URL(link).hash);
  assert.equal(await step(again.page), end);
  assert.equal(await pixels(again.page), last);
  assert.deepEqual([...problems, ...again.problems], []);
});

test("a setting changes on the way, stands in the link, and can be rewound over", { skip }, async () => {
  const { page, problems } = await open(SMALL.replace("step=0", "step=20"));
  const before = await pixels(page);
  await page.fill("input[aria-label='training.learning_rate']", "1.5");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("20%3Atraining.learning_rate%3D1.5"));
  assert.equal(await page.isVisible("#copy-note"), true);
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "21");
  const after = await pixels(page);
  await scrub(page, 20);
  assert.equal(await pixels(page), before);
  await scrub(page, 21);
  assert.equal(await pixels(page), after);
  const again = await open(new URL(page.url()).hash);
  assert.equal(await pixels(again.page), after);

  await page.click("#restart");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "0");
  await page.click("#copy-command");
  assert.equal(
    await page.inputValue("#copied"),
    "featurescope run first-look training.dynamics=reduced batch.anchors=48 network.width=24 training.learning_rate=1.5",
  );
  await page.click("#copy-python");
  assert.match(await page.inputValue("#copied"), /fs\.experiment\("first-look", \*\*\{\n {4}"training\.dynamics": "reduced",/);
  assert.deepEqual(problems, []);
});

test("every slider moves, and the engine takes its value", { skip }, async () => {
  const { page, problems } = await open(SMALL);
  const names = await page.$$eval("#settings input[type=range]", (all) => all.map((range) => range.ariaLabel));
  assert.ok(names.length >= 12, String(names));
  for (const name of names) {
    const key = name.replace(", slider", "");
    const value = await page.evaluate((label) => {
      const range = [...document.querySelectorAll("#settings input")].find((input) => input.ariaLabel === label);
      range.value = "190";
      range.dispatchEvent(new Event("input", { bubbles: true }));
      const shown = range.parentElement.querySelector("input[type=text]").value;
      range.dispatchEvent(new Event("change", { bubbles: true }));
      return shown;
    }, name);
    await page.waitForFunction((entry) => location.hash.includes(entry), `set=${key}%3D${value}`);
    assert.equal(await page.isHidden("#problem"), true, `${key}=${value}: ${await page.textContent("#problem")}`);
  }
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "1");
  assert.deepEqual(problems, []);
});

test("what makes no sense is said on the page and nothing is lost", { skip }, async () => {
  const hostile = "#v=1&set=seed%3D1&set=experiment%3D<img src=x onerror='window.stolen=1'>&set=a.b%3D1&step=3";
  const { page, problems } = await open(hostile);
  assert.match(await page.textContent("#problem"), /a\.b/);
  assert.equal(await page.evaluate(() => typeof window.stolen), "undefined");
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "1");
  await page.fill("input[aria-label='network.width']", "12");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /network cannot change on the way/.test(document.querySelector("#problem").textContent));
  assert.equal(await step(page), 1);
  assert.deepEqual(problems, []);
});

test("the opening setting: a step, a neuron, both themes, a narrow screen", { skip }, async () => {
  const { page, problems } = await open("");
  assert.equal(await page.$$eval("#stops button", (all) => all.length), 4);
  await page.click("#stops button:nth-child(2)");
  await page.waitForFunction(() => location.hash.includes("data.noise_constant%3D0.35"));
  assert.match(await page.textContent("#stop-text"), /about a third/);
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#pace").textContent.includes("ms"));
  await page.focus("#matrix-random_mask");
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.querySelector("#neuron-text").textContent.startsWith("Neuron "));
  const terms = await page.$$eval("dfn", (all) => all.map((word) => word.title.length));
  assert.ok(terms.length >= 10 && terms.every((length) => length > 20), String(terms));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300);
    if (ALBUM) await page.screenshot({ path: `${ALBUM}/lab-${colorScheme}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 360, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `${wide} pixels on a screen of 360`);
  if (ALBUM) await page.screenshot({ path: `${ALBUM}/lab-360.png`, fullPage: true });
  assert.deepEqual(problems, []);
});
