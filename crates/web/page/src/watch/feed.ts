// The stream of news, which goes on when the program comes back.

import type { News } from "./protocol";

/** Milliseconds without a word after which the program counts as gone; it says at least one in five seconds. */
const SILENCE = 12_000;
/** Milliseconds between two attempts to reach a program that refuses. */
const AGAIN = 2_000;

export interface Listener {
  news: (news: News) => void;
  /** Whether the program can be heard. */
  heard: (isThere: boolean) => void;
}

/** Listens for ever. */
export function listen(listener: Listener): void {
  let timer = 0;
  const hear = (): void => {
    listener.heard(true);
    clearTimeout(timer);
    timer = window.setTimeout(() => listener.heard(false), SILENCE);
  };
  const source = new EventSource("events");
  source.addEventListener("alive", hear);
  source.onmessage = (message: MessageEvent<string>) => {
    hear();
    listener.news(JSON.parse(message.data) as News);
  };
  source.onerror = () => {
    clearTimeout(timer);
    listener.heard(false);
    // A browser tries again by itself where the connection broke, and gives up where it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(listener), AGAIN);
  };
}
