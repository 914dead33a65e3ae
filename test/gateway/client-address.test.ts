// Whose address counts behind proxies: never one that the client could have made up.

import { expect, test } from "bun:test";
import { createClientAddress } from "../../src/gateway/client-address.ts";

const clientOf = createClientAddress({
  trustedProxies: ["10.0.0.0/8", "2001:db8:1::/48"],
  header: "x-forwarded-for",
});

test.each<[forwarded: string | undefined, client: string]>([
  [undefined, "10.0.0.1"],
  ["", "10.0.0.1"],
  ["198.51.100.7", "198.51.100.7"],
  ["6.6.6.6, 198.51.100.7", "198.51.100.7"],
  ["6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"],
  ["10.0.0.3, 10.0.0.2", "10.0.0.3"],
  ["2001:db8:1::5, 10.0.0.2", "2001:db8:1::5"],
  ["6.6.6.6, 2001:db8:2::5, 2001:db8:1::5", "2001:db8:2::5"],
  // With the port, as some balancers write it.
  ["6.6.6.6, 198.51.100.7:4711", "198.51.100.7"],
  ["6.6.6.6, [2001:db8:2::5]:4711", "2001:db8:2::5"],
  ["6.6.6.6, [2001:db8:2::5]", "2001:db8:2::5"],
  ["198.51.100.7, 10.0.0.2:80", "198.51.100.7"],
  // What a trusted proxy does not tell is not looked for in what the client sent.
  ["6.6.6.6, unknown", "10.0.0.1"],
  ["6.6.6.6, ", "10.0.0.1"],
  ["6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"],
  ["6.6.6.6, _hidden:4711", "10.0.0.1"],
])("X-Forwarded-For %p from a trusted proxy is %p", (forwarded, client) => {
  const headers = new Headers(forwarded === undefined ? {} : { "x-forwarded-for": forwarded });
  expect(clientOf("10.0.0.1", headers)).toBe(client);
  expect(clientOf("203.0.113.9", headers)).toBe("203.0.113.9");
});
