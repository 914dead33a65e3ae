// NIP-05 identifiers: what is one, and what only looks like one.

import { expect, test } from "bun:test";
import { identifierOf, parseIdentifier } from "../../src/identity/identifier.ts";

const good: [string, string, string][] = [
  ["bob@example.com", "bob", "example.com"],
  [" Bob@Example.COM ", "bob", "example.com"],
  ["_@example.com", "_", "example.com"],
  ["example.com", "_", "example.com"],
  ["a.b-c_d@sub.example.xn--p1ai", "a.b-c_d", "sub.example.xn--p1ai"],
];
test.each(good)("%p", (text, name, domain) => {
  expect(parseIdentifier(text)).toEqual({ name, domain });
});

test.each([
  "",
  "bob",
  "@example.com",
  "bob@",
  "bob@localhost",
  "bob@127.0.0.1",
  "bob@2130706433",
  "bob@0x7f.0.0.0x1",
  "bob@example.1",
  "bob@[::1]",
  "bob@::1",
  "bob@example.com:8080",
  "bob@example.com/path",
  "bob@example.com.",
  "bob@-example.com",
  "bob@exa mple.com",
  "bob@exämple.com",
  "bo b@example.com",
  "bob?x@example.com",
  "a@b@example.com",
  `bob@${"a".repeat(64)}.com`,
  `bob@${"a.".repeat(130)}com`,
  `${"a".repeat(65)}@example.com`,
  "bob@example.com\r\nHost: other",
])("%p is none", (text) => {
  expect(parseIdentifier(text)).toBeUndefined();
});

test("a profile without one, or that is no JSON, has none", () => {
  expect(identifierOf({ content: '{"nip05":"bob@example.com"}' })).toEqual({
    name: "bob",
    domain: "example.com",
  });
  for (const content of ['{"nip05":7}', "{}", "null", "{"]) expect(identifierOf({ content })).toBeUndefined();
});
