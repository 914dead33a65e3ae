// The rows of the settings table about what clients may do: limits and policy.

import { kind, publicKey } from "./nostr-types.ts";
import { section, setting } from "./setting.ts";
import { bytes, listOf, whole, yesOrNo } from "./setting-type.ts";

const COUNT_MAX = 1_000_000;
const DAY_MS = 86_400_000;

export const limits = section("How much one client may ask and say. NIP-11 tells clients the same numbers.", {
  max_message_length: setting(
    bytes(1024, 128 * 2 ** 20),
    2 ** 20,
    "Largest message that a client may send.",
    { unit: "bytes" },
  ),
  max_subscriptions: setting(whole(1, COUNT_MAX), 300, "Open subscriptions of one connection.", {
    unit: "subscriptions",
  }),
  max_filters: setting(whole(1, COUNT_MAX), 30, "Filters in one REQ or COUNT.", { unit: "filters" }),
  max_filter_values: setting(
    whole(1, COUNT_MAX),
    5000,
    "ids, authors, kinds and tag values together in one filter.",
    { unit: "values" },
  ),
  max_limit: setting(
    whole(1, COUNT_MAX),
    5000,
    "Stored events that one filter may ask for; a higher limit is lowered to this.",
    { unit: "events" },
  ),
  default_limit: setting(
    whole(1, COUNT_MAX),
    500,
    "Stored events for a filter that names no limit; never more than max_limit.",
    { unit: "events" },
  ),
  max_subid_length: setting(whole(1, 4096), 64, "Length of a subscription id.", { unit: "characters" }),
  max_event_tags: setting(whole(0, COUNT_MAX), 10_000, "Tags of one event.", {
    unit: "tags",
  }),
  max_content_length: setting(
    whole(0, 128 * 2 ** 20),
    262_144,
    "Length of an event's content; never more than max_message_length.",
    {
      unit: "characters",
    },
  ),
  created_at_lower_limit: setting(whole(0), 0, "How far in the past created_at may be; 0 for no limit.", {
    unit: "seconds",
  }),
  created_at_upper_limit: setting(whole(0), 900, "How far in the future created_at may be.", {
    unit: "seconds",
  }),
  min_pow_difficulty: setting(
    whole(0, 256),
    0,
    "Proof of work that an event must carry (NIP-13); 0 asks for none.",
    {
      unit: "leading zero bits",
    },
  ),
  max_search_length: setting(whole(1, 65_536), 1024, "Length of a search text (NIP-50).", {
    unit: "characters",
  }),
  query_budget_ms: setting(
    whole(1, 1000),
    5,
    "Time that a query may take on the main thread before it moves to a reader worker.",
    {
      unit: "milliseconds",
    },
  ),
  query_timeout_ms: setting(
    whole(100, DAY_MS),
    30_000,
    "Time without a hit after which a query is given up with CLOSED.",
    {
      unit: "milliseconds",
    },
  ),
  events_per_second_per_ip: setting(
    whole(0, COUNT_MAX),
    0,
    "Events that one address may publish; 0 for no limit.",
    { unit: "events a second" },
  ),
  requests_per_second_per_ip: setting(
    whole(0, COUNT_MAX),
    0,
    "REQ and COUNT messages that one address may send; 0 for no limit.",
    {
      unit: "requests a second",
    },
  ),
  invalid_events_per_minute_per_connection: setting(
    whole(0, COUNT_MAX),
    600,
    "Invalid events after which no more of a connection are checked for a while; 0 for no limit.",
    { unit: "events a minute" },
  ),
  write_queue: setting(whole(1, COUNT_MAX), 20_000, "Events that may wait for the writer.", {
    unit: "events",
  }),
  verify_queue: setting(whole(1, COUNT_MAX), 20_000, "Signatures that may wait for the verifiers.", {
    unit: "signatures",
  }),
  reader_queue: setting(whole(1, COUNT_MAX), 1000, "Queries that may wait for a reader worker.", {
    unit: "queries",
  }),
});

export const policy = section("Who may write what, and who may read what.", {
  allowed_pubkeys: setting(
    listOf(publicKey, "public keys"),
    [],
    "Only these keys may publish; empty lets everybody.",
  ),
  blocked_pubkeys: setting(listOf(publicKey, "public keys"), [], "These keys may not publish."),
  allowed_kinds: setting(listOf(kind, "kinds"), [], "Only these kinds are accepted; empty accepts all."),
  blocked_kinds: setting(listOf(kind, "kinds"), [], "These kinds are not accepted."),
  accept_bare_seals: setting(yesOrNo(), false, "Accept seals (kind 13) outside of a gift wrap."),
  mute_ephemeral: setting(
    yesOrNo(),
    true,
    "Answer an ephemeral event that nobody listens to with the mute reason.",
  ),
});
