// How a long job tells how far it is: a bar for somebody who watches, a line every five seconds for a log.

import { Presets, SingleBar } from "cli-progress";
import { say, type Terminal } from "./terminal.ts";

const LINE_EVERY_MS = 5000;

export interface JobStep {
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
  readonly message: string;
}

export interface JobProgress {
  update(step: JobStep): void;
  stop(): void;
}

export function startJobProgress(name: string, terminal: Terminal): JobProgress {
  return terminal.watched ? barProgress(name, terminal) : lineProgress(name, terminal);
}

function barProgress(name: string, terminal: Terminal): JobProgress {
  const bar = new SingleBar(
    {
      stream: terminal.talk as NodeJS.WriteStream,
      format: `${name} {bar} {percentage}% | {value} of {total} | {message}`,
      hideCursor: true,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update({ done, total, message }) {
      if (total === 0) return;
      if (!started) bar.start(total, done, { message });
      started = true;
      bar.setTotal(total);
      bar.update(done, { message });
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

function lineProgress(name: string, terminal: Terminal): JobProgress {
  let lastMs = performance.now();
  return {
    update(step) {
      const now = performance.now();
      if (now - lastMs < LINE_EVERY_MS) return;
      lastMs = now;
      say(terminal, progressLine(name, step));
    },
    stop() {},
  };
}

export function progressLine(name: string, { done, total, message }: JobStep): string {
  const share = total === 0 ? "waiting" : `${done} of ${total} (${Math.floor((100 * done) / total)} %)`;
  return `${name}: ${share}${message === "" ? "" : `, ${message}`}`;
}
