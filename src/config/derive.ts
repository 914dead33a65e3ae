// Defaults that follow from other settings, so that setting one number does not force setting two.

import type { Config } from "./settings.ts";

export interface Derived {
  readonly path: string;
  readonly value: unknown;
  /** The settings it was derived from. */
  readonly from: string;
}

/** `isDefault` tells whether nobody has set that path; nothing that somebody has set is touched. */
export function deriveDefaults(config: Config, isDefault: (path: string) => boolean): Derived[] {
  const { limits, server } = config;
  const derived: Derived[] = [
    {
      path: "relay.urls",
      value: [ownUrl(config)],
      from: "server.host, server.port, tls",
    },
  ];
  const lowered = (path: string, value: number, bound: number, from: string): void => {
    if (value > bound) derived.push({ path, value: bound, from });
  };
  lowered("limits.default_limit", limits.default_limit, limits.max_limit, "limits.max_limit");
  lowered(
    "limits.max_content_length",
    limits.max_content_length,
    limits.max_message_length,
    "limits.max_message_length",
  );
  lowered(
    "server.max_connections_per_ip",
    server.max_connections_per_ip,
    server.max_connections,
    "server.max_connections",
  );
  const buffer = 4 * limits.max_message_length;
  if (server.send_buffer_bytes < buffer) {
    derived.push({
      path: "server.send_buffer_bytes",
      value: buffer,
      from: "limits.max_message_length",
    });
  }
  return derived.filter(({ path }) =>
    path === "relay.urls" ? config.relay.urls.length === 0 : isDefault(path),
  );
}

/** The URL under which this machine reaches the relay. */
function ownUrl(config: Config): string {
  const { host, port } = config.server;
  const name = isWildcard(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `${config.tls.cert === "" ? "ws" : "wss"}://${name}:${port}`;
}

/** Does this address stand for every interface, so that it is nobody's name? */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
