// The terms of docs/glossary.toml, shown where a word of the page is hovered or focused.

import source from "../../../../docs/glossary.toml?raw";

/** Terms by name, in lower case. The file is TOML of one kind: tables `term` with `name` and `meaning`. */
function read(text: string): Map<string, string> {
  const terms = new Map<string, string>();
  for (const entry of text.split("[[term]]").slice(1)) {
    const name = /^name = "(.*)"$/m.exec(entry)?.[1];
    const meaning = /^meaning = (?:"""\\\n([^]*?)"""|"(.*)"$)/m.exec(entry);
    const words = meaning?.[1] ?? meaning?.[2];
    if (name && words) terms.set(name.toLowerCase(), words.replace(/\\\n\s*/g, "").trim());
  }
  return terms;
}

export const GLOSSARY = read(source);

/** Gives every `<dfn data-term="…">` below `root` the meaning of its term. */
export function explainTerms(root: ParentNode): void {
  for (const word of root.querySelectorAll<HTMLElement>("dfn[data-term]")) {
    const meaning = GLOSSARY.get(word.dataset.term ?? "");
    if (!meaning) throw new Error(`the glossary has no term "${word.dataset.term}"`);
    word.title = meaning;
    word.tabIndex = 0;
    word.setAttribute("aria-description", meaning);
  }
}
