import { ShoalError } from "@shoal/contract";

/** A connection to SQLite, called without waiting on this thread or on another one. */
export interface Connection<Calls> {
  readonly call: Async<Calls>;
  stop(): Promise<void>;
}

export type Async<Calls> = {
  readonly [K in keyof Calls]: Calls[K] extends (...args: infer Args) => infer R
    ? (...args: Args) => Promise<R>
    : never;
};

/** SQLite's codes for a disk that is full, cannot be read or written, or is busy for too long. */
const unavailable = new Set([5, 10, 13, 14]);

/** Why a call failed: what may pass is told as such, and anything else is a fault. */
export function callFailed({ message, errcode }: { readonly message: string; readonly errcode?: number | undefined }) {
  const passing = errcode !== undefined && unavailable.has(errcode & 0xff);
  return new ShoalError(passing ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR", `SQLite: ${message}`);
}

/**
 * A connection of this thread.
 *
 * @param busy - what calls have to wait for now, if there is something
 */
export function localConnection<Calls extends object>(
  calls: Calls,
  busy: () => Promise<void> | undefined = () => undefined,
): Connection<Calls> {
  const run = async (name: string, args: unknown[]): Promise<unknown> => {
    for (let wait = busy(); wait; wait = busy()) await wait;
    try {
      return (calls as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
    } catch (error) {
      throw callFailed(error as Error);
    }
  };
  return { call: callsOf(run), stop: async () => {} };
}

/** Names as functions that all go one way. */
export function callsOf<Calls>(run: (name: string, args: unknown[]) => Promise<unknown>): Async<Calls> {
  return new Proxy({} as Async<Calls>, {
    get:
      (_target, name: string) =>
      (...args: unknown[]) =>
        run(name, args),
  });
}
