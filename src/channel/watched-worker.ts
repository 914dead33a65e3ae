// A worker of this process whose end is told, however it comes.

export interface WorkerEars<Reply> {
  readonly heard: (reply: Reply) => void;
  /** It is no more, or of no use. Told more than once: whoever listens knows whether this worker is still theirs. */
  readonly ended: (worker: Worker, reason: string) => void;
}

/** It keeps no process alive. */
export function startWatched<Reply>(url: URL, { heard, ended }: WorkerEars<Reply>): Worker {
  const worker = new Worker(url);
  worker.onmessage = (message: MessageEvent<Reply>) => heard(message.data);
  worker.onerror = (event) => ended(worker, reasonOf(event.message));
  worker.addEventListener("close", () => ended(worker, "its thread ended"));
  worker.unref();
  return worker;
}

/** The runtime shows an error of a worker with the source around it; the line that names it is enough. */
function reasonOf(message: string): string {
  const lines = message.split("\n").map((line) => line.trim());
  return lines.find((line) => /^\w*(?:Error|error): /.test(line)) ?? lines[0] ?? "unknown";
}
