#!/usr/bin/env bun
// The command line's entry: `thermocline <command>`.

import { runCommandLine } from "./program.ts";
import { processTerminal } from "./terminal.ts";

const LEFT_OVER_MS = 1000;

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal());
// A command that failed half-way may have left threads behind: they do not keep the process.
if (process.exitCode !== 0) setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
