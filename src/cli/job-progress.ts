// How a long job tells how far it is.

import { linesNowAndThen, newBar, type Progress } from "./progress-display.ts";
import type { Terminal } from "./terminal.ts";

export interface JobStep {
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
  readonly message: string;
}

export function startJobProgress(name: string, terminal: Terminal): Progress<JobStep> {
  return terminal.watched
    ? barProgress(name, terminal)
    : linesNowAndThen(terminal, (step) => progressLine(name, step));
}

function barProgress(name: string, terminal: Terminal): Progress<JobStep> {
  const bar = newBar(terminal, `${name} {bar} {percentage}% | {value} of {total} | {message}`);
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

export function progressLine(name: string, { done, total, message }: JobStep): string {
  const share = total === 0 ? "waiting" : `${done} of ${total} (${Math.floor((100 * done) / total)} %)`;
  return `${name}: ${share}${message === "" ? "" : `, ${message}`}`;
}
