// REQ: stored events, EOSE, then live events, without gap or double (NIP-01, hints of NIP-67).

import { type Matcher, prepareMatcher } from "../../live/matcher.ts";
import { LiveSubscription } from "../../live/subscription.ts";
import { isExpired } from "../../nostr/expiration.ts";
import type { Filter } from "../../nostr/filter.ts";
import { isRefusal, type Refusal, refuse } from "../../nostr/reason.ts";
import { planSources } from "../../query/planner.ts";
import { type EndHint, StoredQuery } from "../../query/stored-query.ts";
import { readFilters } from "../filters.ts";
import type { Gateway } from "../gateway.ts";
import { eoseMessage } from "../relay-message.ts";
import type { OpenRequest, Session } from "../session.ts";

export function handleRequest(gateway: Gateway, session: Session, elements: readonly unknown[]): void {
  const id = gateway.readId(session, elements[1]);
  if (id === undefined) return;
  // The new REQ takes the id over, also when it is refused: nothing of the old filters is sent from here on.
  gateway.endRequest(session, id);
  const request = openRequest(gateway, session, id, elements.slice(2));
  if (isRefusal(request)) gateway.refuse(session, id, request);
}

function openRequest(
  gateway: Gateway,
  session: Session,
  id: string,
  values: readonly unknown[],
): OpenRequest | Refusal {
  const filters = readFilters(gateway, session, values);
  if (isRefusal(filters)) return filters;
  const { subscriptionsMax } = gateway.options.limits;
  if (session.requests.size >= subscriptionsMax) {
    return refuse(
      "rate-limited",
      `too many subscriptions: at most ${subscriptionsMax} may be open; close one first`,
    );
  }
  const matchers = prepareMatchers(gateway, filters);
  if (isRefusal(matchers)) return matchers;
  const live = new LiveSubscription(id, session, matchers);
  const full = gateway.held.reserve(session, live.weight);
  if (full !== undefined) return full;

  const request: OpenRequest = { live };
  gateway.addRequest(session, request);
  answer(gateway, session, request, filters);
  return request;
}

function prepareMatchers(gateway: Gateway, filters: readonly Filter[]): Matcher[] | Refusal {
  const matchers: Matcher[] = [];
  for (const filter of filters) {
    const matchesSearch = filter.search === undefined ? undefined : gateway.ports.searchMatcher?.(filter);
    if (matchesSearch !== undefined && typeof matchesSearch !== "function") return matchesSearch;
    matchers.push(prepareMatcher(filter, matchesSearch));
  }
  return matchers;
}

/**
 * Stored events up to the last published seq; what is published later comes through the live side. An answer that is
 * ready at once goes live in the same turn; otherwise the live side holds new events back until EOSE.
 */
function answer(gateway: Gateway, session: Session, request: OpenRequest, filters: readonly Filter[]): void {
  const { live, stores, meters, now } = gateway.ports;
  const subscription = request.live;
  const startedMs = performance.now();
  const isCurrent = (): boolean => session.requests.get(subscription.id) === request;

  let sent = 0;
  const finish = (hint: EndHint): void => {
    clearInterval(request.patience);
    delete request.query;
    session.send(eoseMessage(subscription.id, hint));
    meters.answered(performance.now() - startedMs);
    live.release(subscription);
  };
  const fail = (refusal: Refusal): void => {
    if (!isCurrent()) return;
    gateway.endRequest(session, subscription.id);
    gateway.refuse(session, subscription.id, refusal);
  };
  const context = {
    upToSeq: gateway.ports.publishedSeq(),
    keys: session.keys,
    client: session,
    now: now(),
    wake: () => session.corked(() => query.wake()),
  };
  const query = new StoredQuery(planSources(filters, stores, context, gateway.options.limits), {
    send: (hit) => {
      // The gate let it through when it was found, and the client may have read slowly since (NIP-40, NIP-62).
      if (isExpired(hit.expiresAt, now()) || stores.hides(hit)) return;
      sent++;
      meters.sent();
      session.send(`${subscription.framePrefix}${hit.json}]`);
    },
    hasRoom: () => session.hasRoom(),
    done: finish,
    failed: fail,
    sliceMs: gateway.options.limits.queryBudgetMs,
    turn: session.turn,
  });
  request.query = query;
  query.start();
  if (query.isOver) return;
  live.add(subscription);
  // Ended with the request: it holds the filters, which count as held no longer.
  request.patience = watchProgress(gateway.options.limits.queryPatienceMs, () => sent, fail);
}

/** Gives up a stored phase that sends nothing for as long as a client may be kept waiting. */
function watchProgress(patienceMs: number, sent: () => number, fail: (refusal: Refusal) => void): Timer {
  let before = sent();
  const timer = setInterval(() => {
    if (sent() === before)
      fail(refuse("error", "the query took too long; narrow it by authors, tags or time"));
    before = sent();
  }, patienceMs);
  timer.unref();
  return timer;
}
