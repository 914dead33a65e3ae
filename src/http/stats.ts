// The few live numbers that anybody may see.

/** Counters since the start, and how things stand now. */
export interface RelayStats {
  readonly connections: number;
  readonly subscriptions: number;
  readonly eventsStored: number;
  /** EVENT messages from clients since the start. */
  readonly eventsReceived: number;
  /** EVENT messages to clients since the start. */
  readonly deliveries: number;
  readonly uptimeSeconds: number;
}

export interface ShownStats {
  readonly connections: number;
  readonly subscriptions: number;
  readonly events_stored: number;
  readonly events_per_second: number;
  readonly deliveries_per_second: number;
  readonly uptime_seconds: number;
  readonly uptime: string;
}
