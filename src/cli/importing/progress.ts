// How an import tells how far it is.

import { linesNowAndThen, newBar, type Progress } from "../progress-display.ts";
import type { Terminal } from "../terminal.ts";

export interface ProgressState {
  readonly events: number;
  readonly invalid: number;
  readonly readBytes: number;
  /** Undefined where nobody knows: standard input. */
  readonly totalBytes: number | undefined;
}

export function startProgress(terminal: Terminal, startMs: number): Progress<ProgressState> {
  return terminal.watched
    ? barProgress(terminal, startMs)
    : linesNowAndThen(terminal, (state) => progressLine(state, startMs, performance.now()));
}

function barProgress(terminal: Terminal, startMs: number): Progress<ProgressState> {
  const bar = newBar(
    terminal,
    "{bar} {percentage}% | {events} events, {rate}/s, {invalid} invalid | ETA {eta_formatted}",
  );
  let started = false;
  return {
    update(state) {
      // Without a size the bar stands at what was read: full, but the numbers beside it move.
      const total = Math.max(1, state.totalBytes ?? state.readBytes);
      const payload = { events: state.events, invalid: state.invalid, rate: rateOf(state, startMs) };
      if (!started) bar.start(total, state.readBytes, payload);
      else {
        bar.setTotal(total);
        bar.update(state.readBytes, payload);
      }
      started = true;
    },
    stop: () => bar.stop(),
  };
}

function progressLine(state: ProgressState, startMs: number, nowMs: number): string {
  const { events, invalid, readBytes, totalBytes } = state;
  const parts = [`${events} events`, `${rateOf(state, startMs)}/s`, `${invalid} invalid`];
  if (totalBytes !== undefined && readBytes > 0) {
    const secondsLeft = ((totalBytes - readBytes) / readBytes) * ((nowMs - startMs) / 1000);
    parts.push(`${Math.floor((100 * readBytes) / totalBytes)} %`, `about ${Math.ceil(secondsLeft)} s left`);
  }
  return parts.join(", ");
}

function rateOf({ events }: ProgressState, startMs: number): number {
  return Math.round((events * 1000) / Math.max(1, performance.now() - startMs));
}
