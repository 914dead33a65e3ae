// The commands and their options. What a command does is loaded only when it is asked for.

import { Argument, Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addSettingsFlags, type Options } from "./settings-flags.ts";
import { emit, type ExitCode, say, type Terminal } from "./terminal.ts";

/** Answers with the exit code; a wrong command line is told with the nearest right one. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await obey(words, terminal);
  } catch (error) {
    const { faultLine } = await import("./fault-line.ts");
    say(terminal, `thermocline: ${faultLine(error)}`);
    return 1;
  }
}

async function obey(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  // Help and the version are data too: they fail where they cannot be written.
  const shown: Promise<boolean>[] = [];
  const program = commandTree(
    terminal,
    (text) => shown.push(emit(terminal.output, text)),
    (code) => {
      exitCode = code;
    },
  );
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) return 2;
  }
  await Promise.all(shown);
  return exitCode;
}

type Action = (given: readonly string[], options: Options, terminal: Terminal) => Promise<ExitCode>;

function commandTree(
  terminal: Terminal,
  show: (text: string) => void,
  ended: (code: ExitCode) => void,
): Command {
  const program = new Command("thermocline")
    .description("A Nostr relay: SQLite for what is asked now, OpenSearch for everything.")
    .version(packageJson.version, "-V, --version", "the version alone")
    .helpCommand("help [command]", "help about one command")
    .showSuggestionAfterError(true)
    .showHelpAfterError("(--help tells what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: show,
      writeErr: (text) => terminal.talk.write(text),
      getOutHelpWidth: () => 110,
      getErrHelpWidth: () => 110,
    });

  // Arguments come first, then options, then the command itself.
  const run =
    (load: () => Promise<Action>) =>
    async (...received: unknown[]): Promise<void> => {
      const command = received.at(-1) as Command;
      const action = await load();
      ended(await action(command.args, command.opts(), terminal));
    };

  addServe(program, run);
  addEventCommands(program, run);
  addCareCommands(program, run);
  addColdCommands(program, run);
  addSearchCommands(program, run);
  addConfigCommands(program, run);
  return program;
}

type Run = (load: () => Promise<Action>) => (...received: unknown[]) => Promise<void>;

function addServe(program: Command, run: Run): void {
  addSettingsFlags(program.command("serve").description("run the relay"), "all").action(
    run(async () => (await import("./serve.ts")).runServe),
  );
}

function addEventCommands(program: Command, run: Run): void {
  const importing = program
    .command("import")
    .description(
      "take in events, one JSON text a line; plain, .gz or .zst; beside a running relay or without one",
    )
    .addArgument(new Argument("[file]", "file to read, - for standard input").default("-"))
    .option("--no-verify", "do not check signatures: only for dumps of a relay that did")
    .option("--protected", "take in protected events too (NIP-70): only for a backup of this relay")
    .option("--dry-run", "check everything, write nothing")
    .option("--restart", "start at the beginning, also after an interrupted import of this file")
    .option("--json", "the counts as JSON on standard output");
  addSettingsFlags(importing, "common").action(run(async () => (await import("./import.ts")).runImport));

  const exporting = filterOptions(program.command("export").description("write events, one JSON text a line"))
    .addArgument(new Argument("[file]", "file to write, - for standard output").default("-"))
    .option("--order <order>", "newest or oldest first", "newest")
    .option("--limit <count>", "at most so many events");
  addSettingsFlags(exporting, "common").action(run(async () => (await import("./export.ts")).runExport));

  const scanning = program
    .command("scan")
    .description("print the events that match a filter, newest first")
    .argument("<filter>", 'a filter as JSON, such as \'{"kinds":[1],"limit":10}\'')
    .option("--count", "only how many there are")
    .option("--explain", "only how it would be answered")
    .option("--json", "the count or the plan as JSON");
  addSettingsFlags(scanning, "common").action(run(async () => (await import("./scan.ts")).runScan));

  const deleting = filterOptions(
    program.command("delete").description("delete the events that match a filter"),
  )
    .option("--dry-run", "only tell how many would be deleted")
    .option("-y, --yes", "do not ask")
    .option("--json", "the count as JSON on standard output");
  addSettingsFlags(deleting, "common").action(run(async () => (await import("./delete.ts")).runDelete));
}

function filterOptions(command: Command): Command {
  return command
    .option("--filter <json>", "a filter as JSON; the options below are added to it")
    .option("--kinds <list>", "kinds, separated by commas")
    .option("--authors <list>", "authors as npub or hex, separated by commas")
    .option("--since <time>", "from this time on: unix seconds, a date (UTC), or an age such as 36h or 7d")
    .option("--until <time>", "up to this time");
}

function addCareCommands(program: Command, run: Run): void {
  const info = program.command("info").description("what the data folder holds").option("--json", "as JSON");
  addSettingsFlags(info, "common").action(run(async () => (await import("./info.ts")).runInfo));

  const doctor = program
    .command("doctor")
    .description("check this machine, the data and the settings; every fault comes with its remedy")
    .option("--json", "as JSON");
  addSettingsFlags(doctor, "common").action(run(async () => (await import("./doctor.ts")).runDoctor));

  const retention = program.command("retention").description("bounds of the hot store: plan");
  const plan = retention
    .command("plan")
    .description(
      "what would leave for the cold store under hot.max_age_seconds, hot.max_bytes and hot.retain",
    )
    .option("--json", "as JSON");
  addSettingsFlags(plan, "common").action(run(async () => (await import("./retention.ts")).runRetentionPlan));

  program
    .command("version")
    .description("versions of the relay and what it stands on")
    .option("--json", "as JSON")
    .action(run(async () => (await import("./version.ts")).runVersion));
}

function addColdCommands(program: Command, run: Run): void {
  const cold = program
    .command("cold")
    .description(
      "the cold store (OpenSearch): status, reindex, reconcile, dead letters; beside a relay or without",
    );
  const load = () => import("./cold-jobs.ts");

  const status = cold
    .command("status")
    .description("how far it is behind, and what keeps it; fails when it does not work")
    .option("--json", "as JSON");
  addSettingsFlags(status, "common").action(
    run(async () => (await import("./cold-status.ts")).runColdStatus),
  );

  const reindex = cold
    .command("reindex")
    .description("fill new indexes from the hot store and switch over; searches use the old ones meanwhile")
    .option("--json", "the result as JSON");
  addSettingsFlags(reindex, "common").action(run(async () => (await load()).runColdReindex));

  const reconcile = cold
    .command("reconcile")
    .description("compare both stores event by event, tell the difference by day, and repair the indexes")
    .option("--dry-run", "only compare")
    .option("--json", "the result as JSON");
  addSettingsFlags(reconcile, "common").action(run(async () => (await load()).runColdReconcile));

  const dead = cold
    .command("dead")
    .description("list events that OpenSearch refused: seq, id, tries, time, reason")
    .option("--limit <count>", "at most so many", "100")
    .option("--after <seq>", "go on after this one", "0")
    .option("--retry", "send all of them again")
    .option("--json", "as JSON");
  addSettingsFlags(dead, "common").action(run(async () => (await import("./cold-dead.ts")).runColdDead));
}

function addSearchCommands(program: Command, run: Run): void {
  const search = program.command("search").description("the full-text index of the hot store (SQLite)");

  const status = search
    .command("status")
    .description("how far it is behind, and its size")
    .option("--json", "as JSON");
  addSettingsFlags(status, "common").action(
    run(async () => (await import("./search-status.ts")).runSearchStatus),
  );

  const rebuild = search
    .command("rebuild")
    .description("fill it anew; a relay that runs does it beside the old one, and answers meanwhile")
    .option("--remove-only", "only remove it, while no relay runs: the relay fills it when it starts")
    .option("--json", "the result as JSON");
  addSettingsFlags(rebuild, "common").action(
    run(async () => (await import("./search-rebuild.ts")).runSearchRebuild),
  );
}

function addConfigCommands(program: Command, run: Run): void {
  const config = program.command("config").description("settings: check, show, and files that explain them");
  const load = () => import("./config.ts");

  const check = config
    .command("check")
    .description("tell everything that is wrong with the settings")
    .option("--json", "what is wrong as JSON");
  addSettingsFlags(check, "common").action(run(async () => (await load()).runConfigCheck));

  const show = config
    .command("show")
    .description("the settings in force, secrets masked")
    .option("--origin", "and where each comes from")
    .option("--json", "as JSON");
  addSettingsFlags(show, "common").action(run(async () => (await load()).runConfigShow));

  config
    .command("docs")
    .description("write docs/CONFIG.md")
    .argument("[file]", "file to write, - for standard output", "docs/CONFIG.md")
    .action(run(async () => (await load()).runConfigDocs));
  config
    .command("schema")
    .description("JSON Schema of the settings file, for editors")
    .action(run(async () => (await load()).runConfigSchema));
  config
    .command("init")
    .description("write a settings file in which everything is explained and nothing is set")
    .argument("[file]", "file to write, - for standard output", "thermocline.toml")
    .option("--force", "replace a file that is there")
    .action(run(async () => (await load()).runConfigInit));
}
