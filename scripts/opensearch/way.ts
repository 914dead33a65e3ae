// The contract of one way to have a node, and what starting it takes.

import type { NodeProcess } from "./node-process.ts";

export interface NodeOptions {
  /** Folder for programs fetched once; shared by all nodes of this project. */
  readonly home: string;
  /** Folder for this node's indices. */
  readonly data: string;
  /** Loopback port for HTTP. */
  readonly port: number;
  /** Java heap, as in "1g". */
  readonly heap: string;
  /** Progress in words, a line at a time. */
  readonly say: (line: string) => void;
  /** The server's own output. */
  readonly log: (line: string) => void;
}

export interface Way {
  readonly name: string;
  /** Undefined when this machine can go this way, otherwise what is missing. */
  missing(): Promise<string | undefined>;
  /** Fetches what is needed and starts the node; does not wait until it answers. Throws with the reason when that fails. */
  launch(options: NodeOptions): Promise<NodeProcess>;
}
