import type { NodeHTTPResponse } from "@trpc/server/adapters/node-http";

/** A status that a procedure or a middleware has set is kept. */
export function setHead(res: NodeHTTPResponse, { status, headers }: Response): void {
  if (res.statusCode === 200) res.statusCode = status;
  for (const [name, value] of headers) if (name !== "set-cookie") res.setHeader(name, value);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) res.setHeader("set-cookie", cookies);
}

/** Writes what tRPC answers, as its own adapter does. */
export async function writeResponse(res: NodeHTTPResponse, response: Response, signal: AbortSignal): Promise<void> {
  setHead(res, response);
  const body = new WritableStream<Uint8Array>({
    async write(chunk) {
      if (res.write(chunk) === false) await drained(res);
      res.flush?.();
    },
  });
  try {
    await response.body?.pipeTo(body, { signal });
  } catch (cause) {
    if (!signal.aborted) throw cause;
  } finally {
    res.end();
  }
}

function drained(res: NodeHTTPResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      res.off("drain", settle);
      res.off("close", settle);
      resolve();
    };
    res.on("drain", settle);
    res.on("close", settle);
  });
}
