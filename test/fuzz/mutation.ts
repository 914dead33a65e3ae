// Frames for the fuzzer: right ones, and right ones that something has happened to – in their tree, or in their text.

import type { NostrEvent } from "../../src/nostr/event.ts";
import { Author } from "../faults/authors.ts";

export type Random = () => number;

const AUTHORS = [1, 2, 3].map((number) => new Author(`fuzz ${number}`));
const KINDS = [0, 1, 1, 3, 4, 5, 7, 62, 1059, 9735, 10_002, 20_001, 30_023, 65_535];
const WORDS = ["", "a", "nostr", "\u0000", "é漢\u{1f600}", '"]}', "\\", "x".repeat(300)];

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!;
}

const below = (random: Random, bound: number): number => Math.floor(random() * bound);

/** Values where something else was expected. Made anew, since mutations change what they are put into. */
const ODD_VALUES: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => -0,
  () => 0.5,
  () => 1e308,
  () => 2 ** 53,
  () => 65_536,
  () => "",
  () => "\u0000",
  () => "\ud800",
  () => "x".repeat(70),
  () => "é".repeat(200),
  () => "A".repeat(64),
  () => "f".repeat(64),
  () => [],
  () => [[]],
  () => [null],
  () => ({}),
  () => ({ id: {} }),
  () => JSON.parse('{"__proto__":{"ids":[]}}'),
  () => JSON.parse("[".repeat(200) + "]".repeat(200)),
  () => Array.from({ length: 600 }, () => "f".repeat(64)),
];

/** A known event now and then, so that filters, deletions and duplicates meet something. */
export class FrameMaker {
  private readonly random: Random;
  private readonly known: NostrEvent[] = [];
  private made = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** The text of a frame: one in three is as it should be. */
  text(): string {
    const { random } = this;
    const message = this.message();
    const draw = random();
    if (draw < 0.33) return JSON.stringify(message);
    if (draw < 0.75) {
      for (let times = 1 + below(random, 3); times > 0; times--) this.mutateTree(message);
      return JSON.stringify(message);
    }
    return this.mutateText(JSON.stringify(message));
  }

  private message(): unknown[] {
    const { random } = this;
    const draw = random();
    if (draw < 0.35) return ["EVENT", structuredClone(this.event())];
    if (draw < 0.6) return ["REQ", this.subscriptionId(), ...this.filters()];
    if (draw < 0.75) return ["COUNT", this.subscriptionId(), ...this.filters()];
    if (draw < 0.83) return ["CLOSE", `s${below(random, this.made + 1)}`];
    if (draw < 0.88) return ["AUTH", structuredClone(this.auth())];
    if (draw < 0.92) return ["NEG-OPEN", this.subscriptionId(), this.filter(), "6100000200"];
    if (draw < 0.95) return ["NEG-MSG", this.subscriptionId(), "6100000200"];
    if (draw < 0.97) return ["NEG-CLOSE", this.subscriptionId()];
    return [pick(random, ["", "event", "OK", "EOSE", "NOTICE", "__proto__", "REQ "])];
  }

  /** Never used twice, so that every answer belongs to one question. */
  private subscriptionId(): string {
    return `s${++this.made}`;
  }

  private event(): NostrEvent {
    const { random, known } = this;
    if (known.length > 0 && random() < 0.2) return pick(random, known);
    const tags = Array.from({ length: below(random, 4) }, () => this.tag());
    const event = pick(random, AUTHORS).sign({
      kind: pick(random, KINDS),
      content: `${below(random, 1e9)} ${pick(random, WORDS)}`,
      created_at: 1_700_000_000 + below(random, 100),
      tags,
    });
    known.push(event);
    if (known.length > 200) known.shift();
    return event;
  }

  private auth(): NostrEvent {
    const tags = [
      ["relay", "ws://127.0.0.1"],
      ["challenge", pick(this.random, WORDS)],
    ];
    return pick(this.random, AUTHORS).sign({ kind: 22_242, tags, content: `${this.random()}` });
  }

  private tag(): string[] {
    const { random, known } = this;
    const draw = random();
    if (draw < 0.25 && known.length > 0) return ["e", pick(random, known).id];
    if (draw < 0.4) return ["p", pick(random, AUTHORS).pubkey];
    if (draw < 0.5) return ["d", pick(random, WORDS)];
    if (draw < 0.55) return ["a", `30023:${pick(random, AUTHORS).pubkey}:${pick(random, WORDS)}`];
    if (draw < 0.6) return ["expiration", String(1_700_000_000 + below(random, 2e9))];
    if (draw < 0.65) return [pick(random, ["-", "relay", "nonce", "x"])];
    return ["t", pick(random, WORDS)];
  }

  private filters(): object[] {
    return Array.from({ length: 1 + below(this.random, 3) }, () => this.filter());
  }

  private filter(): object {
    const { random, known } = this;
    const filter: Record<string, unknown> = {};
    if (random() < 0.2 && known.length > 0) filter["ids"] = [pick(random, known).id];
    if (random() < 0.4) filter["authors"] = [pick(random, AUTHORS).pubkey];
    if (random() < 0.5) filter["kinds"] = [pick(random, KINDS), pick(random, KINDS)];
    if (random() < 0.3) filter[pick(random, ["#t", "#d", "&t"])] = [pick(random, WORDS)];
    if (random() < 0.2) filter["since"] = 1_700_000_000 + below(random, 100);
    if (random() < 0.2) filter["until"] = 1_700_000_000 + below(random, 100);
    if (random() < 0.5) filter["limit"] = below(random, 50);
    if (random() < 0.05) filter["search"] = pick(random, WORDS);
    return filter;
  }

  /** Changes one place of the tree. */
  private mutateTree(message: unknown[]): void {
    const { random } = this;
    const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
    const walk = (holder: Record<string, unknown>, depth: number): void => {
      for (const key of Object.keys(holder).slice(0, 12)) {
        places.push({ holder, key });
        const value = holder[key];
        if (depth < 5 && typeof value === "object" && value !== null)
          walk(value as Record<string, unknown>, depth + 1);
      }
    };
    walk(message as never, 0);
    if (places.length === 0) return;
    const { holder, key } = pick(random, places);
    const draw = random();
    if (draw < 0.5) holder[key] = pick(random, ODD_VALUES)();
    else if (draw < 0.65) delete holder[key];
    else if (draw < 0.8)
      holder[pick(random, ["id", "ids", "__proto__ ", "#e", "#", "&é", "limit", "7"])] = pick(
        random,
        ODD_VALUES,
      )();
    else if (draw < 0.9) holder[key] = pick(random, places).holder[pick(random, places).key];
    else holder[key] = String(holder[key]).toUpperCase();
    if (!isTree(message)) holder[key] = null;
  }

  private mutateText(text: string): string {
    const { random } = this;
    const at = below(random, text.length + 1);
    const draw = random();
    if (draw < 0.25) return text.slice(0, at);
    if (draw < 0.4)
      return (
        text.slice(0, at) +
        pick(random, ['"', "[", "}", ",", "\\u", "\\ud800", "1e999", "null", "\n", "é"]) +
        text.slice(at)
      );
    if (draw < 0.55) return text.slice(0, at) + text.slice(at + 1 + below(random, 8));
    if (draw < 0.65) return text + text;
    if (draw < 0.75)
      return text.replace(
        /\d+/,
        pick(random, ["1e400", "9007199254740993", "-1", "0.1", "00", "9".repeat(400)]),
      );
    if (draw < 0.85) return text.replace('"id":', '"id":1,"id":');
    if (draw < 0.9) return text + " ".repeat(below(random, 2) * FILL);
    return Array.from({ length: below(random, 200) }, () => String.fromCharCode(32 + below(random, 95))).join(
      "",
    );
  }
}

/** Makes a frame just too long. */
const FILL = 65_536;

/** Moving a part into itself makes a circle, which is no frame. */
function isTree(message: unknown): boolean {
  try {
    return JSON.stringify(message).length < 1_000_000;
  } catch {
    return false;
  }
}
