// Which backend is chosen, and what the operator is told about it.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBackend } from "../../src/ffi/backend.ts";
import type { SchnorrBackend } from "../../src/ffi/contract.ts";
import { nobleBackend } from "../../src/ffi/noble.ts";
import { faultOf } from "../../src/ffi/self-test.ts";
import { temporaryFolders } from "../support/temp-folder.ts";
import { nativeBackend } from "./backends.ts";

const native = nativeBackend();
const withNative = test.skipIf(typeof native === "string");
const reason = typeof native === "string" ? ` ${native}` : "";

const folder = temporaryFolders()();
const broken = join(folder, "libsecp256k1.so.1");
writeFileSync(broken, "this is no library");

describe("without a library", () => {
  test("auto takes noble and says what to install", () => {
    const { backend, notice } = openBackend({ choice: "auto", candidates: [] });
    expect(backend.name).toBe("noble");
    expect(notice).toContain("libsecp256k1 was not found");
    expect(notice).toContain("apt-get install libsecp256k1-1");
    expect(notice).not.toContain("\n");
  });

  test("libsecp256k1 throws the same advice", () => {
    expect(() => openBackend({ choice: "libsecp256k1", candidates: [] })).toThrow(
      "apt-get install libsecp256k1-1",
    );
  });

  test("a file that is no library is named with the reason", () => {
    const { backend, notice } = openBackend({ choice: "auto", libraryPath: broken, candidates: [broken] });
    expect(backend.name).toBe("noble");
    expect(notice).toContain(`${broken} cannot be used`);
    expect(() => openBackend({ choice: "libsecp256k1", libraryPath: broken, candidates: [] })).toThrow(
      broken,
    );
  });
});

describe("with a choice", () => {
  test("noble does not look for a library and has nothing to tell", () => {
    const { backend, notice } = openBackend({ choice: "noble" });
    expect(backend.name).toBe("noble");
    expect(backend.origin).toMatch(/^@noble\/curves \d+\.\d+\.\d+$/);
    expect(notice).toBeUndefined();
  });

  withNative(`auto finds the library and has nothing to tell${reason}`, () => {
    const { backend, notice } = openBackend({ choice: "auto" });
    expect(backend.name).toBe("libsecp256k1");
    expect(backend.origin).toContain("libsecp256k1");
    expect(notice).toBeUndefined();
  });

  withNative(`a named library is the one that is used${reason}`, () => {
    const origin = typeof native === "string" ? "" : native.origin;
    const { backend, notice } = openBackend({ choice: "libsecp256k1", libraryPath: origin, candidates: [] });
    expect(backend.origin).toBe(origin);
    expect(notice).toBeUndefined();
  });

  withNative(`a named file that is not usable is told, and the usual one is used${reason}`, () => {
    const { backend, notice } = openBackend({ choice: "auto", libraryPath: broken });
    expect(backend.name).toBe("libsecp256k1");
    expect(notice).toContain(`${broken} cannot be used`);
    expect(notice).toContain(`using ${backend.origin} instead`);
  });
});

describe("the self-test", () => {
  const lying = (verdict: (packed: Uint8Array, index: number) => number): SchnorrBackend => ({
    name: "libsecp256k1",
    origin: "a lie",
    verifyPacked(packed, count, results) {
      for (let i = 0; i < count; i++) results[i] = verdict(packed, i);
    },
  });

  test("passes a right backend", () => {
    expect(faultOf(nobleBackend())).toBeUndefined();
  });

  test("catches one that says yes, no, nothing, or throws", () => {
    expect(faultOf(lying(() => 1))).toBe("it answers BIP-340 vector 5 wrong");
    expect(faultOf(lying(() => 0))).toBe("it answers BIP-340 vector 0 wrong");
    expect(faultOf({ name: "noble", origin: "a lie", verifyPacked() {} })).toBe(
      "it answers BIP-340 vector 0 wrong",
    );
    const throwing = lying(() => {
      throw new Error("no such symbol");
    });
    expect(faultOf(throwing)).toContain("no such symbol");
  });

  test("catches one that goes wrong only on what it has seen before", () => {
    const honest = nobleBackend();
    const seen = new Set<string>();
    const forgetful = lying((packed, index) => {
      const entry = packed.slice(index * 128, (index + 1) * 128);
      if (seen.has(entry.toHex())) return 1;
      seen.add(entry.toHex());
      const result = new Uint8Array(1);
      honest.verifyPacked(entry, 1, result);
      return result[0]!;
    });
    expect(faultOf(forgetful)).toBe("it answers BIP-340 vector 5 wrong");
  });
});
