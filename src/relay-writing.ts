// How events come in as the relay runs it: verifier threads, and the pipeline from a message to the hot store.

import { Admission } from "./admission/pipeline.ts";
import type { Config } from "./config/settings.ts";
import type { PromptVerifier } from "./ffi/prompt-verifier.ts";
import { type StartedVerifierPool, startVerifierPool } from "./ffi/verifier-pool.ts";
import type { HotStore } from "./hot/hot-store.ts";
import type { Live } from "./live/live.ts";
import { expirationOf, NEVER_EXPIRES } from "./nostr/expiration.ts";
import { admissionOptions, verifierChoice, verifierThreads } from "./relay-options.ts";

export function openVerifier(config: Config): Promise<StartedVerifierPool> {
  return startVerifierPool({
    workers: verifierThreads(config),
    depthMax: config.limits.verify_queue,
    ...verifierChoice(config),
  });
}

interface WritingGround {
  readonly hot: HotStore;
  readonly verifier: Pick<PromptVerifier, "offer">;
  readonly live: Live;
  /** Unix seconds. */
  readonly now: () => number;
}

export interface Writing {
  readonly admission: Admission;
  /** Why the last event could not be stored; undefined while writing works. */
  fault(): string | undefined;
}

export function openWriting(config: Config, { hot, verifier, live, now }: WritingGround): Writing {
  let fault: string | undefined;
  const admission = new Admission(
    {
      has: (id, createdAt) => hot.reader.has(id, createdAt),
      verify: (signed, settle) => verifier.offer(signed, settle),
      store: (event, settle) =>
        hot.write(event, (outcome) => {
          fault = outcome.type === "failed" ? `the last write failed: ${outcome.error}` : undefined;
          settle(outcome);
        }),
      deliver: ({ event, json }) =>
        live.publishEphemeral({
          seq: 0,
          createdAt: event.created_at,
          kind: event.kind,
          expiresAt: expirationOf(event) ?? NEVER_EXPIRES,
          json,
          event,
        }),
      now,
    },
    admissionOptions(config),
  );
  return { admission, fault: () => fault };
}
