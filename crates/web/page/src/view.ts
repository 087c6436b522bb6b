// What is seen of the networks: matrices, figures, curves.

import { colour, drawMatrix, drawPlot, ordered } from "./draw";
import { explainTerms } from "./glossary";
import { Inspector } from "./inspect";
import { COLOURS, element } from "./page";
import type { Player } from "./player";

/** What views of a kind of augmentation are called. */
const TITLES: Record<string, string> = {
  '"random_mask"': "Masked views",
  '"none"': "The sample itself, twice",
};

interface Figure {
  term: string;
  label: string;
  text: (player: Player) => string;
}

function share(player: Player, name: string): string {
  const value = player.figure(name);
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

/** T1 or T2 as it stands at the step that is shown. */
function stageEnd(step: number | null | undefined): string {
  return step === null || step === undefined ? "not yet" : `step ${step}`;
}

function firstStageEnd(player: Player): string {
  const predicted = player.about?.t1_predicted;
  const closed = typeof predicted === "number" ? `, closed form ${Math.round(predicted)}` : "";
  return `${stageEnd(player.now?.told.first_stage_end)}${closed}`;
}

const FIGURES: Figure[] = [
  { term: "coverage", label: "atoms covered", text: (p) => share(p, "coverage_90") },
  { term: "dense energy", label: "dense energy", text: (p) => share(p, "dense_energy_fraction") },
  { term: "t1", label: "T1", text: firstStageEnd },
  { term: "t2", label: "T2", text: (p) => stageEnd(p.now?.told.second_stage_end) },
  { term: "bias", label: "threshold over norm", text: (p) => share(p, "bias_over_norm") },
];

const CAPTION = "A row is a neuron, a column is an atom. The stronger the colour, the nearer is |cos| to 1.";

interface Panel {
  title: HTMLElement;
  canvas: HTMLCanvasElement;
  values: HTMLElement[];
  stop: HTMLElement;
  order: number[];
}

export class View {
  private panels: Panel[] = [];
  readonly inspector: Inspector;

  constructor(
    private players: Player[],
    changed: () => void,
  ) {
    this.inspector = new Inspector(changed);
    this.watch(players);
  }

  /** Shows these networks from here on. */
  watch(players: Player[]): void {
    this.players = players;
    const place = document.querySelector(".learners") as HTMLElement;
    place.replaceChildren();
    this.panels = players.map((player, p) => this.panel(place, player, p));
    element("legend").replaceChildren(
      ...players.flatMap((player, p) => [
        legendEntry(p, "solid", `sparse energy, ${player.arm}`),
        legendEntry(p, "dashed", `dense energy, ${player.arm}`),
      ]),
      legendEntry(null, "dotted", "closed form of stage I"),
    );
  }

  private panel(place: HTMLElement, player: Player, p: number): Panel {
    const box = document.createElement("article");
    box.className = "learner";
    box.style.setProperty("--own", `var(--${COLOURS[p]})`);
    const title = document.createElement("h3");
    const figures = document.createElement("dl");
    figures.className = "figures";
    const values = FIGURES.map(({ term, label }) => {
      const name = document.createElement("dt");
      const word = document.createElement("dfn");
      [word.dataset.term, word.textContent] = [term, label];
      name.append(word);
      const value = document.createElement("dd");
      figures.append(name, value);
      return value;
    });
    const canvas = document.createElement("canvas");
    canvas.id = `matrix-${player.arm}`;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${player.arm}: |cosine| of every neuron (row) with every atom (column)`);
    const caption = document.createElement("p");
    caption.className = "small caption";
    caption.textContent = CAPTION;
    const stop = document.createElement("p");
    stop.className = "small";
    box.append(title, figures, canvas, caption, stop);
    place.append(box);
    explainTerms(box);
    const panel: Panel = { title, canvas, values, stop, order: [] };
    canvas.onclick = (event) => {
      const atoms = player.now?.arrays.cosines?.cols ?? 1;
      const atom = Math.min(atoms - 1, Math.floor((event.offsetX / canvas.clientWidth) * atoms));
      this.choose(p, Math.floor((event.offsetY / canvas.clientHeight) * panel.order.length), atom);
    };
    canvas.onkeydown = (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const { chosen } = this.inspector;
      this.choose(p, (chosen.player === p ? panel.order.indexOf(chosen.neuron) : -1) + by, chosen.atom);
    };
    return panel;
  }

  private choose(player: number, row: number, atom: number): void {
    const order = this.panels[player]?.order ?? [];
    const neuron = order[Math.max(0, Math.min(order.length - 1, row))];
    if (neuron !== undefined) this.inspector.choose({ player, neuron, atom });
  }

  /** Draws what the networks show now. */
  draw(): void {
    const { chosen } = this.inspector;
    this.players.forEach((player, p) => {
      const panel = this.panels[p] as Panel;
      const cosines = player.now?.arrays.cosines;
      if (!cosines) return;
      panel.title.textContent = title(player);
      panel.order = ordered(cosines);
      const neuron = chosen.player === p ? chosen.neuron : -1;
      drawMatrix(panel.canvas, cosines, panel.order, { neuron, atom: chosen.atom });
      FIGURES.forEach(({ text }, f) => ((panel.values[f] as HTMLElement).textContent = text(player)));
      panel.stop.textContent = player.stopped ? `It has stopped: ${player.stopped}.` : "";
    });
    this.drawCurves();
    this.inspector.draw(this.players);
  }

  private drawCurves(): void {
    const first = this.players[0] as Player;
    const planned = Math.max(...this.players.map((player) => player.about?.planned_steps ?? 1));
    const curves = (name: string, dash: number[]) =>
      this.players.map((player, p) => ({
        colour: colour(COLOURS[p] as string),
        dash,
        width: 2,
        at: (step: number) => player.figure(name, step),
        last: player.reached,
      }));
    const forecasts = (part: "sparse" | "dense") =>
      this.players.map((player, p) => ({
        colour: colour(COLOURS[p] as string),
        dash: [2, 3],
        width: 1.3,
        at: (step: number) => player.forecast(part, step),
        last: Math.floor(Math.min(planned, player.forecastEnd)),
      }));
    const marks = this.players.flatMap((player, p) =>
      [player.now?.told.first_stage_end, player.now?.told.second_stage_end].flatMap((step, stage) =>
        typeof step === "number" ? [{ step, text: `T${stage + 1}`, colour: colour(COLOURS[p] as string) }] : [],
      ),
    );
    drawPlot(element<HTMLCanvasElement>("energies"), {
      planned,
      step: first.step,
      curves: [
        ...forecasts("sparse"),
        ...forecasts("dense"),
        ...curves("sparse_energy_mean", []),
        ...curves("dense_energy_mean", [6, 4]),
      ],
      marks,
      logarithmic: true,
      label: "mean energy of a neuron, over steps",
    });
    drawPlot(element<HTMLCanvasElement>("coverage"), {
      planned,
      step: first.step,
      curves: curves("coverage_90", []),
      marks: [],
      logarithmic: false,
      label: "share of the atoms with a neuron of |cos| > .9",
    });
  }
}

function title(player: Player): string {
  const kind = player.about?.values["augmentation.kind"];
  if (kind === undefined) return player.arm;
  return TITLES[kind] ?? `Views by ${kind.replaceAll('"', "")}`;
}

/** A line of the legend; `null`: of every network. */
function legendEntry(player: number | null, style: string, text: string): HTMLElement {
  const entry = document.createElement("span");
  const line = document.createElement("i");
  line.style.borderColor = `var(--${player === null ? "muted" : COLOURS[player]})`;
  line.style.borderTopStyle = style;
  entry.append(line, text);
  return entry;
}
