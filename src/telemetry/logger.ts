// Log lines: JSON for machines, coloured lines for a terminal; written at once, so that a crash loses none.

import pino from "pino";
import pretty from "pino-pretty";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** What the parts of the relay need of it; `pino` stays in this file. Of the fields, `part` says who speaks. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly format: "auto" | "json" | "pretty";
  /** Where lines go; standard output when left out. */
  readonly destination?: { write(line: string): void };
}

// Never a pino transport: it runs in a thread of its own, which is not there in a compiled program and loses lines at an exit.

/** What may wait for room on a full disk; lines beyond it are dropped. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** Lines are written in order and at once, on the calling thread. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ["password", "token", "secret_key", "*.password", "*.token", "*.secret_key"],
        censor: "[hidden]",
      },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    },
    streamOf(options),
  );
}

function streamOf(options: LoggerOptions): pino.DestinationStream {
  const isPretty =
    options.format === "pretty" || (options.format === "auto" && process.stdout.isTTY === true);
  const destination = options.destination ?? standardOutput();
  if (!isPretty) return destination;
  return pretty({
    destination: destination as NodeJS.WritableStream,
    sync: true,
    colorize: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "part",
    messageFormat: "{if part}{part}: {end}{msg}",
    errorLikeObjectKeys: ["err", "error"],
  });
}

/** A log that cannot be written, on a full disk say, is no reason to stop serving: it waits, and goes on with the next line. */
function standardOutput(): pino.DestinationStream {
  return pino.destination({ dest: 1, sync: true, maxLength: WAITING_BYTES_MAX }).on("error", () => {});
}
