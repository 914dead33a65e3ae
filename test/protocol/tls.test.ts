// The relay's own TLS listener: wss with a certificate, and a changed certificate taken up without a restart.

import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { hasOpenssl, makeCertificate } from "../support/certificate.ts";
import { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { RELAY_URL } from "../support/test-relay.ts";
import { serveInProcess, type ServingProcess } from "./serving-process.ts";

/** A relay with a certificate of its own. */
interface Secured {
  readonly folder: string;
  readonly serving: ServingProcess;
}

const started: Secured[] = [];
let first: Secured;

async function secured(): Promise<Secured> {
  const folder = mkdtempSync(join(tmpdir(), "thermocline-"));
  makeCertificate("first", folder);
  const serving = await serveInProcess(
    folder,
    "--relay.urls",
    RELAY_URL,
    "--tls.cert",
    join(folder, "cert.pem"),
    "--tls.key",
    join(folder, "key.pem"),
  );
  started.push({ folder, serving });
  return { folder, serving };
}

beforeAll(async () => {
  if (hasOpenssl) first = await secured();
}, 20_000);

afterAll(async () => {
  for (const { folder, serving } of started) {
    serving.process.kill("SIGTERM");
    await serving.process.exited;
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The common name that the listener shows to a new connection. */
function shownName(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject?.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

const connectTrusting = ({ serving, folder }: Secured): Promise<TestClient> =>
  TestClient.connect(serving.url, { tls: { ca: readFileSync(join(folder, "cert.pem"), "utf8") } });

/** Until new connections are shown this name. One that waits at the old listener while it closes is cut off. */
async function untilShown({ serving }: Secured, name: string): Promise<void> {
  const shown = (): Promise<string | undefined> => shownName(serving.url).catch(() => undefined);
  for (const patienceEnds = Date.now() + 8000; Date.now() < patienceEnds; await Bun.sleep(100))
    if ((await shown()) === name) return;
}

test.concurrent.skipIf(!hasOpenssl)("wss: the whole protocol over TLS", async () => {
  const { folder, serving } = first;
  expect(serving.url).toStartWith("wss://");
  expect(await shownName(serving.url)).toBe("first");
  const client = await connectTrusting(first);
  const note = signed(keypair(2200), { content: "over TLS" });
  expect(await client.publish(note)).toEqual([true, ""]);
  expect(await client.stored({ ids: [note.id] })).toEqual([note]);
  expect(await client.authenticate(keypair(2200), RELAY_URL)).toEqual([true, ""]);
  client.close();
  const answer = await fetch(serving.url.replace(/^wss/, "https"), {
    headers: { accept: "application/nostr+json" },
    tls: { ca: readFileSync(join(folder, "cert.pem"), "utf8") },
  });
  expect(await answer.json()).toMatchObject({ limitation: { max_limit: expect.any(Number) } });
});

test.concurrent.skipIf(!hasOpenssl)(
  "a changed certificate is shown to new connections, and old ones go on",
  async () => {
    const relay = await secured();
    const old = await connectTrusting(relay);
    old.send("REQ", "feed", { kinds: [1], limit: 0 });
    await old.settled();
    makeCertificate("second", relay.folder);
    await untilShown(relay, "second");
    expect(await shownName(relay.serving.url)).toBe("second");
    const fresh = await connectTrusting(relay);
    const note = signed(keypair(2201), { content: "after the change" });
    expect(await fresh.publish(note)).toEqual([true, ""]);
    await old.settled();
    expect(old.eventsOf("feed")).toEqual([note]);
    for (const client of [old, fresh]) client.close();
  },
  20_000,
);

test.concurrent.skipIf(!hasOpenssl)(
  "a certificate is renewed by files that take the place of the old ones, again and again",
  async () => {
    const { folder, serving } = await secured();
    for (const name of ["second", "third"]) {
      const fresh = mkdtempSync(join(folder, "fresh-"));
      makeCertificate(name, fresh);
      for (const file of ["key.pem", "cert.pem"]) renameSync(join(fresh, file), join(folder, file));
      await untilShown({ folder, serving }, name);
      expect(await shownName(serving.url)).toBe(name);
    }
  },
  40_000,
);

test.concurrent.skipIf(!hasOpenssl)(
  "a certificate is renewed by links that are turned to new files, as certbot does it",
  async () => {
    const { folder, serving } = await secured();
    for (const name of ["second", "third"]) {
      const archive = mkdtempSync(join(folder, "archive-"));
      makeCertificate(name, archive);
      for (const file of ["key.pem", "cert.pem"]) {
        rmSync(join(folder, file));
        symlinkSync(join(archive, file), join(folder, file));
      }
      await untilShown({ folder, serving }, name);
      expect(await shownName(serving.url)).toBe(name);
    }
  },
  40_000,
);

test.concurrent.skipIf(!hasOpenssl)("two relays do not share a port, which they could with TLS", async () => {
  const { folder, serving } = first;
  const { hostname, port } = new URL(serving.url);
  const second = mkdtempSync(join(folder, "second-"));
  const files = ["--tls.cert", join(folder, "cert.pem"), "--tls.key", join(folder, "key.pem")];
  const refusal = serveInProcess(second, ...files, "--port", port).catch(String);
  expect(await refusal).toContain(`port ${port} on ${hostname} is in use`);
});

test.concurrent.skipIf(!hasOpenssl)(
  "a changed certificate that cannot be used leaves the old one in place",
  async () => {
    const { folder, serving } = await secured();
    await Bun.write(join(folder, "cert.pem"), "no certificate");
    for (const patienceEnds = Date.now() + 8000; Date.now() < patienceEnds; await Bun.sleep(50))
      if (serving.output().includes("cannot be used")) break;
    expect(serving.output()).toContain("the changed TLS certificate cannot be used");
    expect(await shownName(serving.url)).toBe("first");
  },
  20_000,
);
