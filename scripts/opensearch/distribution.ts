// The real distribution as Maven Central carries it, with the ICU analysis plugin added, on a Java of this machine.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findJdks, type Jdk } from "./java.ts";
import { fetchArtifact } from "./maven.ts";
import { runNode } from "./node-process.ts";
import { isRoot, runTool } from "./tools.ts";
import { DISTRIBUTION_JAVA_MIN, DISTRIBUTION_VERSION, ICU_ARTIFACTS } from "./versions.ts";
import type { NodeOptions, Way } from "./way.ts";

/** The server refuses to run as root; this user exists for it alone. */
const USER = "thermocline-search";

export const distributionWay: Way = {
  name: `distribution ${DISTRIBUTION_VERSION}`,

  missing() {
    const lacks: string[] = [];
    if (newestJdk() === undefined) lacks.push(`no Java ${DISTRIBUTION_JAVA_MIN} or newer`);
    for (const tool of ["mvn", "unzip"]) if (Bun.which(tool) === null) lacks.push(`no ${tool}`);
    if (isRoot() && Bun.which("setpriv") === null)
      lacks.push("no setpriv, and the server refuses to run as root");
    return Promise.resolve(lacks.length === 0 ? undefined : lacks.join(", "));
  },

  async launch(options) {
    const folder = join(options.home, `distribution-${DISTRIBUTION_VERSION}`);
    if (!existsSync(folder)) await install(folder, options);
    mkdirSync(options.data, { recursive: true });
    const jdk = newestJdk();
    if (jdk === undefined) throw new Error(`no Java ${DISTRIBUTION_JAVA_MIN} or newer`);
    const command = [join(folder, "bin", "opensearch"), ...settings(options)];
    return runNode([...(await asPlainUser(folder, options)), ...command], {
      env: {
        ...process.env,
        OPENSEARCH_JAVA_HOME: jdk.home,
        OPENSEARCH_JAVA_OPTS: `-Xms${options.heap} -Xmx${options.heap} -Djava.io.tmpdir=${options.data}`,
      },
      log: options.log,
    });
  },
};

function newestJdk(): Jdk | undefined {
  return findJdks().find((jdk) => jdk.major >= DISTRIBUTION_JAVA_MIN);
}

function settings(options: NodeOptions): string[] {
  const values = {
    "cluster.name": "thermocline-dev",
    "discovery.type": "single-node",
    "network.host": "127.0.0.1",
    "http.port": `${options.port}`,
    "transport.port": "0",
    "path.data": join(options.data, "indices"),
    "path.logs": join(options.data, "logs"),
    "path.repo": join(options.data, "snapshots"),
    // A developer's disk may be nearly full, and its kernel limits those of a desktop.
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    "node.store.allow_mmap": "false",
    // A versioned delete would otherwise create the index that it misses, without the template's care.
    "action.auto_create_index": "false",
  };
  return Object.entries(values).map(([key, value]) => `-E${key}=${value}`);
}

/** Unpacks into a folder of another name first, so that a folder of the right name is always complete. */
async function install(folder: string, options: NodeOptions): Promise<void> {
  const work = `${folder}.${process.pid}.part`;
  rmSync(work, { recursive: true, force: true });
  options.say(`fetching OpenSearch ${DISTRIBUTION_VERSION} (160 MB, once)`);
  const artifact = `org.opensearch.distribution.integ-test-zip:opensearch:${DISTRIBUTION_VERSION}:zip`;
  await must(fetchArtifact(artifact, join(work, "zip")));
  const zip = join(work, "zip", `opensearch-${DISTRIBUTION_VERSION}.zip`);
  await must(runTool(["unzip", "-q", zip, "-d", work]));
  const unpacked = join(work, `opensearch-${DISTRIBUTION_VERSION}`);
  await addIcu(join(unpacked, "plugins", "analysis-icu"));
  quietGcLog(join(unpacked, "config", "jvm.options"));
  try {
    renameSync(unpacked, folder);
  } catch (error) {
    // Another run has put its own there meanwhile.
    if (!existsSync(folder)) throw error;
  }
  rmSync(work, { recursive: true, force: true });
}

async function addIcu(folder: string): Promise<void> {
  for (const artifact of ICU_ARTIFACTS) await must(fetchArtifact(artifact, folder));
  writeFileSync(
    join(folder, "plugin-descriptor.properties"),
    [
      "name=analysis-icu",
      "description=ICU analysis",
      `version=${DISTRIBUTION_VERSION}`,
      `opensearch.version=${DISTRIBUTION_VERSION}`,
      `java.version=${DISTRIBUTION_JAVA_MIN}`,
      "classname=org.opensearch.plugin.analysis.icu.AnalysisICUPlugin",
      "",
    ].join("\n"),
  );
}

/** Several nodes share this folder; each would write the same collector log into it. */
function quietGcLog(file: string): void {
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileSync(file, lines.filter((line) => !/Xlog:gc|HeapDump|ErrorFile/.test(line)).join("\n"));
}

/** The words to put before the command so that it does not run as root; none when we are not. */
async function asPlainUser(folder: string, options: NodeOptions): Promise<string[]> {
  if (!isRoot()) return [];
  if ((await runTool(["id", USER])).type === "failed") {
    options.say(`creating the system user ${USER}: OpenSearch refuses to run as root`);
    await must(runTool(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]));
  }
  // A node that runs from here makes and removes files, over which a second walk would stumble: once is enough.
  const owner = await runTool(["stat", "-c", "%U", folder]);
  if (owner.type === "failed" || owner.output.trim() !== USER) await own(folder);
  await own(options.data);
  return ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--"];
}

/** The folder itself comes last: where it is owned, all in it is. */
async function own(folder: string): Promise<void> {
  await must(runTool(["find", folder, "-depth", "-exec", "chown", `${USER}:`, "{}", "+"]));
}

async function must(result: ReturnType<typeof runTool>): Promise<void> {
  const settled = await result;
  if (settled.type === "failed") throw new Error(settled.reason);
}
