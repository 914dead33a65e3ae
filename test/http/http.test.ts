// Health, metrics, numbers and small files over HTTP, and who may see them.

import { describe, expect, test } from "bun:test";
import { isLoopback } from "../../src/http/metrics-access.ts";
import { LOCAL, relayUnderTest, REMOTE } from "./relay-under-test.ts";

describe("health", () => {
  test("alive whatever is in the way, ready only when nothing is", async () => {
    let reasons: string[] = [];
    const ask = relayUnderTest({}, { readiness: () => ({ reasons }) });
    expect((await ask("/ready")).status).toBe(200);
    reasons = ["the relay is stopping"];
    const response = await ask("/ready");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "not ready", reasons });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect((await ask("/health")).status).toBe(200);
  });
});

describe("metrics", () => {
  const status = async (
    settings: object,
    clientIp: string,
    headers: Record<string, string> = {},
  ): Promise<number> =>
    (await relayUnderTest({ metrics: settings })("/metrics", { clientIp, headers })).status;

  test("without a token: for this machine, and not for what a proxy on it forwards", async () => {
    expect(await status({}, LOCAL)).toBe(200);
    expect(await status({}, "::1")).toBe(200);
    expect(await status({}, "::ffff:127.0.0.1")).toBe(200);
    expect(await status({}, REMOTE)).toBe(403);
    expect(await status({}, LOCAL, { "x-forwarded-for": REMOTE })).toBe(403);
    expect(await status({}, LOCAL, { forwarded: "for=203.0.113.9" })).toBe(403);
  });

  test("without a token: only under a name of this machine, not for a page whose own name was turned to it", async () => {
    for (const host of ["localhost", "LOCALHOST:7777", "relay.localhost", "127.0.0.1:7777", "[::1]:7777"])
      expect([host, await status({}, LOCAL, { host })]).toEqual([host, 200]);
    for (const host of [
      "evil.example",
      "evil.example:7777",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
    ])
      expect([host, await status({}, LOCAL, { host })]).toEqual([host, 403]);
    const headers = { host: "relay.example", authorization: "Bearer x" };
    expect(await status({ token: "x" }, LOCAL, headers)).toBe(200);
  });

  test("with a token: for whoever has it, from anywhere, and for nobody else", async () => {
    const token = "s3cret";
    expect(await status({ token }, REMOTE, { authorization: "Bearer s3cret" })).toBe(200);
    expect(
      await status({ token }, REMOTE, { authorization: "bearer s3cret", "x-forwarded-for": "1.2.3.4" }),
    ).toBe(200);
    for (const authorization of ["Bearer s3cre", "Bearer s3crett", "Basic s3cret", "s3cret", "Bearer ", ""])
      expect(await status({ token }, LOCAL, { authorization })).toBe(401);
    expect(await status({ token }, LOCAL)).toBe(401);
  });

  test("switched off, there is nothing", async () => {
    expect(await status({ enabled: false }, LOCAL)).toBe(404);
  });

  test("the text and its type are the registry's", async () => {
    const response = await relayUnderTest()("/metrics", { clientIp: LOCAL });
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4");
    expect(await response.text()).toBe("x 1\n");
  });

  test("loopback is told from what looks like it", () => {
    const local = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"];
    const remote = ["128.0.0.1", "127.0.0.1.example.com", "::2", "0.0.0.0", "", "::ffff:10.0.0.1"];
    expect(local.map(isLoopback)).toEqual(local.map(() => true));
    expect(remote.map(isLoopback)).toEqual(remote.map(() => false));
  });
});

describe("methods", () => {
  test("there is only reading, wherever it is", async () => {
    const trends = { answer: async () => "{}" };
    const ask = relayUnderTest({}, { trends });
    for (const path of ["/", "/health", "/ready", "/metrics", "/stats.json", "/api/trends", "/trends", "/x"])
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
        const response = await ask(path, { method, clientIp: LOCAL });
        expect([path, method, response.status]).toEqual([path, method, 405]);
        expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
        expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      }
    for (const path of ["/", "/health", "/stats.json", "/api/trends", "/trends"])
      expect((await ask(path, { method: "HEAD", clientIp: LOCAL })).status).toBe(200);
  });

  test("what pages of any origin may read is also answered before they ask with headers of their own", async () => {
    for (const path of ["/", "/stats.json"]) {
      const response = await relayUnderTest()(path, { method: "OPTIONS" });
      expect(response.status).toBe(204);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-headers")).toBe("*");
    }
    for (const path of ["/metrics", "/health", "/trends", "/x"]) {
      const kept = await relayUnderTest()(path, { method: "OPTIONS", clientIp: LOCAL });
      expect([kept.status, kept.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
      expect(kept.headers.has("access-control-allow-origin")).toBe(false);
    }
  });
});

describe("live numbers", () => {
  test("rates are measured between readings at least a second apart", async () => {
    let eventsReceived = 100;
    let nowMs = 5000;
    const stats = () => ({
      connections: 1,
      subscriptions: 2,
      eventsStored: 3,
      eventsReceived,
      deliveries: eventsReceived * 2,
      uptimeSeconds: 61,
    });
    const ask = relayUnderTest({}, { stats, now: () => nowMs });
    const read = async (): Promise<Record<string, unknown>> =>
      (await (await ask("/stats.json")).json()) as Record<string, unknown>;
    expect(await read()).toEqual({
      connections: 1,
      subscriptions: 2,
      events_stored: 3,
      events_per_second: 0,
      deliveries_per_second: 0,
      uptime_seconds: 61,
      uptime: "1 minute",
    });
    eventsReceived = 600;
    nowMs += 500;
    expect((await read())["events_per_second"]).toBe(0);
    nowMs += 1500;
    expect((await read())["events_per_second"]).toBe(250);
    expect((await read())["deliveries_per_second"]).toBe(500);
    nowMs += 10_000;
    expect((await read())["events_per_second"]).toBe(0);
  });
});

describe("every answer", () => {
  test("carries the headers that keep browsers careful", async () => {
    const ask = relayUnderTest();
    for (const path of ["/", "/health", "/stats.json", "/nothing", "/favicon.svg", "/robots.txt"]) {
      const { headers } = await ask(path);
      expect([path, headers.get("x-content-type-options")]).toEqual([path, "nosniff"]);
      expect([path, headers.get("referrer-policy")]).toEqual([path, "no-referrer"]);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
    }
  });

  test("a defect is told to the log, not to the client", async () => {
    const told: unknown[] = [];
    const ask = relayUnderTest(
      {},
      {
        readiness: () => {
          throw new Error("inner workings");
        },
        onError: (error) => void told.push(error),
      },
    );
    const response = await ask("/ready");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("inner workings");
    expect(told).toEqual([new Error("inner workings")]);
  });

  test("robots may read the front page alone; the icon is a picture", async () => {
    const ask = relayUnderTest();
    expect(await (await ask("/robots.txt")).text()).toBe("User-agent: *\nAllow: /$\nDisallow: /\n");
    expect((await ask("/favicon.svg")).headers.get("content-type")).toBe("image/svg+xml");
  });
});
