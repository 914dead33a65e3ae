// The two Debian packages that the full test run uses, installed when they are missing and this may be done.

import { dlopen } from "bun:ffi";
import { existsSync } from "node:fs";
import { isRoot, runTool } from "./opensearch/tools.ts";

export interface SystemPackage {
  /** Debian's name of it. */
  readonly name: string;
  /** What is not tested without it. */
  readonly purpose: string;
  readonly present: () => boolean;
}

const SECP256K1_LIBRARIES = [6, 5, 4, 3, 2, 1].map((version) => `libsecp256k1.so.${version}`);

export const secp256k1Package: SystemPackage = {
  name: "libsecp256k1-1",
  purpose: "the native signature backend",
  present: () =>
    [...SECP256K1_LIBRARIES, "libsecp256k1.so"].some((library) => {
      try {
        dlopen(library, {
          secp256k1_context_create: { args: ["u32"], returns: "ptr" },
        }).close();
        return true;
      } catch {
        return false;
      }
    }),
};

export const chromiumPackage: SystemPackage = {
  name: "chromium",
  purpose: "the pages in a browser",
  present: () => chromiumPath() !== undefined,
};

/** The browser of the page tests: CHROMIUM_PATH, or one of the usual places. */
export function chromiumPath(): string | undefined {
  const places = [
    process.env["CHROMIUM_PATH"],
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  return places.find((place): place is string => place !== undefined && existsSync(place));
}

/** Answers undefined when the package is there at the end, otherwise why it is not. */
export async function ensureSystemPackage(
  wanted: SystemPackage,
  say: (line: string) => void,
): Promise<string | undefined> {
  if (wanted.present()) return undefined;
  if (Bun.which("apt-get") === null)
    return `this is no Debian: install ${wanted.name} the way of this system`;
  if (!isRoot()) return `it needs root: run "apt-get install ${wanted.name}" once with sudo`;
  say(`Installing ${wanted.name}…`);
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  await runTool(["apt-get", "update", "-q"], quiet);
  const result = await runTool(
    ["apt-get", "install", "-y", "-q", "--no-install-recommends", wanted.name],
    quiet,
  );
  if (result.type === "failed") return result.reason;
  return wanted.present() ? undefined : `${wanted.name} was installed and still cannot be used`;
}
