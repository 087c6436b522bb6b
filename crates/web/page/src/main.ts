// The page: two networks on the same samples, and everything that moves them.

import firstLook from "../../../../theories/wen-li-2021/experiments/first-look/experiment.toml?raw";
import { showCards } from "./cards";
import { asCommand, asPython } from "./copy";
import { type Files, fromDropped, fromPicked } from "./files";
import { explainTerms } from "./glossary";
import { Learner } from "./learner";
import { type State, fromHash, latest, toHash } from "./link";
import { element, inWords } from "./page";
import type { Player } from "./player";
import { Probes } from "./probes";
import type { Choice } from "./protocol";
import type { Replay } from "./replay";
import { Sample } from "./sample";
import { Settings } from "./settings";
import { TOUR } from "./tour";
import { View } from "./view";

const EXPERIMENT = "first-look";
const ARMS = ["random_mask", "none"];
/** What the page opens with on top of the experiment: the same process in fewer coordinates, at 60 steps a second. */
const OPENING: Record<string, string> = { "training.dynamics": "reduced" };
const SPEEDS = [1, 2, 5, 10, 25];
/** Steps that are asked for at once on the way to the step of a link, so that the page stays alive. */
const STRIDE = 50;

class Page {
  private readonly learners = ARMS.map((arm) => new Learner(arm));
  /** What is shown: the learners, or arms of a stored run. */
  private players: Player[] = this.learners;
  private readonly view = new View(this.players, () => this.look());
  private readonly sample = new Sample();
  private readonly probes = new Probes();
  private state: State = { start: { ...OPENING }, changes: [], step: 0 };
  private isPlaying = false;
  /** Work that has been asked for, one after the other. */
  private queue: Promise<void> = Promise.resolve();
  private settings: Settings | null = null;
  private pace = NaN;

  async begin(): Promise<void> {
    const { told } = await (this.learners[0] as Learner).ask("settings");
    this.settings = new Settings(element("settings"), told.settings, (key, value) =>
      this.enqueue(() => this.set(key, value)),
    );
    this.wire();
    await this.enqueue(() => this.restoreOr(fromHash(location.hash) ?? this.state));
    performance.mark("first-picture");
    document.documentElement.dataset.ready = "true";
  }

  private get first(): Player {
    return this.players[0] as Player;
  }

  private get isStored(): boolean {
    return this.players !== this.learners;
  }

  /** Does one thing after the other; what goes wrong is said on the page. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(async () => {
      try {
        await work();
        this.say(null);
      } catch (error) {
        this.pause();
        this.say(inWords(error));
      }
      this.show();
    });
    return this.queue;
  }

  private say(problem: string | null): void {
    const line = element("problem");
    line.hidden = problem === null;
    line.textContent = problem ?? "";
  }

  private choice(set: Record<string, string>, arm: string): Choice {
    const overrides = Object.entries(set).map(([key, value]) => `${key}=${value}`);
    return { spec: firstLook, overrides, arm };
  }

  private each(work: (learner: Learner) => Promise<unknown>): Promise<unknown> {
    return Promise.all(this.learners.map(work));
  }

  /** Begins with these settings at step 0. */
  private async open(start: Record<string, string>): Promise<void> {
    await this.each((learner) => learner.open(this.choice(start, learner.arm)));
    this.state = { start, changes: [], step: 0 };
    this.watch(this.learners);
  }

  /** Shows other networks from here on. */
  private watch(players: Player[]): void {
    this.probes.clear();
    this.view.inspector.forget();
    if (this.players === players) return;
    this.players = players;
    this.view.inspector.clear();
    this.view.watch(players);
  }

  /** Redraws after something else was chosen to be looked at. */
  private look(): void {
    this.view.draw();
    if (!this.isPlaying) void this.view.inspector.refresh(this.players);
  }

  /** Shows a stored run; its arms beyond the first two can be chosen. */
  private async load(files: Files): Promise<void> {
    const { arms } = await import("./replay");
    const found = await arms(files);
    this.pause();
    this.watch(found.slice(0, 2));
    const place = element("stored-arms");
    place.replaceChildren();
    if (found.length <= 2) return;
    this.players.forEach((_, p) => {
      const select = document.createElement("select");
      select.setAttribute("aria-label", `arm in place ${p + 1}`);
      found.forEach(({ arm }, a) => select.append(new Option(arm, String(a), a === p, a === p)));
      select.onchange = () => this.enqueue(() => this.exchange(p, found[Number(select.value)] as Replay));
      place.append(select);
    });
  }

  private async exchange(place: number, replay: Replay): Promise<void> {
    const { step } = this.first;
    this.watch(this.players.map((player, p) => (p === place ? replay : player)));
    await this.seek(step);
  }

  /** Brings the page into a state: from the start, through every change, to its step. */
  private async restore(state: State): Promise<void> {
    await this.open(state.start);
    let set = { ...state.start };
    for (const change of state.changes) {
      await this.advanceTo(change.step);
      set = { ...set, ...change.set };
      await this.each((learner) => learner.change(this.choice(set, learner.arm)));
      this.state.changes.push(change);
    }
    await this.advanceTo(state.step);
  }

  /** The same; the opening state where that cannot be had, and the reason. */
  private async restoreOr(state: State): Promise<void> {
    try {
      await this.restore(state);
    } catch (error) {
      await this.open({ ...OPENING });
      throw error;
    }
  }

  private async advanceTo(step: number): Promise<void> {
    while (this.first.step < step && !this.isDone()) {
      const count = Math.min(STRIDE, step - this.first.step);
      await this.each((learner) => learner.take(Math.min(count, Math.max(0, step - learner.step))));
      this.view.draw();
    }
  }

  private isDone(): boolean {
    return this.players.every((player) => player.stopped !== null);
  }

  /** A setting from the step that is shown on; from the start where a learner cannot go on with it. */
  private async set(key: string, value: string): Promise<void> {
    if (this.isStored) throw new Error("a stored run keeps its settings: go back to the live networks first");
    const set = { ...latest(this.state), [key]: value };
    const step = this.first.step;
    if (step === 0) return this.open(set);
    // Both are asked before one of them moves: a refusal leaves the page as it is.
    await this.each((learner) => learner.check(this.choice(set, learner.arm)));
    await this.each((learner) => learner.change(this.choice(set, learner.arm)));
    const kept = this.state.changes.filter((change) => change.step <= step);
    const last = kept.at(-1);
    if (last?.step === step) last.set[key] = value;
    else kept.push({ step, set: { [key]: value } });
    this.state.changes = kept;
  }

  private async take(count: number): Promise<void> {
    const paces = await Promise.all(this.players.map((player) => player.take(count)));
    this.pace = Math.max(...paces);
    if (this.isDone()) this.pause();
  }

  private async seek(step: number): Promise<void> {
    await Promise.all(this.players.map((player) => player.seek(Math.min(step, player.reached))));
  }

  private play(): void {
    if (this.isPlaying) {
      this.pause();
      return this.show();
    }
    this.isPlaying = true;
    this.show();
    const next = async (): Promise<void> => {
      if (!this.isPlaying) return;
      await this.enqueue(() => this.take(Number(element<HTMLSelectElement>("speed").value)));
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  private pause(): void {
    this.isPlaying = false;
  }

  private stepBack(): void {
    this.pause();
    this.enqueue(() => this.seek(Math.max(0, this.first.step - 1)));
  }

  private stepOn(): void {
    this.pause();
    this.enqueue(() => this.take(1));
  }

  private restart(): void {
    this.pause();
    this.enqueue(() => (this.isStored ? this.seek(0) : this.open(latest(this.state))));
  }

  private wire(): void {
    const speed = element<HTMLSelectElement>("speed");
    for (const steps of SPEEDS) speed.append(new Option(String(steps), String(steps), steps === 5, steps === 5));
    element("play").onclick = () => this.play();
    element("back").onclick = () => this.stepBack();
    element("forward").onclick = () => this.stepOn();
    element("restart").onclick = () => this.restart();
    element("another").onclick = () => this.enqueue(() => this.sample.another(this.first));
    element("probe").onclick = () => this.enqueue(() => this.probes.take(this.players));
    element("defaults").onclick = () => {
      this.pause();
      this.enqueue(() => this.open({ ...OPENING }));
    };
    this.wireTour();
    this.wireFiles();
    showCards(element("cards"), ({ question }, set) => {
      this.pause();
      element("stop-text").textContent = question;
      this.enqueue(() => this.open(set));
    });
    this.wireTime();
    this.wireCopies();
    document.addEventListener("keydown", (event) => this.key(event));
    const redraw = () => (this.view.draw(), this.sample.draw());
    window.addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    window.addEventListener("hashchange", () => {
      const state = fromHash(location.hash);
      if (!state || toHash(state) === toHash(this.state)) return;
      this.pause();
      this.enqueue(() => this.restoreOr(state));
    });
  }

  private wireTour(): void {
    for (const { title, set, text } of TOUR) {
      const button = document.createElement("button");
      button.textContent = title;
      button.onclick = () => {
        this.pause();
        element("stop-text").textContent = text;
        this.enqueue(() => this.open({ ...OPENING, ...set }));
      };
      element("stops").append(button);
    }
  }

  private wireFiles(): void {
    const show = (files: () => Promise<Files>) => this.enqueue(async () => this.load(await files()));
    for (const id of ["pick-folder", "pick-file"]) {
      const input = element<HTMLInputElement>(id);
      input.onchange = () => {
        const picked = input.files;
        if (picked?.length) void show(() => fromPicked(picked)).then(() => (input.value = ""));
      };
    }
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      const items = event.dataTransfer?.items;
      if (!items?.length) return;
      // What was dropped can be asked for only now.
      const files = fromDropped(items);
      files.catch(() => undefined);
      void show(() => files);
    });
    element("live").onclick = () => this.enqueue(async () => this.watch(this.learners));
    element("download").onclick = () => {
      this.pause();
      this.enqueue(async () => {
        const { archive, save } = await import("./download");
        save("lab-run.zip", await archive(this.learners));
      });
    };
  }

  /** The slider over time: only the last place that it was dragged to is computed. */
  private wireTime(): void {
    const time = element<HTMLInputElement>("time");
    let wanted: number | null = null;
    time.oninput = () => {
      this.pause();
      const isWaiting = wanted !== null;
      wanted = Number(time.value);
      if (isWaiting) return;
      this.enqueue(async () => {
        const step = wanted ?? 0;
        wanted = null;
        await this.seek(step);
      });
    };
  }

  private wireCopies(): void {
    const copy = (text: () => string) => async () => {
      const shown = element<HTMLTextAreaElement>("copied");
      [shown.hidden, shown.value] = [false, text()];
      shown.select();
      // A page without permission to use the clipboard leaves the text selected.
      await navigator.clipboard?.writeText(shown.value).catch(() => undefined);
    };
    element("copy-command").onclick = copy(() => asCommand(EXPERIMENT, latest(this.state)));
    element("copy-python").onclick = copy(() => asPython(EXPERIMENT, latest(this.state)));
    element("copy-link").onclick = copy(() => location.href);
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const isButton = target.closest("button") !== null;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.stepBack(),
      ArrowRight: () => this.stepOn(),
      Home: () => this.restart(),
      // A button in focus is pressed by the space key.
      ...(isButton ? {} : { " ": () => this.play() }),
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** Everything that depends on the state. */
  private show(): void {
    const { first, isStored } = this;
    const time = element<HTMLInputElement>("time");
    time.max = String(Math.max(...this.players.map((player) => player.reached)));
    time.value = String(first.step);
    element("step").textContent = String(first.step);
    element("play").textContent = this.isPlaying ? "❚❚ Pause" : "▶ Play";
    element("stored").hidden = !isStored;
    this.settings?.show(first.about?.values ?? {});
    this.showNotes();
    if (Number.isFinite(this.pace)) {
      element("pace").textContent = `A step of the slower learner takes ${this.pace.toFixed(1)} ms on this machine.`;
    }
    if (!isStored) this.state.step = first.step;
    if (!this.isPlaying) {
      if (!isStored) history.replaceState(null, "", toHash(this.state));
      void this.sample.refresh(first);
      void this.view.inspector.refresh(this.players);
    }
    this.view.draw();
  }

  private showNotes(): void {
    const notes = [...new Set(this.players.flatMap((player) => player.about?.notes ?? []))];
    element("notes").hidden = notes.length === 0;
    element("notes").textContent = notes.join(" ");
    const note = element("copy-note");
    note.hidden = this.state.changes.length === 0;
    note.textContent =
      "Settings were changed on the way. The command and the Python text have the settings that hold in the end, " +
      "from the start on. Their run differs from the one that is shown.";
  }
}

explainTerms(document);
void new Page().begin();
