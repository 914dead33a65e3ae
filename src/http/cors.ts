// Answers that programs in pages of any origin may read, with whatever headers they send.

export const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
};

/** For the OPTIONS that a browser sends first. */
export const PREFLIGHT = { ...CORS, "Access-Control-Max-Age": "86400" };
