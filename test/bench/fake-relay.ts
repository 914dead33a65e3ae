// A relay of a hundred lines in memory: right in its answers, and nothing else, so that the bench itself can be tested.

import type { Server, ServerWebSocket } from "bun";
import { openBackend } from "../../src/ffi/backend.ts";
import { type NostrEvent, parseEvent } from "../../src/nostr/event.ts";
import { type Filter, matchesFilter, parseFilter } from "../../src/nostr/filter.ts";
import { kindClass } from "../../src/nostr/kind.ts";
import { compareNewestFirst, isNewerVersion } from "../../src/nostr/order.ts";
import { isRefusal } from "../../src/nostr/reason.ts";

interface Stored {
  readonly event: NostrEvent;
  readonly json: string;
}

interface Session {
  readonly subscriptions: Map<string, readonly Filter[]>;
}

const GIFT_WRAP = 1_059;

export class FakeRelay {
  readonly url: string;
  /** Every answer to the next REQs leaves out one event, to see whether anybody notices. */
  isForgetful = false;
  private readonly server: Server<Session>;
  private readonly stored = new Map<string, Stored>();
  private readonly versions = new Map<string, string>();
  private readonly sockets = new Set<ServerWebSocket<Session>>();
  private readonly backend = openBackend({ choice: "auto" }).backend;

  constructor() {
    this.server = Bun.serve<Session>({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, server) =>
        server.upgrade(request, { data: { subscriptions: new Map() } }) ? undefined : new Response("fake"),
      websocket: {
        open: (socket) => void this.sockets.add(socket),
        close: (socket) => void this.sockets.delete(socket),
        message: (socket, message) => this.heard(socket, JSON.parse(String(message)) as unknown[]),
      },
    });
    this.url = `ws://127.0.0.1:${this.server.port}/`;
  }

  get size(): number {
    return this.stored.size;
  }

  async stop(): Promise<void> {
    await this.server.stop(true);
  }

  /** Everything that matches, newest first, at most `limit`. */
  find(filter: Filter): Stored[] {
    return [...this.stored.values()]
      .filter(({ event }) => event.kind !== GIFT_WRAP && matchesFilter(filter, event))
      .sort((a, b) => compareNewestFirst(a.event, b.event))
      .slice(0, filter.limit ?? 500);
  }

  /** Stores an event unless a newer version is there; deletions take effect on what is stored. */
  add(stored: Stored): void {
    const { event } = stored;
    const group = kindClass(event.kind);
    if (group === "replaceable" || group === "addressable") {
      const address = `${event.kind}:${event.pubkey}:${group === "addressable" ? event.tags[0]![1] : ""}`;
      const before = this.stored.get(this.versions.get(address) ?? "");
      if (before !== undefined && !isNewerVersion(event, before.event)) return;
      if (before !== undefined) this.stored.delete(before.event.id);
      this.versions.set(address, event.id);
    }
    if (event.kind === 5) for (const [, id] of event.tags) this.stored.delete(id!);
    this.stored.set(event.id, stored);
  }

  private heard(socket: ServerWebSocket<Session>, message: unknown[]): void {
    const [verb, first, ...rest] = message;
    if (verb === "EVENT") return this.publish(socket, first);
    const filters = rest
      .map((filter) => parseFilter(filter))
      .filter((filter) => !isRefusal(filter)) as Filter[];
    const id = String(first);
    if (verb === "COUNT") {
      const unlimited = { ...filters[0]!, limit: Number.MAX_SAFE_INTEGER };
      socket.send(JSON.stringify(["COUNT", id, { count: this.find(unlimited).length }]));
    } else if (verb === "REQ") {
      const found = filters.flatMap((filter) => this.find(filter)).slice(this.isForgetful ? 1 : 0);
      for (const { json } of found) socket.send(`["EVENT","${id}",${json}]`);
      socket.data.subscriptions.set(id, filters);
      socket.send(`["EOSE","${id}"]`);
    } else if (verb === "CLOSE") socket.data.subscriptions.delete(id);
  }

  private publish(socket: ServerWebSocket<Session>, value: unknown): void {
    const parsed = parseEvent(value);
    if (isRefusal(parsed)) throw new Error(parsed.text);
    const { event, json } = parsed;
    if (!this.isSigned(event)) {
      socket.send(JSON.stringify(["OK", event.id, false, "invalid: bad signature"]));
      return;
    }
    this.add(parsed);
    socket.send(JSON.stringify(["OK", event.id, true, ""]));
    for (const other of this.sockets) {
      for (const [id, filters] of other.data.subscriptions) {
        if (filters.some((filter) => matchesFilter(filter, event))) other.send(`["EVENT","${id}",${json}]`);
      }
    }
  }

  private isSigned({ id, pubkey, sig }: NostrEvent): boolean {
    const results = new Uint8Array(1);
    this.backend.verifyPacked(Buffer.from(id + pubkey + sig, "hex"), 1, results);
    return results[0] === 1;
  }
}
