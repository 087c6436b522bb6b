// Sliders made from the list of settings: names, meanings, ranges and defaults are the engine's.

import type { Setting } from "./protocol";

/** Which settings have a slider, and which part of their range it covers. */
interface Slider {
  key: string;
  from: number;
  to: number;
  /** Whether equal distances are equal ratios. */
  logarithmic?: boolean;
}

const SLIDERS: Slider[] = [
  { key: "augmentation.keep_rate", from: 0.05, to: 0.95 },
  { key: "data.noise_constant", from: 0.1, to: 4, logarithmic: true },
  { key: "data.ambient_dim", from: 32, to: 8192, logarithmic: true },
  { key: "data.latent_dim", from: 4, to: 64 },
  { key: "network.width", from: 4, to: 256, logarithmic: true },
  { key: "objective.temperature", from: 0.05, to: 10, logarithmic: true },
  { key: "batch.negatives", from: 1, to: 512, logarithmic: true },
  { key: "batch.anchors", from: 16, to: 1024, logarithmic: true },
  { key: "training.learning_rate", from: 0.05, to: 2, logarithmic: true },
  { key: "bias.reset", from: 0.1, to: 2, logarithmic: true },
  { key: "bias.growth", from: 0, to: 2 },
  { key: "training.steps", from: 100, to: 20000, logarithmic: true },
];

/** Settings that a box takes: their values have no order worth a slider. */
const BOXES = ["seed"];

const NOTCHES = 400;

/** The value at a notch, as text with no more digits than a notch is wide. */
function valueAt(slider: Slider, notch: number, isWhole: boolean): string {
  const share = notch / NOTCHES;
  const value = slider.logarithmic
    ? slider.from * (slider.to / slider.from) ** share
    : slider.from + (slider.to - slider.from) * share;
  return isWhole ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

function notchOf(slider: Slider, value: number): number {
  const share = slider.logarithmic
    ? Math.log(value / slider.from) / Math.log(slider.to / slider.from)
    : (value - slider.from) / (slider.to - slider.from);
  return Math.round(NOTCHES * Math.max(0, Math.min(1, share)));
}

export class Settings {
  private readonly fields = new Map<string, (value: string | undefined) => void>();

  /** `changed` hears of every value that is chosen. */
  constructor(
    form: HTMLFormElement,
    list: Setting[],
    private readonly changed: (key: string, value: string) => void,
  ) {
    form.onsubmit = (event) => event.preventDefault();
    for (const slider of SLIDERS) form.append(this.field(find(list, slider.key), slider));
    for (const key of BOXES) form.append(this.field(find(list, key), null));
  }

  /** Shows the values that hold; a setting that nothing uses is disabled. */
  show(values: Record<string, string>): void {
    for (const [key, show] of this.fields) show(values[key]);
  }

  private field(setting: Setting, slider: Slider | null): HTMLElement {
    const label = document.createElement("label");
    label.title = `${setting.doc} Accepted: ${setting.accepted}.`;
    label.append(setting.key);
    const row = document.createElement("div");
    row.className = "row";
    const box = document.createElement("input");
    box.type = "text";
    box.inputMode = "decimal";
    box.setAttribute("aria-label", setting.key);
    box.onchange = () => this.changed(setting.key, box.value.trim());
    const range = document.createElement("input");
    if (slider) {
      range.type = "range";
      [range.min, range.max, range.step] = ["0", String(NOTCHES), "1"];
      range.setAttribute("aria-label", `${setting.key}, slider`);
      range.oninput = () => (box.value = valueAt(slider, Number(range.value), setting.is_whole));
      range.onchange = () => this.changed(setting.key, box.value);
      row.append(range, box);
    } else {
      row.append(box);
    }
    label.append(row);
    this.fields.set(setting.key, (value) => {
      box.disabled = range.disabled = value === undefined;
      box.value = value ?? "";
      if (slider && value !== undefined) range.value = String(notchOf(slider, Number(value)));
    });
    return label;
  }
}

function find(list: Setting[], key: string): Setting {
  const found = list.find((setting) => setting.key === key);
  if (!found) throw new Error(`the engine has no setting ${key}`);
  return found;
}
