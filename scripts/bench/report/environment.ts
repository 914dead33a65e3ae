// The line that makes figures comparable: machine, runtime, commit, durability.

import { cpus, totalmem } from "node:os";
import { join } from "node:path";

export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly bun: string;
  readonly commit: string;
  readonly durability: string;
  readonly date: string;
}

export function environment(url: string | undefined): Environment {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    bun: Bun.version,
    commit: commit(),
    durability:
      url === undefined ? "SQLite WAL, synchronous=FULL, OK after the commit" : `unknown: ${url} is not ours`,
    date: new Date().toISOString(),
  };
}

function commit(): string {
  const git = (...words: string[]): string => {
    const { success, stdout } = Bun.spawnSync(["git", "-C", join(import.meta.dir, "../../.."), ...words], {
      stderr: "ignore",
    });
    return success ? stdout.toString().trim() : "";
  };
  const hash = git("rev-parse", "--short", "HEAD");
  if (hash === "") return "unknown";
  return git("status", "--porcelain", "--", "src") === "" ? hash : `${hash} with changes`;
}

export function environmentLine(at: Environment): string {
  return `${at.cpu}, ${at.cores} cores, ${at.memoryGiB} GiB, ${at.system}, Bun ${at.bun}, commit ${at.commit}; ${at.durability}`;
}
