// Small things that every part of the page needs.

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** What went wrong, in a sentence. */
export function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** The colour of a network, by its place. */
export const COLOURS = ["first", "second"];
