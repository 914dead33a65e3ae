// One bulk request: its text, and what became of each of its operations.

import type { Client } from "@opensearch-project/opensearch";
import { classifyError, classifyFault, type Failure, type Fault } from "./failure.ts";

/** A write of one document. Versions make replays and reordering harmless: an older one never wins. */
export interface Operation {
  readonly type: "index" | "delete";
  readonly index: string;
  readonly id: string;
  /** seq of the log entry that caused it. */
  readonly version: number;
  /** JSON of the document; "" for a delete. */
  readonly body: string;
  /** seq of the event, for dead letters and for making the document again. */
  readonly seq: number;
  readonly isReduced?: boolean;
}

export type ItemResult =
  /** Done, or something newer stands there already, or there was nothing to delete. */
  { readonly type: "done" } | { readonly type: "failed"; readonly failure: Failure };

export type BulkResult =
  /** One result for each operation, in order. */
  | { readonly type: "answered"; readonly items: readonly ItemResult[] }
  | { readonly type: "failed"; readonly failure: Failure };

/** Characters of an operation on the wire, near enough to bytes for a bound on requests. */
export function sizeOf(operation: Operation): number {
  return operation.body.length + operation.index.length + operation.id.length + 90;
}

export function bulkText(operations: readonly Operation[]): string {
  let text = "";
  for (const { type, index, id, version, body } of operations) {
    text += `{"${type}":{"_index":"${index}","_id":"${id}","version":${version},"version_type":"external_gte"}}\n`;
    if (type === "index") text += `${body}\n`;
  }
  return text;
}

const DONE: ItemResult = { type: "done" };

interface BulkAnswer {
  readonly errors: boolean;
  readonly items?: readonly Record<
    string,
    { readonly status: number; readonly error?: { readonly type: string; readonly reason: string } }
  >[];
}

/** Sends once. Never throws for anything that the network or the server did. */
export async function sendBulk(client: Client, operations: readonly Operation[]): Promise<BulkResult> {
  try {
    const { body } = await client.bulk({
      body: bulkText(operations),
      filter_path: ["errors", "items.*.status", "items.*.error.type", "items.*.error.reason"],
    } as unknown as Parameters<Client["bulk"]>[0]);
    return readAnswer(body as unknown as BulkAnswer, operations);
  } catch (error) {
    return { type: "failed", failure: classifyError(error) };
  }
}

function readAnswer(answer: BulkAnswer, operations: readonly Operation[]): BulkResult {
  if (answer.errors === false) return { type: "answered", items: operations.map(() => DONE) };
  if (answer.errors !== true || answer.items?.length !== operations.length) {
    // A proxy in between, or an answer that was cut: what was done is unknown, and sending again is harmless.
    return {
      type: "failed",
      failure: { type: "unreachable", reason: "the answer is not that of a bulk request" },
    };
  }
  return {
    type: "answered",
    items: operations.map((operation, at) => itemResult(operation, answer.items![at]![operation.type])),
  };
}

function itemResult(
  operation: Operation,
  item:
    | { readonly status: number; readonly error?: { readonly type: string; readonly reason: string } }
    | undefined,
): ItemResult {
  if (item === undefined)
    return { type: "failed", failure: { type: "unreachable", reason: "an item is missing" } };
  const { status, error } = item;
  if (error === undefined || status === 409) return DONE;
  // A delete that finds neither document nor index has nothing left to do.
  if (status === 404 && operation.type === "delete") return DONE;
  return { type: "failed", failure: classifyFault({ status, ...error } satisfies Fault) };
}
