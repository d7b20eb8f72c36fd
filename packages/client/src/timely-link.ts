import { ShoalError } from "@shoal/contract";
import type { Link } from "./link.ts";

/** A link whose requests fail with `TIMEOUT` when no answer came within `timeoutMs`, the wait for a connection included. */
export function timely(link: Link, timeoutMs: number): Link {
  const inTime = async (signal: AbortSignal | undefined, ask: (signal: AbortSignal) => Promise<unknown>) => {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    const timer = setTimeout(() => controller.abort(noAnswer(timeoutMs)), timeoutMs);
    try {
      return await ask(controller.signal);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  };
  return {
    connection: link.connection,
    subscribe: (path, request, handlers) => link.subscribe(path, request, handlers),
    mutate: (path, input, signal) => inTime(signal, (timed) => link.mutate(path, input, timed)),
    query: (path, input, signal) => inTime(signal, (timed) => link.query(path, input, timed)),
    close: () => link.close(),
  };
}

function noAnswer(timeoutMs: number): ShoalError {
  return new ShoalError(
    "TIMEOUT",
    `No answer came within ${timeoutMs} ms. Try again, or raise the client's \`timeoutMs\`.`,
  );
}
