// Lone signatures are checked on the spot, bursts by the pool, and both say the same.

import { expect, test } from "bun:test";
import type { SignedId, SignatureVerdict } from "../../src/ffi/contract.ts";
import { PromptVerifier } from "../../src/ffi/prompt-verifier.ts";
import { startVerifierPool } from "../../src/ffi/verifier-pool.ts";
import { keypair, signed } from "../support/events.ts";

const good = signed(keypair(1), { content: "prompt" });
const forged: SignedId = { ...good, sig: good.sig.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) };

for (const choice of ["auto", "noble"] as const) {
  test(`${choice}: every verdict is right, alone and in a burst`, async () => {
    const pool = await startVerifierPool({ choice, workers: 1, depthMax: 100 });
    const verifier = new PromptVerifier(pool, { choice });
    const ask = (one: SignedId) =>
      new Promise<SignatureVerdict>((resolve) => expect(verifier.offer(one, resolve)).toBe(true));
    expect(await ask(good)).toBe("valid");
    await Bun.sleep(3);
    expect(await ask(forged)).toBe("invalid");
    const burst = Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? forged : good));
    expect(await Promise.all(burst.map(ask))).toEqual(
      burst.map((one) => (one === good ? "valid" : "invalid")),
    );
    await pool.stop();
  });
}

test("only the first of a burst is checked on the spot", async () => {
  const pool = await startVerifierPool({ choice: "auto", workers: 1, depthMax: 100 });
  const verifier = new PromptVerifier(pool, { choice: "auto" });
  const settled: number[] = [];
  for (let i = 0; i < 5; i++) verifier.offer(good, () => void settled.push(i));
  expect(settled).toEqual(pool.backend === "libsecp256k1" ? [0] : []);
  await pool.stop();
  expect(settled.length).toBe(5);
});
