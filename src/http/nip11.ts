// The relay information document (NIP-11), made from the limits that are really enforced.

import type { Config } from "../config/settings.ts";

/** What the document says beyond the settings. */
export interface RelayInformationFacts {
  /** Integers, of features that are on. */
  readonly supportedNips: readonly number[];
  /** Of this program. */
  readonly version: string;
  /** The relay's own public key, as hex, if it has one. */
  readonly self?: string | undefined;
}

/** NIPs that need nothing switched on. Client-side ones are not listed, as NIP-11 asks. */
export const NIPS_ALWAYS: readonly number[] = [1, 4, 9, 11, 13, 17, 40, 42, 45, 59, 62, 67, 70];

/** Plain JSON. What is not set is left out rather than shown empty, and so is `software`, which has to be an address. */
export function relayInformation(config: Config, facts: RelayInformationFacts): Record<string, unknown> {
  const { relay } = config;
  return withoutEmpty({
    name: relay.name,
    description: relay.description,
    banner: relay.banner,
    icon: relay.icon,
    pubkey: relay.pubkey,
    self: facts.self ?? "",
    contact: relay.contact,
    supported_nips: [...facts.supportedNips].sort((a, b) => a - b),
    version: facts.version,
    terms_of_service: relay.terms_of_service,
    privacy_policy: relay.privacy_policy,
    limitation: limitation(config),
  });
}

function limitation({ limits, auth, policy }: Config): Record<string, unknown> {
  return {
    max_message_length: limits.max_message_length,
    max_subscriptions: limits.max_subscriptions,
    max_limit: limits.max_limit,
    max_subid_length: limits.max_subid_length,
    max_event_tags: limits.max_event_tags,
    max_content_length: limits.max_content_length,
    min_pow_difficulty: limits.min_pow_difficulty,
    auth_required: auth.required,
    payment_required: false,
    // Only rules that a user is expected to know: lists of keys or of kinds.
    restricted_writes: policy.allowed_pubkeys.length > 0 || policy.allowed_kinds.length > 0,
    // 0 means no limit here, and would mean "nothing old at all" there.
    ...(limits.created_at_lower_limit > 0 ? { created_at_lower_limit: limits.created_at_lower_limit } : {}),
    created_at_upper_limit: limits.created_at_upper_limit,
    default_limit: limits.default_limit,
  };
}

function withoutEmpty(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}
