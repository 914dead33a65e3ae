// Finds libsecp256k1 on this machine and binds the four functions a Schnorr check needs.

import { dlopen, FFIType } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The newest ABI number that is looked for. `.so.0` is left out: early builds of it lack the length argument. */
const ABI_MAX = 7;

const SYMBOLS = {
  secp256k1_context_create: { args: ["u32"], returns: "ptr" },
  secp256k1_context_set_illegal_callback: { args: ["ptr", "ptr", "ptr"], returns: "void" },
  secp256k1_xonly_pubkey_parse: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  secp256k1_schnorrsig_verify: { args: ["ptr", "ptr", "ptr", FFIType.u64_fast, "ptr"], returns: "i32" },
  // Never called. It came after schnorrsig_verify gained its length argument, so a library that has it also takes that.
  secp256k1_schnorrsig_sign32: { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
} as const;

type Bound = ReturnType<typeof dlopen<typeof SYMBOLS>>;

export interface Secp256k1Library {
  readonly path: string;
  readonly symbols: Bound["symbols"];
  close(): void;
}

/** Where a library of this platform usually lies, best first: known folders newest ABI first, then the loader's own search. */
export function usualCandidates(
  platform: string = process.platform,
  arch: string = process.arch,
): readonly string[] {
  const names = libraryNames(platform);
  const inFolders = libraryFolders(platform, arch).flatMap((folder) =>
    names.map((name) => join(folder, name)),
  );
  return [...inFolders, ...names];
}

/** True when a candidate is worth opening: a path must exist; a bare name must not be a file of the working directory. */
export function isWorthOpening(candidate: string): boolean {
  // Bun tries a bare name in the working directory too, which is no place to take native code from.
  return candidate.includes("/") ? existsSync(candidate) : !existsSync(join(process.cwd(), candidate));
}

/** Opens one library, or answers in words why it cannot be used. */
export function openLibrary(path: string): Secp256k1Library | string {
  try {
    const { symbols, close } = dlopen(path, SYMBOLS);
    return { path, symbols, close };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function libraryNames(platform: string): string[] {
  const numbers = Array.from({ length: ABI_MAX }, (_, index) => ABI_MAX - index);
  return platform === "darwin"
    ? ["libsecp256k1.dylib", ...numbers.map((abi) => `libsecp256k1.${abi}.dylib`)]
    : [...numbers.map((abi) => `libsecp256k1.so.${abi}`), "libsecp256k1.so"];
}

function libraryFolders(platform: string, arch: string): string[] {
  if (platform === "darwin") return ["/opt/homebrew/lib", "/usr/local/lib"];
  const triplet = `${arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  return [
    "/usr/local/lib",
    `/usr/lib/${triplet}`,
    `/lib/${triplet}`,
    "/usr/lib64",
    "/usr/lib",
    "/home/linuxbrew/.linuxbrew/lib",
  ];
}
