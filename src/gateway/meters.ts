// What the gateway counts: called on the hot path, so plain additions only.

import type { Verdict } from "../admission/verdict.ts";
import type { ReasonPrefix } from "../nostr/reason.ts";
import type { CloseReason, CountedVerb, Metrics } from "../telemetry/metrics.ts";

export interface GatewayMeters {
  received(verb: CountedVerb): void;
  verdict(verdict: Verdict, elapsedMs: number): void;
  refused(prefix: ReasonPrefix): void;
  /** A stored event was sent. */
  sent(): void;
  /** EOSE was sent. */
  answered(elapsedMs: number): void;
  opened(): void;
  /** `reason` is known when the relay itself ended the connection. */
  closed(code: number, reason: CloseReason | undefined): void;
}

export function createGatewayMeters(metrics: Metrics): GatewayMeters {
  return {
    received: (verb) => metrics.verbs.add(verb),
    verdict: (verdict, elapsedMs) => {
      metrics.outcomes.add(verdict.outcome);
      if (verdict.accepted) metrics.eventToOk.observe(elapsedMs / 1000);
      else if (verdict.prefix !== undefined) metrics.refusals.add(verdict.prefix);
    },
    refused: (prefix) => metrics.refusals.add(prefix),
    sent: () => metrics.deliveries.add("stored"),
    answered: (elapsedMs) => metrics.reqToEose.observe(elapsedMs / 1000),
    opened: () => metrics.opened(),
    closed: (code, reason) => metrics.closes.add(reason ?? reasonOfCode(code)),
  };
}

/** RFC 6455 close codes as the runtime reports them. */
function reasonOfCode(code: number): CloseReason {
  switch (code) {
    case 1006:
      return "error";
    case 1009:
      return "too-large";
    default:
      return "client";
  }
}
