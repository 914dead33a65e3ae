// The official container image, where a Docker daemon answers.

import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { runNode } from "./node-process.ts";
import { isRoot, runTool } from "./tools.ts";
import { DISTRIBUTION_VERSION } from "./versions.ts";
import type { NodeOptions, Way } from "./way.ts";

/** The image runs as this user and must own its data. */
const IMAGE_UID = 1000;

export const dockerWay: Way = {
  name: `docker image ${DISTRIBUTION_VERSION}`,

  async missing() {
    const result = await runTool(["docker", "info"]);
    return result.type === "done" ? undefined : "no Docker daemon answers";
  },

  async launch(options) {
    mkdirSync(options.data, { recursive: true });
    if (isRoot()) chownSync(options.data, IMAGE_UID, IMAGE_UID);
    else chmodSync(options.data, 0o777);
    const node = runNode(dockerCommand(options), {
      env: process.env,
      log: options.log,
    });
    return {
      ...node,
      stop: async () => {
        await node.stop();
        // The client passes SIGTERM on; this is for a daemon that did not act on it. A container that is gone is fine.
        await runTool(["docker", "rm", "--force", containerName(options)]);
      },
    };
  },
};

function containerName(options: NodeOptions): string {
  return `thermocline-opensearch-${process.pid}-${options.port}`;
}

function dockerCommand(options: NodeOptions): string[] {
  const settings = {
    "discovery.type": "single-node",
    "action.auto_create_index": "false",
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    DISABLE_SECURITY_PLUGIN: "true",
    DISABLE_INSTALL_DEMO_CONFIG: "true",
    OPENSEARCH_JAVA_OPTS: `-Xms${options.heap} -Xmx${options.heap}`,
  };
  return [
    ...["docker", "run", "--rm", "--init", "--name", containerName(options)],
    ...["--publish", `127.0.0.1:${options.port}:9200`],
    ...["--volume", `${options.data}:/usr/share/opensearch/data`],
    ...Object.entries(settings).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    `opensearchproject/opensearch:${DISTRIBUTION_VERSION}`,
  ];
}
