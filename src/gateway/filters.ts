// The filters of a REQ or COUNT: parsed, held to the limits, and asked whether they may be asked.

import { type Filter, parseFilter } from "../nostr/filter.ts";
import { isRefusal, type Refusal, refuse } from "../nostr/reason.ts";
import { checkAsk } from "../policy/ask.ts";
import type { Gateway, GatewayLimits } from "./gateway.ts";
import type { Session } from "./session.ts";

/** A filter that has been parsed already, because its message was long. */
export class ReadFilter {
  readonly filter: Filter | Refusal;

  constructor(filter: Filter | Refusal) {
    this.filter = filter;
  }
}

export function readFilters(
  gateway: Gateway,
  session: Session,
  values: readonly unknown[],
): readonly Filter[] | Refusal {
  const { limits, authRequired } = gateway.options;
  if (!gateway.requestLimiter.take(session.address, performance.now())) {
    return refuse("rate-limited", "too many requests from this address; slow down");
  }
  if (authRequired && session.keys.size === 0) {
    return refuse("auth-required", "this relay answers authenticated clients only");
  }
  if (values.length === 0) return refuse("invalid", "at least one filter is needed");
  if (values.length > limits.filtersMax) {
    return refuse("blocked", `too many filters: ${values.length}, at most ${limits.filtersMax} are taken`);
  }
  const filters: Filter[] = [];
  for (const value of values) {
    const filter = value instanceof ReadFilter ? value.filter : parseFilter(value);
    if (isRefusal(filter)) return filter;
    const fault = checkSize(filter, limits) ?? checkSearch(gateway, filter);
    if (fault !== undefined) return fault;
    filters.push(filter);
  }
  return checkAsk(filters, session.keys) ?? filters;
}

function checkSize(filter: Filter, limits: GatewayLimits): Refusal | undefined {
  let values = (filter.ids?.length ?? 0) + (filter.authors?.length ?? 0) + (filter.kinds?.length ?? 0);
  for (const tag of filter.tags) values += tag.values.length;
  if (values > limits.filterValuesMax) {
    return refuse(
      "blocked",
      `the filter names ${values} values, at most ${limits.filterValuesMax} are taken`,
    );
  }
  if (filter.search !== undefined && filter.search.length > limits.searchCharactersMax) {
    return refuse("invalid", `search text is longer than ${limits.searchCharactersMax} characters`);
  }
  return undefined;
}

function checkSearch(gateway: Gateway, filter: Filter): Refusal | undefined {
  if (filter.search === undefined || gateway.ports.stores.search !== undefined) return undefined;
  return refuse("unsupported", "search is switched off on this relay");
}
