// Addresses that the relay may knock at: the public internet's, and no others, however they are written.

import { expect, test } from "bun:test";
import { isPublicAddress } from "../../src/identity/reach.ts";

test.each([
  "1.1.1.1",
  "93.184.215.14",
  "172.15.0.1",
  "172.32.0.1",
  "192.169.0.1",
  "100.128.0.1",
  "2606:4700::1111",
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.255",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "fc00::1",
  "fd12::1",
  "fe80::1",
  "fe80::1%eth0",
  "ff02::1",
  "2001:db8::1",
  "2001::1",
  "2002:7f00:1::",
  "localhost",
  "",
  "1.1.1",
])("%p is not", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});
