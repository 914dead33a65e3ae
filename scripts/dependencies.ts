// Installs what package.json lists when it is missing or of another version, with the Bun that is running.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const PROJECT_ROOT = join(import.meta.dir, "..");

interface Manifest {
  readonly packageManager?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface DependencyOptions {
  /** Also what only tests and checks need. */
  readonly development: boolean;
}

/**
 * Makes node_modules match package.json. Answers whether an install was needed: a process that has already looked for
 * a missing package keeps that answer, so its caller must go on in a new process. Throws when the install fails.
 */
export function ensureDependencies(options: DependencyOptions): boolean {
  warnOfOtherBun();
  const missing = missingPackages(options);
  if (missing.length === 0) return false;
  process.stderr.write(`Installing ${missing.length} missing packages…\n`);
  const flags = options.development ? [] : ["--production"];
  const install = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile", ...flags], {
    cwd: PROJECT_ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  if (install.exitCode !== 0)
    throw new Error(
      `bun install failed (exit ${install.exitCode}); run it by hand in ${PROJECT_ROOT} to see why:\n` +
        install.stderr.toString(),
    );
  return true;
}

/** Names of packages that are not there in the exact version that package.json asks for. */
function missingPackages(options: DependencyOptions): string[] {
  const manifest = readManifest(join(PROJECT_ROOT, "package.json"));
  const wanted = {
    ...manifest.dependencies,
    ...(options.development ? manifest.devDependencies : {}),
  };
  return Object.entries(wanted)
    .filter(([name, version]) => {
      const path = join(PROJECT_ROOT, "node_modules", name, "package.json");
      return !existsSync(path) || readManifest(path).version !== version;
    })
    .map(([name]) => name);
}

function warnOfOtherBun(): void {
  const wanted = readManifest(join(PROJECT_ROOT, "package.json")).packageManager?.replace("bun@", "");
  if (wanted !== undefined && wanted !== Bun.version)
    process.stderr.write(
      `Thermocline is tested with Bun ${wanted}, this is ${Bun.version}; npx --yes bun@${wanted} runs the tested one.\n`,
    );
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
