// Installing what the last way needs on a fresh Debian: Java, Maven, unzip.

import { isRoot, runTool } from "./tools.ts";

const PACKAGES = {
  java: "openjdk-17-jdk-headless",
  mvn: "maven",
  unzip: "unzip",
} as const;

/** Installs only what is missing. Answers undefined when everything is there, otherwise why it is not. */
export async function installPrerequisites(say: (line: string) => void): Promise<string | undefined> {
  const missing = Object.entries(PACKAGES).filter(([tool]) => Bun.which(tool) === null);
  if (missing.length === 0) return undefined;
  if (Bun.which("apt-get") === null)
    return "this is no Debian: install a JDK (17, or 21 and newer), Maven and unzip";
  if (!isRoot()) return "installing packages needs root: run this once with sudo";
  const names = missing.map(([, name]) => name);
  say(`installing ${names.join(", ")}`);
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  for (const command of [
    ["apt-get", "update", "-q"],
    ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...names],
  ]) {
    const result = await runTool(command, quiet);
    if (result.type === "failed") return result.reason;
  }
  return undefined;
}
