// The two ways in which a command tells how far it is: a bar for somebody who watches, a line now and then for a log.

import { Presets, SingleBar } from "cli-progress";
import { say, type Terminal } from "./terminal.ts";

const LINE_EVERY_MS = 5000;

export interface Progress<State> {
  update(state: State): void;
  stop(): void;
}

/** A bar that is not started yet. `format` is cli-progress's own. */
export function newBar(terminal: Terminal, format: string): SingleBar {
  return new SingleBar(
    { stream: terminal.talk as NodeJS.WriteStream, format, hideCursor: true, etaBuffer: 200 },
    Presets.shades_classic,
  );
}

/** A line every five seconds, the first one so long after now. */
export function linesNowAndThen<State>(
  terminal: Terminal,
  lineOf: (state: State) => string,
): Progress<State> {
  let lastMs = performance.now();
  return {
    update(state) {
      const nowMs = performance.now();
      if (nowMs - lastMs < LINE_EVERY_MS) return;
      lastMs = nowMs;
      say(terminal, lineOf(state));
    },
    stop() {},
  };
}
