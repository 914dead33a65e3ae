// An input that fails once somebody asks to stop: nobody waits then for one that says nothing.

export async function* untilInterrupted(
  bytes: AsyncIterable<Uint8Array>,
  interrupted: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]();
  for (;;) {
    const next = await nextChunk(chunks, interrupted);
    if (next.done === true) return;
    yield next.value;
  }
}

async function nextChunk(
  chunks: AsyncIterator<Uint8Array>,
  interrupted: AbortSignal,
): Promise<IteratorResult<Uint8Array>> {
  interrupted.throwIfAborted();
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  const interrupt = (): void => stop(interrupted.reason);
  interrupted.addEventListener("abort", interrupt);
  try {
    // A promise that outlives the race would keep every chunk it ever raced against.
    return await Promise.race([chunks.next(), stopped]);
  } finally {
    interrupted.removeEventListener("abort", interrupt);
  }
}
