// How a domain is reached, and which addresses never are: nobody makes the relay knock at its own network's doors.

import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";

export interface Reach {
  readonly protocol: "https:" | "http:";
  readonly port: number;
  /** Addresses of a domain, at least one. Rejects where there is none. */
  resolve(domain: string): Promise<readonly string[]>;
  mayConnect(address: string): boolean;
}

/** Private, loopback, link-local, shared, documentation, multicast and reserved ranges (RFC 6890 and its registries). */
const FORBIDDEN = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  FORBIDDEN.addSubnet(network, prefix, "ipv4");

/** Of IPv6 only what is handed out to the public, without the parts of it that carry or stand for other addresses. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet("2000::", 3, "ipv6");
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  FORBIDDEN.addSubnet(network, prefix, "ipv6");

export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return /^\d+(?:\.\d+){3}$/.test(address) && !FORBIDDEN.check(address, "ipv4");
  return GLOBAL.check(address, "ipv6") && !FORBIDDEN.check(address, "ipv6");
}

export const PUBLIC_INTERNET: Reach = {
  protocol: "https:",
  port: 443,
  resolve: async (domain) => (await lookup(domain, { all: true })).map(({ address }) => address),
  mayConnect: isPublicAddress,
};
