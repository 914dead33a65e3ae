// Which Java development kits this machine has.

import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Jdk {
  readonly home: string;
  readonly major: number;
  /** Has javac: needed to start a program from its source. */
  readonly hasCompiler: boolean;
}

/** Every kit found, newest first. The variables OPENSEARCH_JAVA_HOME and JAVA_HOME are looked at as well as usual folders. */
export function findJdks(): Jdk[] {
  const homes = new Set<string>();
  for (const candidate of candidateHomes()) {
    if (existsSync(join(candidate, "bin", "java"))) homes.add(realpathSync(candidate));
  }
  return [...homes]
    .flatMap((home) => {
      const major = majorOf(home);
      return major === undefined
        ? []
        : [
            {
              home,
              major,
              hasCompiler: existsSync(join(home, "bin", "javac")),
            },
          ];
    })
    .sort((a, b) => b.major - a.major);
}

function candidateHomes(): string[] {
  const found: string[] = [];
  for (const name of ["OPENSEARCH_JAVA_HOME", "JAVA_HOME"]) {
    const home = process.env[name];
    if (home !== undefined && home !== "") found.push(home);
  }
  const onPath = Bun.which("java");
  if (onPath !== null) found.push(dirname(dirname(realpathSync(onPath))));
  for (const folder of ["/usr/lib/jvm", "/opt/java", "/Library/Java/JavaVirtualMachines"]) {
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder))
      found.push(join(folder, entry), join(folder, entry, "Contents", "Home"));
  }
  return found;
}

/** Reads JAVA_VERSION from the kit's release file: "25.0.1" is 25, and the old style "1.8.0" is 8. */
function majorOf(home: string): number | undefined {
  const file = join(home, "release");
  if (!existsSync(file)) return undefined;
  const version = /^JAVA_VERSION="(?:1\.)?(\d+)/m.exec(readFileSync(file, "utf8"));
  return version === null ? undefined : Number(version[1]);
}
