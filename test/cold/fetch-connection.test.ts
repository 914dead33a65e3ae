// The official client over fetch: compression, refusals, credentials, and deadlines that cover the whole answer.

import { afterAll, expect, test } from "bun:test";
import { type ColdClients, createColdClients } from "../../src/cold/client.ts";
import { classifyError } from "../../src/cold/failure.ts";
import { FaultProxy } from "../support/fault-proxy.ts";

const seen: Headers[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) => {
    seen.push(new Headers(request.headers));
    const { pathname } = new URL(request.url);
    if (pathname === "/missing") return new Response(null, { status: 404 });
    if (pathname === "/there") return new Response(null);
    if (pathname.startsWith("/page/"))
      return new Response("<html>", { headers: { "content-type": "text/html" } });
    if (pathname.startsWith("/login/"))
      return new Response(null, { status: 302, headers: { location: "/elsewhere" } });
    const body = Bun.gzipSync(JSON.stringify({ version: { number: "9" }, text: "日本".repeat(1000) }));
    return new Response(body, {
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
    });
  },
});
const opened: ColdClients[] = [];
function clients(url: string, more: object = {}, readMs = 1000): ColdClients {
  const made = createColdClients({ url, ...more }, { readMs });
  opened.push(made);
  return made;
}
afterAll(async () => {
  for (const made of opened) await made.close();
  await server.stop(true);
});
const address = `http://127.0.0.1:${server.port}`;

test("reads compressed answers and asks for none", async () => {
  const { body } = await clients(address).read.info();
  expect(body.version?.number).toBe("9");
  expect((body as unknown as { text: string }).text).toBe("日本".repeat(1000));
  expect(seen.at(-1)!.get("accept-encoding")).toBe("identity");
});

test("a HEAD that finds nothing is an answer, not an error", async () => {
  const { body, statusCode } = await clients(address).read.indices.exists({ index: "missing" });
  expect([body, statusCode]).toEqual([false, 404]);
  expect((await clients(address).read.indices.exists({ index: "there" })).body).toBe(true);
});

test("what a proxy in between answers for itself is no answer", async () => {
  for (const index of ["page", "login"]) {
    const asked = clients(address).read.search({ index, body: {} });
    const error: Error = await asked.then(
      () => new Error("answered"),
      (refused: Error) => refused,
    );
    expect(error.message).toContain("no answer of OpenSearch's");
    expect(classifyError(error).type).toBe("unreachable");
  }
});

test("credentials travel as a header, whether given apart or in the address", async () => {
  const expected = `Basic ${btoa("user:pass")}`;
  await clients(address, { username: "user", password: "pass" }).read.info();
  expect(seen.at(-1)!.get("authorization")).toBe(expected);
  await clients(address.replace("//", "//user:pass@")).read.info();
  expect(seen.at(-1)!.get("authorization")).toBe(expected);
});

test("an answer that stalls half-way ends at the deadline, and so does one that is aborted", async () => {
  const proxy = new FaultProxy(address);
  proxy.fault = () => ({ type: "stall", after: "half" });
  expect(
    await clients(proxy.url, {}, 80)
      .read.info()
      .then(
        () => "answered",
        (error: Error) => error.name,
      ),
  ).toBe("ConnectionError");
  const request = clients(proxy.url, {}, 60_000).read.info();
  setTimeout(() => request.abort(), 20);
  expect(
    await request.then(
      () => "answered",
      (error: Error) => error.name,
    ),
  ).toBe("ConnectionError");
  proxy.stop();
});
