// What a command sees of the outside: its streams, its environment and the time. Data goes to `output`, talk to `talk`.

import type { Readable, Writable } from "node:stream";
import type { Environment } from "../config/source-of-text.ts";

/** 0: done. 1: it failed. 2: it was asked wrongly (command line or settings). */
export type ExitCode = 0 | 1 | 2;

export interface Terminal {
  readonly input: Readable;
  /** Data, and nothing but data, so that it can be piped on. */
  readonly output: Writable;
  readonly talk: Writable;
  /** Is somebody watching what goes to `talk`? */
  readonly watched: boolean;
  readonly environment: Environment;
}

export function processTerminal(): Terminal {
  // Talk that cannot be written, on a full disk or to nobody, changes nothing of what a command does.
  process.stderr.on("error", () => {});
  return {
    input: process.stdin,
    output: process.stdout,
    talk: process.stderr,
    watched: process.stderr.isTTY,
    environment: process.env,
  };
}

export function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}

/** One line for the person at the terminal. */
export function say(terminal: Terminal, line: string): void {
  terminal.talk.write(`${line}\n`);
}

/** What is wrong with the way a command was asked. */
export function refuse(terminal: Terminal, command: string, fault: string): ExitCode {
  say(terminal, `thermocline ${command}: ${fault}`);
  return 2;
}

/** `1 event`, `2 events`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/**
 * Writes data and waits until the reader has taken it. False when the reader has gone (a closed pipe, as behind
 * `head`): nothing more is wanted then, and that is no failure.
 */
export function emit(stream: Writable, text: string): Promise<boolean> {
  if (stream.destroyed) return Promise.resolve(false);
  // The same fault comes to the callback; an event that nobody listens to would end the process.
  if (stream.listenerCount("error") === 0) stream.on("error", () => {});
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined) resolve(true);
      else if (isGone(error)) resolve(false);
      else reject(Object.assign(error, { path: nameOf(stream) }));
    });
  });
}

/** The system does not name a file that is open already. */
function nameOf(stream: Writable): string {
  const { path } = stream as { path?: unknown };
  return typeof path === "string" ? path : "standard output";
}

function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
}

/** Data as one JSON document on a line. */
export function emitJson(terminal: Terminal, value: unknown): Promise<boolean> {
  return emit(terminal.output, `${JSON.stringify(value)}\n`);
}
