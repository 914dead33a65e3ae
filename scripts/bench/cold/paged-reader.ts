// Reads one page after the other over one connection and takes the time of each.

import type { Question } from "../corpus/question.ts";
import { type Connection, type Endpoint, type Listener, open } from "../wire/connection.ts";
import { SAID } from "../wire/relay-message.ts";

const PATIENCE_MS = 20_000;

export interface Reading {
  /** Milliseconds of each page, in order. */
  readonly times: readonly number[];
  readonly faults: readonly string[];
}

export class PagedReader implements Listener {
  private readonly endpoint: Endpoint;
  private readonly faults = new Set<string>();
  private events = 0;
  private done: ((isAnswered: boolean) => void) | undefined;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  async read(pages: readonly Question[]): Promise<Reading> {
    const connection = await open(this.endpoint, this);
    const times: number[] = [];
    for (const page of pages) {
      const started = Bun.nanoseconds();
      const found = await this.ask(connection, page.filter);
      times.push((Bun.nanoseconds() - started) / 1e6);
      if (found !== page.expected)
        this.remark(`answered ${found} instead of ${page.expected}: ${JSON.stringify(page.filter)}`);
    }
    connection.drop();
    return { times, faults: [...this.faults] };
  }

  said(code: number): void {
    const kind = code & 0xff;
    if (kind === SAID.event) this.events++;
    else if (kind === SAID.eose) this.done?.(true);
    else if (kind === SAID.closed) this.done?.(false);
  }

  remark(text: string): void {
    if (this.faults.size < 5) this.faults.add(text.slice(0, 150));
  }

  ended(reason: string): void {
    this.remark(reason);
    this.done?.(false);
  }

  /** Events of the answer; -1 when there was none. */
  private async ask(connection: Connection, filter: object): Promise<number> {
    this.events = 0;
    const isAnswered = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), PATIENCE_MS);
      this.done = (answered) => {
        clearTimeout(timer);
        resolve(answered);
      };
      connection.sendText(JSON.stringify(["REQ", "page", filter]));
    });
    return isAnswered ? this.events : -1;
  }
}
