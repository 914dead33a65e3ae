// How an import tells how far it is: a bar for somebody who watches, a line every five seconds for a log.

import { Presets, SingleBar } from "cli-progress";
import { say, type Terminal } from "../terminal.ts";

const LINE_EVERY_MS = 5000;

export interface ProgressState {
  readonly events: number;
  readonly invalid: number;
  readonly readBytes: number;
  /** Undefined where nobody knows: standard input. */
  readonly totalBytes: number | undefined;
}

export interface Progress {
  update(state: ProgressState): void;
  stop(): void;
}

export function startProgress(terminal: Terminal, startMs: number): Progress {
  return terminal.watched ? barProgress(terminal, startMs) : lineProgress(terminal, startMs);
}

function barProgress(terminal: Terminal, startMs: number): Progress {
  const bar = new SingleBar(
    {
      stream: terminal.talk as NodeJS.WriteStream,
      format: "{bar} {percentage}% | {events} events, {rate}/s, {invalid} invalid | ETA {eta_formatted}",
      hideCursor: true,
      etaBuffer: 200,
    },
    Presets.shades_classic,
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

function lineProgress(terminal: Terminal, startMs: number): Progress {
  let lastMs = startMs;
  return {
    update(state) {
      const now = performance.now();
      if (now - lastMs < LINE_EVERY_MS) return;
      lastMs = now;
      say(terminal, progressLine(state, startMs, now));
    },
    stop() {},
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
