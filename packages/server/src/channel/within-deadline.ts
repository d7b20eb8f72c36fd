import { ShoalError } from "@shoal/contract";

/**
 * Runs an application's code with a signal that is aborted when its time is over, or when `stopping` is. Nobody waits for it any longer
 * then, whether it listens to the signal or not.
 *
 * @throws {ShoalError} `TIMEOUT` with the message when the deadline passes, the reason of `stopping` when that is aborted, and whatever
 * the code throws
 */
export async function withinDeadline<R>(
  deadlineMs: number,
  message: string,
  run: (signal: AbortSignal) => R | Promise<R>,
  stopping?: AbortSignal,
): Promise<R> {
  const deadline = new AbortController();
  const signal = stopping ? AbortSignal.any([deadline.signal, stopping]) : deadline.signal;
  signal.throwIfAborted();
  const running = run(signal);
  // What does not wait is never late.
  if (!isThenable(running)) return running;
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    timeout = setTimeout(() => deadline.abort(new ShoalError("TIMEOUT", message)), deadlineMs);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timeout);
  }
}

function isThenable<R>(value: R | PromiseLike<R>): value is PromiseLike<R> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}
