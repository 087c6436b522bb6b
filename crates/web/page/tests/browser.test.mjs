// The page as a person meets it, in a real Chromium. LAB is the address of a page that is being served, by
// `featurescope lab` for instance; without it the test serves the built page itself. Photographs are left in the folder
// that PHOTOGRAPHS names.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import axe from "axe-core";
import { unzipSync } from "fflate";
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

/** What axe-core finds serious in the page. */
async function barriers(page) {
  // Evaluated by the tool, so that what the page allows scripts to be does not matter.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Clicks into a matrix at a share of its width and height. */
async function clickMatrix(page, arm, across, down) {
  const box = await page.locator(`#matrix-${arm}`).boundingBox();
  await page.locator(`#matrix-${arm}`).click({ position: { x: across * box.width, y: down * box.height } });
}

test("a neuron, an atom and probes are looked at", { skip }, async () => {
  const { page, problems } = await open(SMALL.replace("step=0", "step=30"));
  await clickMatrix(page, "random_mask", 0.5, 0.5);
  await page.waitForFunction(() => document.querySelector("#fires-text").textContent.includes("fresh samples"));
  assert.match(await page.textContent("#neuron-text"), /^Neuron \d+ of random_mask: .* At the start its nearest atom was \d+/);
  const atom = await page.inputValue("#atom-number");
  assert.equal(atom, "8");
  assert.match(await page.textContent("#atom-text-0"), /^random_mask: at the start .* (owns it now|Nobody owns it now)/);
  assert.match(await page.textContent("#atom-text-1"), /^none: at the start/);
  await page.fill("#atom-number", "3");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#atom-views canvas").width > 0);
  // What a neuron fires for belongs to the step that is shown.
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "31");
  await page.waitForFunction(() => document.querySelector("#fires-text").textContent.includes("fresh samples"));

  await page.click("#probe");
  await page.waitForFunction(() => document.querySelectorAll("#probes tbody tr").length === 2);
  const cells = await page.$$eval("#probes tbody td", (all) => all.map((cell) => cell.textContent));
  assert.deepEqual([cells[0], cells[1], cells[5]], ["31", "none", "random_mask"]);
  assert.match(cells[2], /^-?0?\.?\d.* \[.*, .*\]$/);
  assert.match(await page.textContent("#probes-text"), /1000 labels.*best linear rule on x itself reaches R² 0\.\d+/);
  await page.click("#restart");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "0");
  assert.equal(await page.isHidden("#probes"), true);
  assert.deepEqual(problems, []);
});

test("the closed form of stage I stands beside the curves", { skip }, async () => {
  const { page, problems } = await open("");
  const told = await page.$$eval("#matrix-random_mask, #matrix-none", (all) =>
    all.map((canvas) => canvas.parentElement.querySelector("dl").textContent),
  );
  for (const text of told) assert.match(text, /T1not yet, closed form \d+/);
  assert.match(await page.textContent("#legend"), /closed form of stage I/);
  // No theory, no curve and no number.
  await page.evaluate(() => (location.hash = "#v=1&set=objective.kind%3Dbarlow_twins&step=0"));
  await page.waitForFunction(() => !document.querySelector(".learners").textContent.includes("closed form"));
  assert.deepEqual(problems, []);
});

test("a card opens the setting that its question asks for", { skip }, async () => {
  const { page, problems } = await open(SMALL);
  await page.click(".tour > details > summary");
  await page.click("#cards summary >> text=Views");
  await page.click("#cards button >> text=arms.none.augmentation.kind=additive_noise");
  await page.waitForFunction(() => location.hash.includes("additive_noise"));
  assert.equal(await page.textContent("#matrix-none >> xpath=../h3"), "Views by additive_noise");
  assert.match(await page.textContent("#stop-text"), /noise of their own/);
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "1");
  assert.deepEqual(problems, []);
});

test("a stored run is loaded, scrubbed and left; what is no run is refused", { skip }, async () => {
  const { page, problems } = await open(SMALL);
  const live = await pixels(page);
  const archive = new URL("stored-run.zip", import.meta.url).pathname;
  const message = (part) =>
    page.waitForFunction((text) => document.querySelector("#problem").textContent.includes(text), part);
  await page.setInputFiles("#pick-file", { name: "x.zip", mimeType: "application/zip", buffer: Buffer.from("no archive") });
  await message("no run here");
  await page.setInputFiles("#pick-file", { name: "<img src=x onerror=alert(1)>.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
  await message("is no run");
  assert.equal(await pixels(page), live);

  await page.setInputFiles("#pick-file", archive);
  await page.waitForSelector("#stored", { state: "visible" });
  assert.equal(await page.isHidden("#problem"), true);
  const start = await pixels(page);
  assert.notEqual(start, live);
  await scrub(page, 1200);
  const end = await pixels(page);
  assert.notEqual(end, start);
  assert.match(await page.textContent(".learners"), /T1step 94, closed form 105/);
  await scrub(page, 0);
  assert.equal(await pixels(page), start);
  await page.click("#probe");
  await page.waitForFunction(() => document.querySelectorAll("#probes tbody tr").length === 2);
  await clickMatrix(page, "none", 0.1, 0.1);
  await page.waitForFunction(() => document.querySelector("#fires-text").textContent.includes("stored run"));
  if (ALBUM) await page.screenshot({ path: `${ALBUM}/lab-stored.png`, fullPage: true });
  await page.click("#live");
  await page.waitForSelector("#stored", { state: "hidden" });
  assert.equal(await pixels(page), live);

  // The same as a folder, picked, and as an archive, dropped.
  const folder = fs.mkdtempSync(`${os.tmpdir()}/lab-`);
  for (const [name, content] of Object.entries(unzipSync(new Uint8Array(fs.readFileSync(archive))))) {
    fs.mkdirSync(path.dirname(`${folder}/${name}`), { recursive: true });
    fs.writeFileSync(`${folder}/${name}`, content);
  }
  await page.setInputFiles("#pick-folder", `${folder}/run`);
  await page.waitForSelector("#stored", { state: "visible" });
  assert.equal(await pixels(page), start);
  fs.rmSync(folder, { recursive: true });
  await page.click("#live");
  await page.waitForSelector("#stored", { state: "hidden" });
  await page.evaluate((bytes) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(bytes)], "run.zip"));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  }, [...fs.readFileSync(archive)]);
  await page.waitForSelector("#stored", { state: "visible" });
  assert.equal(await pixels(page), start);
  assert.deepEqual(problems, []);
});

test("what was seen is downloaded, and shows the same when it is loaded", { skip }, async () => {
  const { page, problems } = await open(SMALL.replace("step=0", "step=40"));
  const figures = () => page.$$eval(".figures", (all) => all.map((list) => [...list.querySelectorAll("dd")].map((dd) => dd.textContent)));
  const [seen, shown] = [await figures(), await pixels(page)];
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
  assert.equal(download.suggestedFilename(), "lab-run.zip");
  const file = await download.path();
  const files = unzipSync(new Uint8Array(fs.readFileSync(file)));
  const spec = new TextDecoder().decode(files["lab-run/spec.toml"]);
  assert.match(spec, /anchors = 48/);
  assert.match(spec, /\[arms\.none/);
  // The learners stand where they stood.
  await page.click("#forward");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "41");
  await page.click("#back");
  await page.waitForFunction(() => document.querySelector("#step").textContent === "40");
  assert.equal(await pixels(page), shown);

  await page.setInputFiles("#pick-file", { name: "lab-run.zip", mimeType: "application/zip", buffer: fs.readFileSync(file) });
  await page.waitForSelector("#stored", { state: "visible" });
  await scrub(page, 40);
  const loaded = await figures();
  for (const [l, list] of seen.entries()) {
    // Coverage, dense energy, thresholds. When stages ended does not stand in these files.
    for (const f of [0, 1, 4]) assert.equal(loaded[l][f], list[f]);
  }
  assert.deepEqual(problems, []);
});

test("the opening setting: a step, a neuron, both themes, a narrow screen", { skip }, async () => {
  const { page, problems } = await open("");
  assert.equal(await page.$$eval("#stops button", (all) => all.length), 8);
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
  await page.click("#probe");
  await page.waitForFunction(() => document.querySelectorAll("#probes tbody tr").length === 2);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1300, 800, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(300);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} pixels on a screen of ${width}`);
      assert.deepEqual(await barriers(page), [], `${colorScheme}, ${width} pixels`);
      if (ALBUM) await page.screenshot({ path: `${ALBUM}/lab-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  assert.deepEqual(problems, []);
});
