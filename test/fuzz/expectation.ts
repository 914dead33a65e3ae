// What a relay must answer to a frame, read from the frame alone: the oracle of the frame fuzzer.

/** A message of the relay that answers something: its verb, and the id that it carries. */
export interface Expected {
  readonly verbs: readonly string[];
  /** Undefined for a NOTICE. */
  readonly id?: string;
}

const FRAME_BYTES_MAX = 65_536;
const ECHOED_EVENT_ID_MAX = 128;
const SUBSCRIPTION_ID_MAX = 64;
const ECHOED_SUBSCRIPTION_ID_BYTES_MAX = 256;

/** Long messages that nest deeper than this are not even parsed. */
const DEPTH_MAX = 64;
const DEPTH_CHECKED_FROM = 16_384;

const NOTICE: Expected = { verbs: ["NOTICE"] };

/** Undefined when no answer may come. */
export function expectationOf(text: string): Expected | undefined {
  if (Buffer.byteLength(text) > FRAME_BYTES_MAX) return NOTICE;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return NOTICE;
  }
  if (!Array.isArray(message)) return NOTICE;
  if (text.length >= DEPTH_CHECKED_FROM && depthOf(message) > DEPTH_MAX) return NOTICE;
  switch (message[0]) {
    case "EVENT":
    case "AUTH":
      return ofEvent(message[1]);
    case "REQ":
      return ofSubscription(message[1], ["EOSE", "CLOSED"]);
    case "COUNT":
      return ofSubscription(message[1], ["COUNT", "CLOSED"]);
    case "NEG-OPEN":
    case "NEG-MSG":
      return ofSubscription(message[1], ["NEG-MSG", "NEG-ERR"]);
    case "CLOSE":
    case "NEG-CLOSE":
      return undefined;
    default:
      return NOTICE;
  }
}

function ofEvent(event: unknown): Expected {
  const id = (event as { readonly id?: unknown } | null | undefined)?.id;
  return typeof id === "string" && id.length <= ECHOED_EVENT_ID_MAX && id.isWellFormed()
    ? { verbs: ["OK"], id }
    : NOTICE;
}

function ofSubscription(id: unknown, verbs: readonly string[]): Expected {
  if (typeof id !== "string" || !id.isWellFormed()) return NOTICE;
  const isValid = id.length > 0 && [...id].length <= SUBSCRIPTION_ID_MAX;
  if (isValid) return { verbs, id };
  return Buffer.byteLength(id) <= ECHOED_SUBSCRIPTION_ID_BYTES_MAX
    ? { verbs: ["CLOSED", "NEG-ERR"], id }
    : NOTICE;
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
