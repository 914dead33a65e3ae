// The WebSocket handler object: of the shape Bun.serve takes, and that Elysia's .ws() accepts.

import type { Gateway } from "./gateway.ts";
import type { Session } from "./session.ts";
import type { RelaySocket } from "./socket.ts";

/** What an upgraded connection carries: set by the upgrade here, absent where another host has upgraded it. */
export interface ConnectionData {
  /** The client's address as the upgrade found it; of IPv6 the /64, by which clients are counted. */
  address?: string;
  session?: Session;
}

/** Bun's socket, or a wrapper that holds Bun's socket as `raw`. */
export interface HostSocket {
  readonly raw?: unknown;
  readonly data?: unknown;
}

export interface WebSocketOptions {
  readonly messageBytesMax: number;
  readonly idleTimeoutSeconds: number;
  readonly sendBufferBytesMax: number;
  /** Frames from this size on are compressed; 0 switches compression off. */
  readonly compressionThresholdBytes: number;
  /** The connection is gone; told once. */
  readonly closed: (address: string) => void;
}

/** Frames somewhat over the limit get a sentence instead of a bare close code: this much is read beyond it. */
const OVERSIZE_READ_BYTES = 1024 * 1024;

export function createWebSocketHandler(gateway: Gateway, options: WebSocketOptions) {
  const sessions = new WeakMap<object, Session>();
  const sessionOf = (host: HostSocket): Session | undefined =>
    host.raw === undefined ? (host.data as ConnectionData).session : sessions.get(host.raw as object);

  return {
    maxPayloadLength: options.messageBytesMax + OVERSIZE_READ_BYTES,
    idleTimeout: options.idleTimeoutSeconds,
    sendPings: true,
    // The hard bound of the runtime stands behind the relay's own, which closes with a reason.
    backpressureLimit: options.sendBufferBytesMax * 2,
    closeOnBackpressureLimit: true,
    perMessageDeflate: options.compressionThresholdBytes > 0,

    open(host: HostSocket): void {
      const socket = (host.raw ?? host) as RelaySocket;
      if (host.raw === undefined) {
        const data = host.data as ConnectionData;
        data.session = gateway.open(socket, data.address ?? socket.remoteAddress, true);
      } else {
        sessions.set(host.raw as object, gateway.open(socket, socket.remoteAddress, false));
      }
    },

    message(host: HostSocket, message: unknown): void {
      const session = sessionOf(host);
      if (session !== undefined) gateway.message(session, message);
    },

    drain(host: HostSocket): void {
      const session = sessionOf(host);
      if (session !== undefined) gateway.drain(session);
    },

    close(host: HostSocket, code: number): void {
      const session = sessionOf(host);
      if (session === undefined) return;
      gateway.closed(session, code);
      if (host.raw === undefined) options.closed(session.address);
    },
  };
}

export type RelayWebSocketHandler = ReturnType<typeof createWebSocketHandler>;
