// The rows of the settings table about what the relay is, how it is reached, and what it tells its operator.

import {
  addressRange,
  headerName,
  listenAddress,
  publicKey,
  relayUrl,
  secretKey,
  webUrl,
} from "./nostr-types.ts";
import { section, setting } from "./setting.ts";
import { bytes, listOf, oneOf, text, whole, yesOrNo } from "./setting-type.ts";

export const relay = section("What the relay says about itself (NIP-11 and the front page).", {
  name: setting(text(), "Thermocline", "Name of the relay."),
  description: setting(text(), "", "What the relay is for, in plain words."),
  icon: setting(webUrl, "", "URL of a square picture."),
  banner: setting(webUrl, "", "URL of a wide picture."),
  pubkey: setting(publicKey, "", "Public key of the operator, as npub or hex."),
  contact: setting(text(), "", "How to reach the operator, best as a URI such as mailto:me@example.com."),
  terms_of_service: setting(webUrl, "", "URL of the terms of service."),
  privacy_policy: setting(webUrl, "", "URL of the privacy policy."),
  urls: setting(
    listOf(relayUrl, "relay URLs"),
    [],
    "Public URLs of this relay; the first is advertised, and clients may name any of them in AUTH and in requests to vanish. Empty means ws:// or wss:// with server.host and server.port.",
  ),
});

export const server = section("Where the relay listens and how many it serves.", {
  host: setting(listenAddress, "127.0.0.1", 'Address to listen on; "0.0.0.0" or "::" for every interface.'),
  port: setting(whole(0, 65_535), 7777, "Port to listen on; 0 lets the system choose one."),
  max_connections: setting(whole(1, 10_000_000), 20_000, "Connections at once.", { unit: "connections" }),
  max_connections_per_ip: setting(
    whole(1, 10_000_000),
    500,
    "Connections at once from one address (IPv6: one /64).",
    {
      unit: "connections",
    },
  ),
  trusted_proxies: setting(
    listOf(addressRange, "addresses or ranges"),
    [],
    "Proxies whose client_ip_header is believed; from anybody else the header is ignored.",
  ),
  client_ip_header: setting(
    headerName,
    "x-forwarded-for",
    "Header in which a trusted proxy names the client.",
  ),
  idle_timeout_seconds: setting(
    whole(8, 960),
    120,
    "A connection that is silent for this long is closed; Bun pings before that.",
    {
      unit: "seconds",
    },
  ),
  send_buffer_bytes: setting(
    bytes(65_536, 2 ** 31 - 1),
    16 * 2 ** 20,
    "What may wait for one slow reader before its connection is closed.",
    { unit: "bytes" },
  ),
  compression_threshold_bytes: setting(
    bytes(0, 2 ** 31 - 1),
    0,
    "Messages of at least this size are compressed (permessage-deflate); 0 turns compression off, which saves much memory and time.",
    { unit: "bytes" },
  ),
  drain_seconds: setting(whole(0, 3600), 8, "Time to say goodbye to clients and finish writing on a stop.", {
    unit: "seconds",
  }),
});

export const tls = section("TLS without a proxy in front: give both files or none.", {
  cert: setting(text("a file path"), "", "PEM file with the certificate chain."),
  key: setting(text("a file path"), "", "PEM file with the private key."),
});

export const auth = section("Authentication of clients (NIP-42).", {
  required: setting(yesOrNo(), false, "Nobody reads or writes without authenticating."),
  challenge_on_connect: setting(
    yesOrNo(),
    true,
    "Send the challenge as soon as a client connects, not only when it is needed.",
  ),
  window_seconds: setting(whole(1, 86_400), 600, "How far created_at of an AUTH event may be from now.", {
    unit: "seconds",
  }),
});

export const trends = section("Trends: what is being talked about.", {
  enabled: setting(yesOrNo(), true, "Compute trends; needs search.enabled."),
  publish_seconds: setting(whole(60, 86_400), 900, "How often trends are computed and published.", {
    unit: "seconds",
  }),
  secret_key: setting(
    secretKey,
    "",
    "The relay's own secret key, as nsec or hex, which signs published trends; empty makes one and keeps it in the data folder (relay.key).",
    {
      secret: true,
    },
  ),
});

export const metrics = section("Prometheus metrics at /metrics.", {
  enabled: setting(yesOrNo(), true, "Serve /metrics."),
  token: setting(
    text(),
    "",
    "Bearer token that readers of /metrics must send; empty answers the same machine only.",
    {
      secret: true,
    },
  ),
});

export const log = section("What the relay writes to its standard output.", {
  level: setting(
    oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    "info",
    "The least important lines to write.",
  ),
  format: setting(
    oneOf("auto", "json", "pretty"),
    "auto",
    "auto is pretty on a terminal and JSON elsewhere.",
  ),
  summary_seconds: setting(whole(0, 86_400), 60, "How often one line sums up the traffic; 0 never.", {
    unit: "seconds",
  }),
});
