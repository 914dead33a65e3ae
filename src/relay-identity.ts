// NIP-05 identifiers as the relay checks them: profiles of the hot store in, verified domains out.

import type { Config } from "./config/settings.ts";
import type { HotStore } from "./hot/hot-store.ts";
import { IdentityChecks, type ProfileWalk } from "./identity/checks.ts";
import { type Directory, openDirectory } from "./identity/directory.ts";
import { PUBLIC_INTERNET, type Reach } from "./identity/reach.ts";
import { eventFromJson, type NostrEvent } from "./nostr/event.ts";
import { Kind } from "./nostr/kind.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface Identity {
  readonly directory: Directory;
  readonly checks: IdentityChecks;
  stop(): void;
}

/** Undefined where nobody wants the relay to ask domains; then what profiles claim is taken for what it is. */
export function startIdentity(
  config: Config,
  hot: HotStore,
  logger: Logger,
  now: () => number,
  reach: Reach = PUBLIC_INTERNET,
): Identity | undefined {
  if (!config.search.enabled || !config.search.verify_domains) return undefined;
  const directory = openDirectory(config.data.dir);
  const checks = new IdentityChecks({
    directory,
    reach,
    now,
    walkProfiles: () => profilesOf(hot),
    onTrouble: (error) =>
      logger.warn({ part: "identity", error }, "checks of NIP-05 identifiers were not noted"),
  });
  hot.onCommitted(({ stored }) => {
    for (const { kind, event } of stored) if (kind === Kind.metadata) checks.profile(event);
  });
  return {
    directory,
    checks,
    stop: () => {
      checks.stop();
      directory.close();
    },
  };
}

/** Profiles handed out at once: a few milliseconds of the serving thread. */
const PROFILES_AT_ONCE = 200;

function profilesOf(hot: HotStore): ProfileWalk {
  const scan = hot.reader.scan({ kinds: [Kind.metadata], tags: [] });
  let isOver = false;
  return () => {
    if (isOver) return undefined;
    const profiles: NostrEvent[] = [];
    const state = scan.run((hit) => profiles.push(eventFromJson(hit.json)) < PROFILES_AT_ONCE, {
      deadlineMs: performance.now() + 10,
    });
    isOver = state === "exhausted";
    return profiles;
  };
}
