// Where libsecp256k1 is looked for, and what is said about a file that is not it.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isWorthOpening, openLibrary, usualCandidates } from "../../src/ffi/library.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders()();

describe("usual candidates", () => {
  test("Linux: multiarch folders, newest ABI first, then the loader's own search", () => {
    const candidates = usualCandidates("linux", "arm64");
    const multiarch = candidates.filter((path) => path.startsWith("/usr/lib/aarch64-linux-gnu/"));
    expect(multiarch[0]).toEndWith("/libsecp256k1.so.7");
    expect(multiarch.at(-1)).toEndWith("/libsecp256k1.so");
    expect(candidates.at(-1)).toBe("libsecp256k1.so");
    expect(usualCandidates("linux", "x64")).toContain("/usr/lib/x86_64-linux-gnu/libsecp256k1.so.1");
  });

  test("macOS: Homebrew's folders and names", () => {
    const candidates = usualCandidates("darwin", "arm64");
    expect(candidates[0]).toBe("/opt/homebrew/lib/libsecp256k1.dylib");
    expect(candidates.every((path) => path.endsWith(".dylib"))).toBe(true);
  });

  test("never the ABI 0, whose schnorrsig_verify may take no length", () => {
    for (const platform of ["linux", "darwin"]) {
      expect(usualCandidates(platform, "x64").filter((path) => /\.so\.0|\.0\.dylib/.test(path))).toEqual([]);
    }
  });
});

test("a path is opened only when it exists", () => {
  expect(isWorthOpening(join(folder, "absent.so"))).toBe(false);
  writeFileSync(join(folder, "present.so"), "");
  expect(isWorthOpening(join(folder, "present.so"))).toBe(true);
});

test("a bare name is left to the loader, unless the working directory would be asked", () => {
  expect(isWorthOpening("libsecp256k1.so.1")).toBe(true);
  // Bun would open this file of the working directory, because the loader knows no such name.
  expect(isWorthOpening("package.json")).toBe(false);
});

test("says why a file cannot be used", () => {
  const path = join(folder, "text.so");
  writeFileSync(path, "this is no library");
  expect(openLibrary(path)).toContain(path);
  expect(openLibrary(join(folder, "absent.so"))).toContain("absent.so");
});
