// The page in a real Firefox. No driver is needed: a page around it presses its buttons and reports what it saw.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import test from "node:test";
import { DIST, folder } from "../tools/bundle.mjs";

const PROGRAM = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => path && fs.existsSync(path));
const skip = PROGRAM ? false : "no Firefox";
/** Milliseconds; a machine that does much else at the same time is slow. */
const PATIENCE = 180_000;
const SMALL = "v=1&set=training.dynamics%3Dreduced&set=batch.anchors%3D48&set=network.width%3D24&step=0";

/** Runs in Firefox, around the page. */
async function drive() {
  const inner = document.querySelector("iframe").contentWindow;
  const problems = [];
  inner.addEventListener("error", (event) => problems.push(String(event.message)));
  const find = (selector) => inner.document.querySelector(selector);
  const until = async (isSo) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const at = (step) => until(() => find("#step").textContent === String(step));
  const pixels = () => [...inner.document.querySelectorAll(".learner canvas")].map((canvas) => canvas.toDataURL()).join();
  const scrub = async (step) => {
    find("#time").value = String(step);
    find("#time").dispatchEvent(new inner.Event("input"));
    await at(step);
  };
  await until(() => find("html[data-ready]"));
  const start = pixels();
  for (const step of [1, 2, 3]) {
    find("#forward").click();
    await at(step);
  }
  const end = pixels();
  await scrub(0);
  const isStartAgain = pixels() === start;
  await scrub(3);
  const isEndAgain = pixels() === end;
  find("#probe").click();
  await until(() => find("#probes tbody tr:nth-child(2)"));
  const report = { moved: start !== end, isStartAgain, isEndAgain, said: find("#problem").textContent, problems };
  await fetch("/report", { method: "POST", body: JSON.stringify(report) });
}

test("it steps, rewinds to the same pixels and probes", { skip, timeout: PATIENCE }, async (t) => {
  const files = folder(DIST);
  const kinds = { html: "text/html", js: "text/javascript", css: "text/css", wasm: "application/wasm" };
  const around = `<!doctype html><iframe src="/index.html#${SMALL}" width="1200" height="900"></iframe><script>(${drive})()</script>`;
  let told;
  const report = new Promise((resolve) => (told = resolve));
  const server = http.createServer(async (request, response) => {
    const name = new URL(request.url, "http://x").pathname.slice(1);
    if (request.method === "POST") {
      let body = "";
      for await (const piece of request) body += piece;
      told(JSON.parse(body));
      return response.end();
    }
    const content = name === "around.html" ? around : files[name];
    response.writeHead(content ? 200 : 404, { "Content-Type": kinds[name.split(".").at(-1)] ?? "text/plain" });
    response.end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const profile = fs.mkdtempSync(`${os.tmpdir()}/firefox-`);
  const address = `http://127.0.0.1:${server.address().port}/around.html`;
  const browser = spawn(PROGRAM, ["--headless", "--no-remote", "--profile", profile, address], { stdio: "ignore" });
  t.after(async () => {
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    browser.kill();
    await ended;
    server.closeAllConnections();
    server.close();
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  assert.deepEqual(await report, { moved: true, isStartAgain: true, isEndAgain: true, said: "", problems: [] });
});
