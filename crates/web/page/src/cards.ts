// "What if" cards: the questions of docs/what-if.md, each with the settings of its commands.

import source from "../../../../docs/what-if.md?raw";

export interface Card {
  /** The heading that it stands under. */
  section: string;
  question: string;
  /** One a command: what is set on top of the experiment. */
  commands: Record<string, string>[];
}

const COMMAND = "featurescope run first-look ";
/** A setting that names a file. The browser has none to read. */
const NAMES_A_FILE = /=\S+\.(csv|txt|npy|npz|parquet|safetensors)(\s|$)/;

/** The settings of a command, by key. */
function settings(command: string): Record<string, string> {
  const words = command.slice(COMMAND.length).trim().split(/\s+/);
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** Cards of a page: paragraphs of text, each followed by commands that are indented by four spaces. */
export function read(page: string): Card[] {
  const cards: Card[] = [];
  let [section, question] = ["", ""];
  // A command may go on in the next line.
  for (const block of page.replace(/\\\n\s*/g, "").split(/\n\s*\n/)) {
    if (block.startsWith("## ")) section = block.slice(3).trim();
    else if (block.startsWith("    ")) {
      const lines = block.trim().split("\n").map((line) => line.trim());
      const commands = lines.filter((line) => !NAMES_A_FILE.test(line));
      if (commands.length > 0 && commands.every((command) => command.startsWith(COMMAND))) {
        cards.push({ section, question, commands: commands.map(settings) });
      }
    } else question = plain(block);
  }
  return cards;
}

/** Text without the marks of Markdown. */
function plain(text: string): string {
  return text.replaceAll("`", "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\s+/g, " ").trim();
}

export const CARDS = read(source);

/** Puts the cards into the page; `chosen` hears of the settings of the one that is pressed. */
export function showCards(place: HTMLElement, chosen: (card: Card, set: Record<string, string>) => void): void {
  for (const section of new Set(CARDS.map((card) => card.section))) {
    const group = document.createElement("details");
    const name = document.createElement("summary");
    name.textContent = section;
    group.append(name);
    for (const card of CARDS.filter((other) => other.section === section)) {
      const question = document.createElement("p");
      question.textContent = card.question;
      group.append(question);
      for (const set of card.commands) {
        const button = document.createElement("button");
        button.className = "code";
        button.textContent = Object.entries(set).map(([key, value]) => `${key}=${value}`).join(" ");
        button.onclick = () => chosen(card, set);
        group.append(button);
      }
    }
    place.append(group);
  }
}
