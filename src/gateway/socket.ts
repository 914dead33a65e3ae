// The WebSocket as the gateway needs it: Bun's own satisfies it, and so does the one inside Elysia's.

export interface RelaySocket {
  /** Bytes sent; -1 when they were queued behind a slow reader; 0 when they were dropped. */
  send(data: string, compress?: boolean): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
  cork<T>(callback: (socket: RelaySocket) => T): T;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Bytes that the other end has not taken yet. */
  getBufferedAmount(): number;
  readonly readyState: number;
  readonly remoteAddress: string;
}

/** WebSocket close codes this relay uses (RFC 6455 and the IANA registry). */
export const CloseCode = {
  /** The relay is stopping: come back in a moment. */
  serviceRestart: 1012,
  /** The client broke a bound of this relay. */
  policyViolation: 1008,
} as const;

export const SOCKET_OPEN = 1;
