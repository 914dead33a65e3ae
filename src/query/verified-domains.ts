// `domain:` by what domains have confirmed, for whoever matches searches.

import type { Directory } from "../identity/directory.ts";
import type { Oracles } from "../search/match.ts";

export function verifiedDomains(
  directory: Directory,
): Required<Pick<Oracles, "domainOf" | "authorsOfDomain">> {
  const now = (): number => Math.floor(Date.now() / 1000);
  return {
    domainOf: (pubkey) => directory.domainOf(pubkey, now()),
    authorsOfDomain: (domain, max) => directory.authorsOf(domain, now(), max),
  };
}
