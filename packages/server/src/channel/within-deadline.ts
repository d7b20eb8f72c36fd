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
  const timeout = setTimeout(() => deadline.abort(new ShoalError("TIMEOUT", message)), deadlineMs);
  const signal = stopping ? AbortSignal.any([deadline.signal, stopping]) : deadline.signal;
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  // Code that throws at once leaves nobody who waits for it.
  late.catch(() => {});
  try {
    signal.throwIfAborted();
    return await Promise.race([run(signal), late]);
  } finally {
    clearTimeout(timeout);
  }
}
