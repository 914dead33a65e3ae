// Checks of the machine: Bun, the signature library, file descriptors, memory maps.

import { readFileSync } from "node:fs";
import packageJson from "../../../package.json" with { type: "json" };
import type { Config } from "../../config/settings.ts";
import { openBackend } from "../../ffi/backend.ts";
import { failure, fine, type Finding, reasonOf, warning } from "./finding.ts";

/** Descriptors besides those of connections: database, log, OpenSearch, threads. */
const DESCRIPTORS_BESIDES = 256;
/** What OpenSearch asks of the machine it runs on. */
const MAP_COUNT_MIN = 262_144;

export function checkBun(running: string = Bun.version): Finding {
  const wanted = packageJson.engines.bun;
  if (running === wanted) return fine("bun", running);
  return warning(
    "bun",
    `${running}, tested with ${wanted}`,
    `bun upgrade to ${wanted}: curl -fsSL https://bun.sh/install | bash -s bun-v${wanted}`,
  );
}

export function checkSignatures({ verify }: Config): Finding {
  try {
    const libraryPath = verify.library_path === "" ? {} : { libraryPath: verify.library_path };
    const { backend, notice } = openBackend({ choice: verify.backend, ...libraryPath });
    if (notice === undefined) return fine("signatures", `${backend.name}, ${backend.origin}`);
    return warning("signatures", backend.name, notice);
  } catch (error) {
    return failure("signatures", `no ${verify.backend}`, reasonOf(error));
  }
}

/** `limits` is what /proc/self/limits holds. */
export function checkDescriptors(
  { server }: Config,
  limits: string | undefined = readProc("/proc/self/limits"),
): Finding {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? "")?.[1];
  if (soft === undefined) return fine("descriptors", "this system does not tell");
  const wanted = server.max_connections + DESCRIPTORS_BESIDES;
  if (soft === "unlimited" || Number(soft) >= wanted) return fine("descriptors", soft);
  return warning(
    "descriptors",
    `${soft}, too few for server.max_connections = ${server.max_connections}`,
    `ulimit -n ${wanted}, or LimitNOFILE=${wanted} in the systemd unit`,
  );
}

/** Undefined where it does not matter: without OpenSearch, or when that runs elsewhere. */
export function checkMapCount(
  { cold }: Config,
  count: string | undefined = readProc("/proc/sys/vm/max_map_count"),
): Finding | undefined {
  if (cold.url === "" || count === undefined || !isLocal(cold.url)) return undefined;
  const found = count.trim();
  if (Number(found) >= MAP_COUNT_MIN) return fine("vm.max_map_count", found);
  return warning(
    "vm.max_map_count",
    `${found}, OpenSearch wants ${MAP_COUNT_MIN}`,
    `sudo sysctl -w vm.max_map_count=${MAP_COUNT_MIN}`,
  );
}

function isLocal(url: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
