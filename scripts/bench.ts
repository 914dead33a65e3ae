// `bun run bench`: load over real sockets, every answer checked, every figure beside this machine's ceilings.

import { parseCommand } from "./bench/options.ts";
import { environmentLine } from "./bench/report/environment.ts";
import { goalsTable, number, rowsTable } from "./bench/report/table.ts";
import { type Report, runBench } from "./bench/run.ts";

const words = process.argv.slice(2);
if (words[0] === "cold") {
  const { coldBench } = await import("./bench/cold/main.ts");
  process.exit(await coldBench(words.slice(1)));
}
const command = parseCommand(words);
if (command.verb === "print") console.log(command.text);
else if (command.verb === "refuse") {
  console.error(command.text);
  process.exit(2);
} else {
  const report = await runBench(command.options, {
    tell: (line) => console.error(`· ${line}`),
    row: ({ name, rate, unit = "", faults }) => {
      const figure = rate === undefined ? "" : `: ${number(rate)} ${unit}`;
      console.error(`  ${name}${figure}${faults.length === 0 ? "" : `  WRONG: ${faults[0]}`}`);
    },
  });
  print(report);
  const { jsonFile } = command.options;
  if (jsonFile !== undefined) await Bun.write(jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
  process.exit(report.isRight ? 0 : 1);
}

function print({ environment, ceilings, sizes, goals, isRight, seed }: Report): void {
  console.log(`\n${environmentLine(environment)}`);
  console.log(
    `ceilings: ${number(ceilings.signatures)} signatures/s on one core by ${ceilings.signatureBackend}; ` +
      `echo ${number(ceilings.echoOneByOne)}/s 1×1, ${number(ceilings.echoPipelined)}/s 8×16; ` +
      `SQLite ${number(ceilings.sqliteInserts)} inserts/s, FULL, 250 a commit, ${number(ceilings.sqliteCommitMs)} ms for a commit of one`,
  );
  for (const { events, rows } of sizes) {
    console.log(`\n${events.toLocaleString("en")} events, seed ${seed}\n${rowsTable(rows)}`);
  }
  if (goals.length > 0) console.log(`\n${goalsTable(goals)}`);
  if (!isRight) console.log("\nSome answers were wrong: see WRONG above.");
}
