/** A network over which half of each answer comes at once, and the rest when it is let through. */
export function slowNetwork() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { fetch: inParts(2, () => opened), letThrough: () => open() };
}

/** A network over which an answer comes in so many parts, each but the first after a wait. */
export function inParts(count: number, wait: () => Promise<void>) {
  return async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const size = Math.ceil(bytes.length / count);
    const parts = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
    const body = new ReadableStream({
      async start(stream) {
        for (const [at, part] of parts.entries()) {
          if (at > 0) await wait();
          stream.enqueue(part);
        }
        stream.close();
      },
    });
    return new Response(body, response);
  };
}
