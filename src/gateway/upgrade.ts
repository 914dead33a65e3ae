// From an HTTP request to a WebSocket, or to the HTTP answer that says why not.

import { reasonText } from "../nostr/reason.ts";
import { networkOf } from "./client-address.ts";
import type { Connections } from "./connections.ts";
import type { ConnectionData } from "./websocket.ts";

/** The part of Bun's Server that the relay uses. */
export interface HostServer {
  upgrade(request: Request, options: { data: ConnectionData }): boolean;
  requestIP(request: Request): { readonly address: string } | null;
  publish(topic: string, data: string, compress?: boolean): number;
}

export function wantsWebSocket(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * Upgrades on `/` only: any other path would silently behave like the relay itself (NIP-01, single endpoint). Undefined
 * means that the runtime has taken the connection over.
 */
export function upgrade(
  request: Request,
  server: HostServer,
  address: string,
  connections: Connections,
): Response | undefined {
  if (pathOf(request.url) !== "/") {
    return new Response("the relay answers on / only\n", { status: 404 });
  }
  const network = networkOf(address);
  const refusal = connections.enter(network);
  if (refusal !== undefined) {
    return new Response(`${reasonText(refusal)}\n`, { status: 429, headers: { "retry-after": "60" } });
  }
  if (server.upgrade(request, { data: { address: network } })) return undefined;
  connections.leave(network);
  return new Response("this is no valid WebSocket request\n", { status: 400 });
}

/** By hand: what stands before it comes from the Host header, which may be anything, and be missing. */
function pathOf(url: string): string | undefined {
  return /^(?:https?:\/\/[^/]*)?(\/[^?#]*)/.exec(url)?.[1];
}
