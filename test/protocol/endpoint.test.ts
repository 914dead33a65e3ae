// The endpoint: one path for WebSockets, NIP-11 beside it, and bounds on connections.

import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { networkOf } from "../../src/gateway/client-address.ts";
import { TestClient } from "../support/client.ts";
import { TestRelay } from "../support/test-relay.ts";

let relay: TestRelay;

beforeAll(async () => {
  relay = await TestRelay.start({ config: { server: { max_connections_per_ip: 3 } } });
});

afterAll(() => relay.stop());

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

test.each(["random", "relay/", "%2F", "index.html", "stats.json"])(
  "row 91: an upgrade on /%s is answered 404",
  async (path) => {
    const answer = await fetch(relay.httpUrl + path, { headers: UPGRADE });
    expect(answer.status).toBe(404);
    await expect(TestClient.connect(relay.url + path)).rejects.toThrow("cannot connect");
  },
);

test("row 91: a query string leads to the same relay", async () => {
  const client = await TestClient.connect(`${relay.url}?client=test`);
  expect(await client.stored({})).toEqual([]);
  client.close();
});

test.each(["[", "x:99999", "\u00ff", "a b", ""])(
  "an upgrade under the strange name %p is one like any other",
  async (host) => {
    for (const [path, status] of [
      ["/", 101],
      ["/?client=test", 101],
      ["/other", 404],
    ] as const)
      expect(await upgradeStatus(path, host)).toBe(status);
  },
);

/** Of an upgrade with a Host header that fetch() would not send. */
function upgradeStatus(path: string, host: string): Promise<number> {
  const { hostname, port } = new URL(relay.url);
  const headers = Object.entries({ host, ...UPGRADE }).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(Buffer.from(`GET ${path} HTTP/1.1\r\n${headers.join("")}\r\n`, "latin1")),
    );
    socket.once("data", (answer: Buffer) => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer.toString("latin1"))?.[1]));
    });
    socket.on("error", reject);
  });
}

test("a request that says websocket without being one gets a 400", async () => {
  const answer = await fetch(relay.httpUrl, { headers: { upgrade: "websocket", connection: "Upgrade" } });
  expect(answer.status).toBe(400);
});

test("row 90: GET with Accept application/nostr+json answers JSON with the three CORS headers", async () => {
  for (const accept of ["application/nostr+json", "text/plain, application/nostr+json;q=0.9"]) {
    const answer = await fetch(relay.httpUrl, { headers: { accept } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toStartWith("application/nostr+json");
    for (const name of ["origin", "headers", "methods"])
      expect(answer.headers.get(`access-control-allow-${name}`)).toBeTruthy();
    expect(await answer.json()).toMatchObject({ supported_nips: expect.arrayContaining([1, 9, 11]) });
  }
});

test("row 90: OPTIONS is answered with the same headers", async () => {
  const answer = await fetch(relay.httpUrl, {
    method: "OPTIONS",
    headers: { origin: "https://client.example" },
  });
  expect(answer.status).toBe(204);
  for (const name of ["origin", "headers", "methods"])
    expect(answer.headers.get(`access-control-allow-${name}`)).toBeTruthy();
});

test("connections of one address are bounded, and a place is free again when one leaves", async () => {
  const clients = await Promise.all([1, 2, 3].map(() => TestClient.connect(relay.url)));
  const refused = await fetch(relay.httpUrl, { headers: UPGRADE });
  expect(refused.status).toBe(429);
  expect(await refused.text()).toStartWith("rate-limited:");
  expect(await relay.relay.metrics.exposition()).toContain(
    'thermocline_connections_closed_total{reason="refused"} 1\n',
  );
  clients[0]!.close();
  await clients[0]!.closed();
  const again = await TestClient.connect(relay.url);
  for (const client of [...clients, again]) client.close();
});

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:1:2::6", "2001:db8:1:2::/64"],
  ["2001:db8::6", "2001:db8:0:0::/64"],
  ["2001:db8:1:2::", "2001:db8:1:2::/64"],
  ["2001:db8:1::5:6:7:8", "2001:db8:1:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["", ""],
])("the address %p is counted as %p", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("behind a trusted proxy the named client is counted, and everybody else's header is ignored", async () => {
  const upgradeFrom = async (to: TestRelay, forwarded: string): Promise<number> => {
    const client = await TestClient.connect(to.url, { headers: { "x-forwarded-for": forwarded } }).catch(
      () => undefined,
    );
    return client === undefined ? 429 : 101;
  };
  const server = { max_connections_per_ip: 1 };
  const behind = await TestRelay.start({
    config: { server: { ...server, trusted_proxies: ["127.0.0.0/8"] } },
  });
  const answers = [];
  for (const forwarded of [
    "198.51.100.1",
    "198.51.100.1",
    "198.51.100.2",
    "2001:db8:1:2::1",
    "2001:db8:1:2::2",
    "6.6.6.6, 198.51.100.3",
    "7.7.7.7, 198.51.100.3",
  ])
    answers.push(await upgradeFrom(behind, forwarded));
  expect(answers).toEqual([101, 429, 101, 101, 429, 101, 429]);
  await behind.stopUnwarned();
  const direct = await TestRelay.start({ config: { server } });
  expect([await upgradeFrom(direct, "198.51.100.1"), await upgradeFrom(direct, "198.51.100.2")]).toEqual([
    101, 429,
  ]);
  // The first of them is also the last that the operator is told of.
  expect(direct.warnings.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    expect.stringContaining('set server.trusted_proxies = ["127.0.0.1"]'),
  ]);
  await direct.stop();
});

test("decision: pages are answered while there is time in a turn; a pipeline of hundreds is cut off", async () => {
  const hasty = await TestRelay.start({ config: { limits: { query_budget_ms: 1 } } });
  const asked = 300;
  let text = "";
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(hasty.httpUrl).port), "127.0.0.1");
    socket
      .setEncoding("utf8")
      .on("close", resolve)
      .on("error", () => {});
    socket.on("data", (part: string) => {
      text += part;
      if (text.split("HTTP/1.1 200").length > asked) socket.destroy();
    });
    socket.write("GET /stats.json HTTP/1.1\r\nHost: relay\r\n\r\n".repeat(asked));
  });
  expect(text.split("HTTP/1.1 200").length - 1).toBeLessThan(asked);
  const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${hasty.httpUrl}health`)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  await hasty.stop();
});
