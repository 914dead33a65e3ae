// A long message, read in slices: where its elements lie, then one after the other, trusting nothing.

import { parseFilter } from "../nostr/filter.ts";
import { isRefusal, type Refusal, refuse } from "../nostr/reason.ts";
import { type ClientMessage, messageOf, NOT_AN_ARRAY, NOT_JSON } from "./client-message.ts";
import { ReadFilter } from "./filters.ts";

/** Shorter messages are parsed in one go: below this, even the deepest nesting takes no time. */
export const LONG_FROM_CHARACTERS = 16_384;

/** Messages of Nostr nest four deep: message, event, tags, tag. */
const DEPTH_MAX = 64;
const TOO_DEEP = refuse("invalid", `the message is nested deeper than ${DEPTH_MAX} levels`);

/** Characters looked at between two slices, about 0.2 ms; finding the next quote costs as much as so many. */
const LOOKS_PER_SLICE = 131_072;
const LOOKS_PER_QUOTE = 32;

/**
 * Answers what parsing it whole would; yields after each piece of work, none of them long unless a single element is. To
 * parse millions of brackets takes seconds and gigabytes: what is nested too deep is not parsed at all.
 */
export function* readLongMessage(text: string): Generator<void, ClientMessage | Refusal> {
  const spans = yield* spansOf(text);
  if (isRefusal(spans)) return spans;
  const elements: unknown[] = [];
  for (const [start, end] of spans) {
    try {
      elements.push(JSON.parse(text.slice(start, end)));
    } catch {
      return NOT_JSON;
    }
    yield;
  }
  const message = messageOf(elements);
  if (isRefusal(message) || (message.verb !== "REQ" && message.verb !== "COUNT")) return message;
  for (let at = 2; at < elements.length; at++) {
    elements[at] = new ReadFilter(parseFilter(elements[at]));
    yield;
  }
  return message;
}

type Span = readonly [start: number, end: number];

const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const QUOTE = 0x22;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Where the elements of the outermost array lie. Whether each of them is JSON is not known yet. */
function* spansOf(text: string): Generator<void, readonly Span[] | Refusal> {
  const array = new OutermostArray();
  let isInString = false;
  let looks = 0;
  for (let at = 0; at < text.length; at++) {
    if (++looks > LOOKS_PER_SLICE) {
      looks = 0;
      yield;
    }
    if (isInString) {
      at = text.indexOf('"', at);
      if (at === -1) return NOT_JSON;
      isInString = isEscaped(text, at);
      looks += LOOKS_PER_QUOTE;
      continue;
    }
    const code = text.charCodeAt(at);
    if (isBlank(code)) continue;
    const refusal = array.take(code, at);
    if (refusal !== undefined) return refusal;
    isInString = code === QUOTE;
  }
  return array.elements();
}

/** Follows the brackets, and the commas between its elements. Of each string it is shown the first quote alone. */
class OutermostArray {
  private readonly spans: Span[] = [];
  private depth = 0;
  /** Behind the bracket or the comma that the next element follows; -1 before the array has begun. */
  private start = -1;
  private last = -1;

  /** The next character that is not blank. */
  take(code: number, at: number): Refusal | undefined {
    if (this.depth === 0) return this.begin(code, at);
    const { last } = this;
    this.last = at;
    if (code === OPEN_ARRAY || code === OPEN_OBJECT) return ++this.depth > DEPTH_MAX ? TOO_DEEP : undefined;
    if (code === COMMA && this.depth === 1) {
      this.spans.push([this.start, at]);
      this.start = at + 1;
    } else if ((code === CLOSE_ARRAY || code === CLOSE_OBJECT) && --this.depth === 0) {
      if (code === CLOSE_OBJECT) return NOT_JSON;
      const isEmpty = this.spans.length === 0 && last < this.start;
      if (!isEmpty) this.spans.push([this.start, at]);
    }
    return undefined;
  }

  elements(): readonly Span[] | Refusal {
    return this.depth === 0 && this.start !== -1 ? this.spans : this.refusal();
  }

  private begin(code: number, at: number): Refusal | undefined {
    if (code !== OPEN_ARRAY || this.start !== -1) return this.refusal();
    this.depth = 1;
    this.start = at + 1;
    return undefined;
  }

  private refusal(): Refusal {
    return this.start === -1 ? NOT_AN_ARRAY : NOT_JSON;
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (quote - before) % 2 === 0;
}
