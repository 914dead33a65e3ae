// Fetching artifacts with the machine's own Maven, its repository and its settings.

import { mkdirSync } from "node:fs";
import { runTool, type ToolResult } from "./tools.ts";

/** Copies one artifact (`group:name:version[:packaging]`) into a folder, without what it depends on. */
export function fetchArtifact(artifact: string, folder: string): Promise<ToolResult> {
  mkdirSync(folder, { recursive: true });
  return runTool([
    "mvn",
    "-q",
    "-B",
    "dependency:copy",
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${folder}`,
  ]);
}

/** Copies everything that the project file needs at run time into a folder. */
export function fetchDependencies(pom: string, folder: string): Promise<ToolResult> {
  mkdirSync(folder, { recursive: true });
  return runTool([
    "mvn",
    "-q",
    "-B",
    "-f",
    pom,
    "dependency:copy-dependencies",
    "-DincludeScope=runtime",
    `-DoutputDirectory=${folder}`,
  ]);
}
