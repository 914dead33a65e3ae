// Settings that are right one by one and wrong together: one clear sentence for each.

import type { Origin } from "./assignment.ts";
import { isWildcard } from "./derive.ts";
import type { Config } from "./settings.ts";

export interface Wrong {
  /** The setting to change first. */
  readonly key: string;
  readonly message: string;
}

/** Every contradiction in a config. `origins` tells what was set by hand. */
export function checkRelations(config: Config, origins: ReadonlyMap<string, Origin>): Wrong[] {
  return [
    ...checkServer(config, origins),
    ...checkLimits(config),
    ...checkPolicy(config),
    ...checkStores(config),
  ];
}

function checkServer({ auth, server, tls, limits }: Config, origins: ReadonlyMap<string, Origin>): Wrong[] {
  const wrong: Wrong[] = [];
  if ((tls.cert === "") !== (tls.key === "")) {
    const missing = tls.cert === "" ? "tls.cert" : "tls.key";
    wrong.push({
      key: missing,
      message: "TLS needs both tls.cert and tls.key; set both, or neither.",
    });
  }
  if (auth.required && isWildcard(server.host) && origins.get("relay.urls")?.source === "derived") {
    wrong.push({
      key: "relay.urls",
      message: `auth.required needs relay.urls while the relay listens on every interface (${server.host}): clients sign the name under which they reach it.`,
    });
  }
  if (server.max_connections_per_ip > server.max_connections) {
    wrong.push(
      tooLarge(
        "server.max_connections_per_ip",
        server.max_connections_per_ip,
        "server.max_connections",
        server.max_connections,
      ),
    );
  }
  if (server.send_buffer_bytes < limits.max_message_length) {
    wrong.push({
      key: "server.send_buffer_bytes",
      message: `server.send_buffer_bytes (${server.send_buffer_bytes}) must hold at least one message of limits.max_message_length (${limits.max_message_length}).`,
    });
  }
  return wrong;
}

function checkLimits({ limits, cold }: Config): Wrong[] {
  const wrong: Wrong[] = [];
  if (limits.default_limit > limits.max_limit) {
    wrong.push(tooLarge("limits.default_limit", limits.default_limit, "limits.max_limit", limits.max_limit));
  }
  if (limits.max_content_length > limits.max_message_length) {
    wrong.push(
      tooLarge(
        "limits.max_content_length",
        limits.max_content_length,
        "limits.max_message_length",
        limits.max_message_length,
      ),
    );
  }
  if (limits.query_budget_ms > limits.query_timeout_ms) {
    wrong.push(
      tooLarge(
        "limits.query_budget_ms",
        limits.query_budget_ms,
        "limits.query_timeout_ms",
        limits.query_timeout_ms,
      ),
    );
  }
  if (cold.url !== "" && cold.search_timeout_ms > limits.query_timeout_ms) {
    wrong.push(
      tooLarge(
        "cold.search_timeout_ms",
        cold.search_timeout_ms,
        "limits.query_timeout_ms",
        limits.query_timeout_ms,
      ),
    );
  }
  return wrong;
}

function checkPolicy({ policy }: Config): Wrong[] {
  const wrong: Wrong[] = [];
  const keys = policy.allowed_pubkeys.filter((key) => policy.blocked_pubkeys.includes(key));
  if (keys.length > 0) {
    wrong.push({
      key: "policy.blocked_pubkeys",
      message: `policy.allowed_pubkeys and policy.blocked_pubkeys both name ${keys.join(", ")}; keep each in one of them.`,
    });
  }
  const kinds = policy.allowed_kinds.filter((kind) => policy.blocked_kinds.includes(kind));
  if (kinds.length > 0) {
    wrong.push({
      key: "policy.blocked_kinds",
      message: `policy.allowed_kinds and policy.blocked_kinds both name ${kinds.join(", ")}; keep each in one of them.`,
    });
  }
  return wrong;
}

function checkStores({ hot, cold, search }: Config): Wrong[] {
  const wrong: Wrong[] = [];
  if (search.sentiment_detection && !search.language_detection) {
    wrong.push({
      key: "search.sentiment_detection",
      message:
        "search.sentiment_detection needs search.language_detection: only a text whose language is known can be judged.",
    });
  }
  if (cold.url === "") {
    const bounded = [
      hot.max_age_seconds > 0 ? "hot.max_age_seconds" : undefined,
      hot.max_bytes > 0 ? "hot.max_bytes" : undefined,
      hot.retain.length > 0 ? "hot.retain" : undefined,
    ];
    for (const key of bounded.filter((name) => name !== undefined)) {
      wrong.push({
        key,
        message: `${key} needs cold.url: events only leave the hot store once a cold store has them.`,
      });
    }
  } else if ((cold.username === "") !== (cold.password === "")) {
    const missing = cold.username === "" ? "cold.username" : "cold.password";
    wrong.push({
      key: missing,
      message: "OpenSearch needs both cold.username and cold.password; set both, or neither.",
    });
  }
  if (!/^[a-z0-9][a-z0-9_-]{0,99}$/.test(cold.index_prefix)) {
    wrong.push({
      key: "cold.index_prefix",
      message: `cold.index_prefix (${JSON.stringify(cold.index_prefix)}) must begin with a letter or digit and hold only lower-case letters, digits, - and _.`,
    });
  }
  return wrong;
}

function tooLarge(key: string, value: number, boundKey: string, bound: number): Wrong {
  return {
    key,
    message: `${key} (${value}) must not be larger than ${boundKey} (${bound}).`,
  };
}
