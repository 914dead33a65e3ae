// Where requests come in: who asks, whether they may have a connection, and whether they want a page or a socket.

import type { Config } from "./config/settings.ts";
import { createClientAddress, networkOf } from "./gateway/client-address.ts";
import { Connections } from "./gateway/connections.ts";
import type { Gateway } from "./gateway/gateway.ts";
import { type HostServer, upgrade, wantsWebSocket } from "./gateway/upgrade.ts";
import { createWebSocketHandler, type RelayWebSocketHandler } from "./gateway/websocket.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface DoorPorts {
  /** Told with each request of the server that it came by. */
  readonly met: (server: HostServer) => void;
  /** Is nobody let in any more? */
  readonly isShut: () => boolean;
  /** Answers what is no WebSocket. */
  readonly page: (request: Request, address: string) => Response | Promise<Response>;
  /** A connection was not let in: too many are open. */
  readonly refused: () => void;
  readonly logger: Logger;
}

export interface Door {
  /** Undefined means that the request became a WebSocket. */
  readonly fetch: (request: Request, server: HostServer) => Response | Promise<Response> | undefined;
  readonly websocket: RelayWebSocketHandler;
  readonly connections: Connections;
}

export function openDoor(config: Config, gateway: Gateway, ports: DoorPorts): Door {
  const { met, isShut, page, refused, logger } = ports;
  const { server: settings, limits } = config;
  const connections = new Connections({
    connectionsMax: settings.max_connections,
    connectionsPerAddressMax: settings.max_connections_per_ip,
    refused,
  });
  const clientAddress = clientAddressOf(config, logger);
  return {
    connections,
    fetch: (request, server) => {
      met(server);
      const peer = server.requestIP(request)?.address ?? "";
      const address = clientAddress(peer, request.headers);
      if (!wantsWebSocket(request)) {
        return gateway.pages.answer(networkOf(address), () => page(request, address)) ?? busy();
      }
      if (isShut())
        return new Response("the relay is stopping\n", { status: 503, headers: { "retry-after": "5" } });
      return upgrade(request, server, address, connections);
    },
    websocket: createWebSocketHandler(gateway, {
      messageBytesMax: limits.max_message_length,
      idleTimeoutSeconds: settings.idle_timeout_seconds,
      sendBufferBytesMax: settings.send_buffer_bytes,
      compressionThresholdBytes: settings.compression_threshold_bytes,
      closed: (address) => connections.leave(address),
    }),
  };
}

function busy(): Response {
  return new Response("too many pages are asked for; try again later\n", {
    status: 503,
    headers: { "retry-after": "5", connection: "close" },
  });
}

function clientAddressOf({ server }: Config, logger: Logger): ReturnType<typeof createClientAddress> {
  return createClientAddress({
    trustedProxies: server.trusted_proxies,
    header: server.client_ip_header,
    onUntrustedProxy: (peer) =>
      logger.warn(
        { peer },
        `a proxy names its clients, but is not trusted: all of them count as one address. If it is yours, set server.trusted_proxies = ["${peer}"]`,
      ),
  });
}
