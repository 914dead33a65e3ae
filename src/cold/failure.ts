// What a refusal by OpenSearch means for whoever sent the request: send again, send less, wait, or give it up.

import { errors } from "@opensearch-project/opensearch";

/** Why a whole request failed. */
export type Failure =
  /** Nobody answered, the answer broke off, or the cluster is not ready. Nothing is known of what was done. */
  | { readonly type: "unreachable"; readonly reason: string }
  /** Too much at once. */
  | { readonly type: "overloaded"; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Indexes are blocked for writing: disk full past the flood stage, or an operator's wish. */
  | { readonly type: "readonly"; readonly reason: string }
  /** The request has more bytes than the server reads. */
  | { readonly type: "too-large"; readonly reason: string }
  /** The index does not exist. */
  | { readonly type: "no-index"; readonly reason: string }
  /** Credentials are missing, wrong or too weak: only an operator can help. */
  | { readonly type: "forbidden"; readonly reason: string }
  /** The server read it and will never accept it. */
  | { readonly type: "malformed"; readonly reason: string };

/** Status and error of an answer, or of one item of a bulk's answer. */
export interface Fault {
  readonly status: number;
  /** The server's name for it, such as `cluster_block_exception`. */
  readonly type: string;
  readonly reason: string;
  readonly retryAfterMs?: number;
}

/** Names the class of a fault. The status alone misleads: a full disk is a 429 too, and no load will ever go away. */
export function classifyFault(fault: Fault): Failure {
  const reason = `${fault.status} ${fault.type}: ${fault.reason}`.slice(0, 500);
  if (isBlock(fault)) return { type: "readonly", reason };
  switch (fault.status) {
    case 429:
      return { type: "overloaded", reason, retryAfterMs: fault.retryAfterMs };
    case 413:
      return { type: "too-large", reason };
    case 401:
    case 403:
      return { type: "forbidden", reason };
    case 404:
      return { type: fault.type === "index_not_found_exception" ? "no-index" : "unreachable", reason };
    case 400:
      return { type: "malformed", reason };
    default:
      return { type: "unreachable", reason };
  }
}

function isBlock(fault: Fault): boolean {
  if (fault.type === "cluster_block_exception" || fault.type === "index_create_block_exception") {
    // While a cluster starts it blocks everything, with 503: that passes by itself.
    return fault.status !== 503;
  }
  return fault.type === "index_closed_exception";
}

/** The class of whatever the client threw. Throws what is no failure of the cluster but a defect of ours. */
export function classifyError(error: unknown): Failure {
  if (error instanceof errors.ResponseError) {
    const body: unknown = error.meta.body;
    return classifyFault({
      status: error.meta.statusCode ?? 0,
      ...errorOfBody(body),
      ...retryAfter(error.meta.headers),
    });
  }
  if (error instanceof errors.OpenSearchClientError || error instanceof SyntaxError) {
    return { type: "unreachable", reason: `${error.name}: ${error.message}`.slice(0, 500) };
  }
  throw error;
}

/** Type and reason inside an error answer; proxies answer with other shapes, or with a page of HTML. */
function errorOfBody(body: unknown): { type: string; reason: string } {
  if (typeof body !== "object" || body === null)
    return { type: "unknown", reason: plainLine(String(body)).slice(0, 200) };
  const { error } = body as { error?: unknown };
  if (typeof error === "string") return { type: "unknown", reason: error };
  const { type, reason } = (error ?? {}) as { type?: unknown; reason?: unknown };
  return {
    type: typeof type === "string" ? type : "unknown",
    reason: typeof reason === "string" ? reason : "no reason given",
  };
}

/** A page of HTML without its marks and line ends: reasons stand in a line of the log and of `cold status`. */
function plainLine(text: string): string {
  return text
    .replaceAll(/<[^<>]*>|\s+/g, " ")
    .replaceAll(/ +/g, " ")
    .trim();
}

function retryAfter(headers: Record<string, unknown> | null | undefined): { retryAfterMs?: number } {
  const seconds = Number(headers?.["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds, 300) * 1000 } : {};
}
