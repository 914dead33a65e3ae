// A publishing load with everything in it that a crash must not tear: notes, versions, deletions, requests to vanish.

import type { NostrEvent } from "../../src/nostr/event.ts";
import { Author } from "./authors.ts";
import type { Entry, Ledger } from "./ledger.ts";

/** What one connection publishes, in its order; events of different connections touch the same addresses. */
export interface Script {
  readonly name: string;
  readonly events: number;
  readonly random: () => number;
}

const SHARED_AUTHORS = 6;
const sharedAuthors: Author[] = [];

function sharedAuthor(index: number): Author {
  return (sharedAuthors[index] ??= new Author(`shared ${index}`));
}

/** Signs the events of a script. Times are whole seconds before now, so that ties are common. */
export function writeScript({ name, events, random }: Script): NostrEvent[] {
  const below = (bound: number): number => Math.floor(random() * bound);
  const now = Math.floor(Date.now() / 1000) - 30;
  const author = new Author(name);
  const leaver = new Author(`${name} leaves`);
  const notes = Array.from({ length: Math.floor(events * 0.7) }, (_, index) =>
    author.sign({
      content: `${name} ${index} ${"lorem ".repeat(below(60))}`,
      created_at: now + below(3),
      tags: [
        ["t", `topic ${below(20)}`],
        ["p", sharedAuthor(below(SHARED_AUTHORS)).pubkey],
      ],
    }),
  );
  const script: NostrEvent[] = [...notes];
  const insert = (event: NostrEvent): void => void script.splice(below(script.length + 1), 0, event);
  for (let made = 0; made < events * 0.12; made++) insert(version(below, now));
  // Targets anywhere in the script: stored long ago, in the same transaction, or still to come.
  const targets = notes.filter((_, index) => index % 7 === 0);
  for (let at = 0; at + 3 <= targets.length; at += 3) {
    const tags = targets.slice(at, at + 3).map(({ id }) => ["e", id]);
    insert(author.sign({ kind: 5, tags, created_at: now + 5 }));
  }
  insert(addressDeletion(below, now));
  for (let made = 0; made < events * 0.1; made++) {
    insert(leaver.sign({ content: `${made}`, created_at: now + below(3) }));
  }
  const vanish = leaver.sign({ kind: 62, tags: [["relay", "ALL_RELAYS"]], created_at: now + 3 });
  script.splice(Math.floor(script.length * (0.3 + 0.5 * random())), 0, vanish);
  return script;
}

function version(below: (bound: number) => number, now: number): NostrEvent {
  const author = sharedAuthor(below(SHARED_AUTHORS));
  const content = `version ${below(1e9)}`;
  const created_at = now + below(20);
  if (below(2) === 0) return author.sign({ kind: [0, 3, 10_002][below(3)]!, content, created_at });
  return author.sign({ kind: 30_023, content, created_at, tags: [["d", `article ${below(3)}`]] });
}

function addressDeletion(below: (bound: number) => number, now: number): NostrEvent {
  const author = sharedAuthor(below(SHARED_AUTHORS));
  const tags = [["a", `30023:${author.pubkey}:article ${below(3)}`]];
  return author.sign({ kind: 5, tags, created_at: now + below(10), content: `${below(1e9)}` });
}

/** Sends entries over one connection with a window of unanswered ones, and writes down what is answered. */
export class LoadConnection {
  /** Answers that no healthy relay gives under this load. */
  readonly surprises: string[] = [];
  /** Resolves when everything is answered or the connection is gone. */
  readonly over: Promise<void>;
  answered = 0;
  closeCode: number | undefined;
  closeReason = "";
  private readonly socket: WebSocket;
  private readonly entries: readonly Entry[];
  private readonly ledger: Ledger;
  private next = 0;
  private readonly done = Promise.withResolvers<void>();

  constructor(url: string, entries: readonly Entry[], ledger: Ledger, window: number) {
    this.entries = entries;
    this.ledger = ledger;
    this.over = this.done.promise;
    this.socket = new WebSocket(url);
    this.socket.onopen = () => {
      for (let sent = 0; sent < window; sent++) this.sendNext();
      if (entries.length === 0) this.close();
    };
    this.socket.onmessage = ({ data }) => this.heard(JSON.parse(String(data)) as unknown[]);
    this.socket.onclose = ({ code, reason }) => {
      this.closeCode = code;
      this.closeReason = reason;
      this.done.resolve();
    };
  }

  close(): void {
    this.socket.close();
    this.done.resolve();
  }

  private sendNext(): void {
    const entry = this.entries[this.next];
    if (entry === undefined || this.socket.readyState !== WebSocket.OPEN) return;
    this.next++;
    // Marked before it leaves: from here on it may be stored.
    entry.fate = "sent";
    this.socket.send(`["EVENT",${JSON.stringify(entry.event)}]`);
  }

  private heard([verb, id, accepted, message]: unknown[]): void {
    if (verb === "NOTICE") this.surprises.push(String(id));
    if (verb !== "OK") return;
    const entry = this.ledger.get(String(id));
    if (entry === undefined) return void this.surprises.push(`OK for ${String(id)}, which nobody sent`);
    // A relay that is stopping refuses nothing that an earlier one has stored without a word.
    entry.fate = accepted === true ? "stored" : "refused";
    if (accepted !== true && !/^(?:duplicate|blocked): /.test(String(message))) {
      this.surprises.push(String(message));
    }
    this.answered++;
    if (this.answered === this.entries.length) return this.done.resolve();
    this.sendNext();
  }
}
