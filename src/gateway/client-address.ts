// The address of a client, also behind proxies that are trusted to tell it.

import { BlockList, isIP } from "node:net";

export interface ClientAddressOptions {
  /** Addresses or ranges in CIDR form. */
  readonly trustedProxies: readonly string[];
  /** Header in which trusted proxies name the client, in lower case. */
  readonly header: string;
  /** Told once when a proxy that nobody trusts names a client: all who come through it count as one. */
  readonly onUntrustedProxy?: (peer: string) => void;
}

/** Loopback, and the ranges of private networks (RFC 1918, RFC 4193): where a proxy of one's own stands. */
const NEARBY = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7"];

/**
 * A header is believed only when the connection comes from a trusted proxy; then the last address in it that is not
 * itself a trusted proxy is the client's, since everything before that could have been made up. What stands before
 * something that is no address ("unknown") could as well: then whoever wrote that counts.
 */
export function createClientAddress(
  options: ClientAddressOptions,
): (peer: string, headers: Headers) => string {
  const isTrusted = within(options.trustedProxies);
  const isNearby = within(NEARBY);
  let tell = options.onUntrustedProxy;

  return (peer, headers) => {
    if (isIP(peer) === 0) return peer;
    if (options.trustedProxies.length === 0 || !isTrusted(peer)) {
      if (tell !== undefined && isNearby(peer) && headers.has(options.header)) {
        tell(peer);
        tell = undefined;
      }
      return peer;
    }
    let hop = peer;
    for (const part of (headers.get(options.header) ?? "").split(",").reverse()) {
      const address = addressIn(part.trim());
      if (address === undefined) return hop;
      hop = address;
      if (!isTrusted(hop)) return hop;
    }
    return hop;
  };
}

/** Some proxies add the port, and brackets around IPv6. */
function addressIn(part: string): string | undefined {
  const [, bracketed, bare = part] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(part) ?? [];
  const address = bracketed ?? bare;
  return isIP(address) === 0 ? undefined : address;
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

function within(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  return (address) => list.check(address, familyOf(address));
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
