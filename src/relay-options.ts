// From settings to the options each part declares for itself.

import { availableParallelism } from "node:os";
import type { AdmissionOptions } from "./admission/pipeline.ts";
import type { Config } from "./config/settings.ts";
import type { BackendOptions } from "./ffi/backend.ts";
import type { GatewayOptions } from "./gateway/gateway.ts";
import { normaliseRelayUrl, relayHost } from "./nostr/relay-url.ts";
import type { SearchCapabilities } from "./search/capability.ts";

/** Normalised URLs that mean this relay (NIP-42, NIP-62). */
export function ownUrls(config: Config): Set<string> {
  return new Set(config.relay.urls.map(normaliseRelayUrl).filter((url) => url !== undefined));
}

function ownHosts(config: Config): Set<string> {
  return new Set(config.relay.urls.map(relayHost).filter((host) => host !== undefined));
}

/** With what signatures are checked. */
export function verifierChoice({ verify: { backend, library_path } }: Config): BackendOptions {
  return { choice: backend, ...(library_path === "" ? {} : { libraryPath: library_path }) };
}

/** Verifier threads: what is set, or one for each core but the one that serves. */
export function verifierThreads(config: Config): number {
  return config.verify.workers > 0 ? config.verify.workers : Math.max(1, availableParallelism() - 1);
}

export function searchCapabilities({ search }: Config): SearchCapabilities {
  return { languages: search.language_detection, sentiments: search.sentiment_detection };
}

/** Keys from which the relay's trust in others begins. */
export function trustSeeds({ relay }: Config): string[] {
  return relay.pubkey === "" ? [] : [relay.pubkey];
}

export function admissionOptions(config: Config): AdmissionOptions {
  const { limits, policy, auth } = config;
  return {
    policy: {
      eventTagsMax: limits.max_event_tags,
      contentCharactersMax: limits.max_content_length,
      createdAtPastSecondsMax: limits.created_at_lower_limit,
      createdAtFutureSecondsMax: limits.created_at_upper_limit,
      powDifficultyMin: limits.min_pow_difficulty,
      allowedPubkeys: new Set(policy.allowed_pubkeys),
      blockedPubkeys: new Set(policy.blocked_pubkeys),
      allowedKinds: new Set(policy.allowed_kinds),
      blockedKinds: new Set(policy.blocked_kinds),
      acceptBareSeals: policy.accept_bare_seals,
      authRequired: auth.required,
    },
    muteEphemeral: policy.mute_ephemeral,
    checksWaitingMax: limits.verify_queue,
  };
}

export function gatewayOptions(config: Config): GatewayOptions {
  const { limits, server, auth } = config;
  return {
    limits: {
      messageBytesMax: limits.max_message_length,
      subscriptionsMax: limits.max_subscriptions,
      filtersMax: limits.max_filters,
      filterValuesMax: limits.max_filter_values,
      subscriptionIdCharactersMax: limits.max_subid_length,
      searchCharactersMax: limits.max_search_length,
      defaultLimit: limits.default_limit,
      limitMax: limits.max_limit,
      queryBudgetMs: limits.query_budget_ms,
      queryPatienceMs: limits.query_timeout_ms,
      sendBufferBytesMax: server.send_buffer_bytes,
      invalidEventsPerMinuteMax: limits.invalid_events_per_minute_per_connection,
      eventsPerSecondPerAddressMax: limits.events_per_second_per_ip,
      requestsPerSecondPerAddressMax: limits.requests_per_second_per_ip,
    },
    auth: { ownHosts: ownHosts(config), windowSeconds: auth.window_seconds },
    authRequired: auth.required,
    challengeOnConnect: auth.challenge_on_connect,
    compressionThresholdBytes: server.compression_threshold_bytes,
  };
}
