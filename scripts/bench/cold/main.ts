// `bun run bench cold`: runs it, prints it, and answers the exit code.

import { environmentLine } from "../report/environment.ts";
import { goalsTable, number, rowsTable } from "../report/table.ts";
import { parseColdCommand } from "./options.ts";
import { type ColdReport, runCold } from "./run.ts";
import { sharesLine } from "./shares.ts";
import { FULL, QUICK } from "./stage.ts";

export async function coldBench(words: readonly string[]): Promise<number> {
  const command = parseColdCommand(words);
  if (command.verb === "print") {
    console.log(command.text);
    return 0;
  }
  if (command.verb === "refuse") {
    console.error(command.text);
    return 2;
  }
  const { options } = command;
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => interruption.abort());
  const report = await runCold({
    ...options,
    signal: interruption.signal,
    scale: options.isQuick ? QUICK : FULL,
    tell: (line) => console.error(`· ${line}`),
    row: ({ name, rate, unit = "", latency, faults }) => {
      const figure = rate === undefined ? "" : `: ${number(rate)} ${unit}`;
      const slow = latency === undefined ? "" : `, p95 ${number(latency.p95)} ms`;
      console.error(`  ${name}${figure}${slow}${faults.length === 0 ? "" : `  WRONG: ${faults[0]}`}`);
    },
  });
  print(report);
  const { jsonFile } = options;
  if (jsonFile !== undefined) await Bun.write(jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
  return report.isRight ? 0 : 1;
}

function print({ environment, node, size, seed, rows, shares, goals, isRight }: ColdReport): void {
  console.log(`\n${environmentLine(environment)}\nOpenSearch beside it: ${node}`);
  console.log(`\n${size.toLocaleString("en")} events, seed ${seed}\n${rowsTable(rows)}`);
  console.log(`\nprocessor time of this machine\n${shares.map(sharesLine).join("\n")}`);
  if (goals.length > 0) console.log(`\n${goalsTable(goals)}`);
  if (!isRight) console.log("\nSome answers were wrong: see WRONG above.");
}
