// Runs a command of the command line inside the test's process, with streams that can be read.

import { Readable, Writable } from "node:stream";
import { runCommandLine } from "../../src/cli/program.ts";
import type { Environment } from "../../src/config/source-of-text.ts";

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandSetting {
  readonly input?: Readable;
  /** Makes the talk stream look like a terminal, so that the progress bar is drawn. */
  readonly watched?: boolean;
  /** Sees every piece of talk as it is written. */
  readonly heard?: (text: string) => void;
  readonly environment?: Environment;
}

export async function runCommand(
  words: readonly string[],
  setting: CommandSetting = {},
): Promise<CommandRun> {
  const output = new Collecting();
  const talk = new Collecting(setting.heard);
  if (setting.watched === true) Object.assign(talk, { isTTY: true, columns: 110 });
  const code = await runCommandLine(words, {
    input: setting.input ?? Readable.from([]),
    output,
    talk,
    watched: setting.watched === true,
    environment: setting.environment ?? {},
  });
  return { code, out: output.text, err: talk.text };
}

class Collecting extends Writable {
  text = "";
  private readonly heard: ((text: string) => void) | undefined;

  constructor(heard?: (text: string) => void) {
    super();
    this.heard = heard;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const text = chunk.toString();
    this.text += text;
    this.heard?.(text);
    done();
  }
}
