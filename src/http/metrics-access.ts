// Who may read /metrics: whoever has the token, or else this machine alone.

import { timingSafeEqual } from "node:crypto";

export interface MetricsRequest {
  readonly clientIp: string;
  readonly headers: Headers;
}

export type MetricsAccess =
  | { readonly type: "allowed" }
  | { readonly type: "refused"; readonly status: 401 | 403; readonly text: string };

const ALLOWED: MetricsAccess = { type: "allowed" };

/** Names under which a proxy says that it speaks for somebody else. */
const FORWARDING_HEADERS = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/** An empty token lets only direct connections from this machine read. */
export function metricsAccess(request: MetricsRequest, token: string): MetricsAccess {
  if (token !== "") {
    return bearerIs(request.headers.get("authorization"), token)
      ? ALLOWED
      : { type: "refused", status: 401, text: "send the metrics token: Authorization: Bearer …" };
  }
  // Behind a proxy on this machine that is not in server.trusted_proxies, everybody would look local.
  const isDirect = FORWARDING_HEADERS.every((name) => !request.headers.has(name));
  return isDirect && isLoopback(request.clientIp) && isLocalName(request.headers.get("host"))
    ? ALLOWED
    : {
        type: "refused",
        status: 403,
        text: "metrics are for this machine, as 127.0.0.1 or localhost; set metrics.token to read them otherwise",
      };
}

export function isLoopback(ip: string): boolean {
  const plain = ip.startsWith("::ffff:") ? ip.slice(7) : ip;
  return plain === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}

/**
 * A web page whose own name suddenly means 127.0.0.1 (DNS rebinding) reaches this machine through its visitor's browser, but
 * still under its own name.
 */
function isLocalName(host: string | null): boolean {
  if (host === null) return true;
  const name = host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || isLoopback(name);
}

/** Compares digests, so that the time taken tells nothing about the token. */
function bearerIs(header: string | null, token: string): boolean {
  const given = /^bearer +(\S+)$/i.exec(header ?? "")?.[1];
  if (given === undefined) return false;
  const digest = (text: string): Uint8Array => new Bun.CryptoHasher("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
