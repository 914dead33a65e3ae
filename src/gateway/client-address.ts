// The address of a client, also behind proxies that are trusted to tell it.

import { BlockList, isIP } from "node:net";

export interface ClientAddressOptions {
  /** Addresses or ranges in CIDR form. */
  readonly trustedProxies: readonly string[];
  /** Header in which trusted proxies name the client, in lower case. */
  readonly header: string;
}

/**
 * A header is believed only when the connection comes from a trusted proxy; then the last address in it that is not
 * itself a trusted proxy is the client's, since everything before that could have been made up.
 */
export function createClientAddress(
  options: ClientAddressOptions,
): (peer: string, headers: Headers) => string {
  const trusted = new BlockList();
  for (const range of options.trustedProxies) addRange(trusted, range);
  const isTrusted = (address: string): boolean => trusted.check(address, familyOf(address));

  return (peer, headers) => {
    if (options.trustedProxies.length === 0 || isIP(peer) === 0 || !isTrusted(peer)) return peer;
    const named = (headers.get(options.header) ?? "").split(",").map((part) => part.trim());
    const addresses = named.filter((part) => isIP(part) !== 0);
    return addresses.findLast((address) => !isTrusted(address)) ?? addresses[0] ?? peer;
  };
}

/**
 * What bounds are counted by: an IPv4 address itself, and the /64 of an IPv6 address, since one subscriber holds all of
 * it. IPv4 addresses written in IPv6 (`::ffff:`) count as IPv4.
 */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter(Boolean).length;
  const leading = [...groups, ...Array<string>(missing).fill("0"), ...(tail ?? "").split(":")].slice(0, 4);
  return `${leading.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

function addRange(list: BlockList, range: string): void {
  const [address = "", prefix] = range.split("/");
  const family = familyOf(address);
  if (prefix === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(prefix), family);
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
