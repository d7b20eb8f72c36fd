import { unanswered } from "../errors.ts";
import type { CallHandlers, CallRequest } from "./call.ts";
import type { ServerConnection } from "./server-connection.ts";

/** Asks something over the connection of a client, whoever is its user then. */
export type Caller = (request: CallRequest, handlers: CallHandlers) => () => void;

const callers = new WeakMap<object, Caller>();

/**
 * Notes how to ask over the connection of a client.
 *
 * @param present - the connection of whoever is the user now
 */
export function setCallerOf(client: object, present: () => ServerConnection): void {
  callers.set(client, (request, handlers) => {
    const connection = present();
    return connection.call(request, {
      started: () => handlers.started?.(),
      data: (data, id) => handlers.data(data, id),
      ended(failure) {
        // It has ended for the user who is gone. The next one may ask again.
        const isLeft = failure?.error.code === "CLOSED" && present() !== connection;
        handlers.ended(isLeft ? { error: unanswered(failure.error), shape: undefined, lost: true } : failure);
      },
    });
  });
}

export function callerOf(client: object): Caller | undefined {
  return callers.get(client);
}
