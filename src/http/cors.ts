// Answers that programs in pages of any origin may read, with whatever headers they send.

import type { Env, Hono } from "hono";

export const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
};

/** For the OPTIONS that a browser sends first. */
const PREFLIGHT = { ...CORS, "Access-Control-Max-Age": "86400" };

/** Lets pages of any origin read these paths with headers of their own. */
export function answerPreflights<E extends Env>(app: Hono<E>, paths: readonly string[]): void {
  for (const path of paths) app.options(path, (context) => context.body(null, 204, PREFLIGHT));
}
