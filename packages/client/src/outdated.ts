import type { ShoalError } from "@shoal/contract";
import type { Link } from "./link.ts";

/** A link that also tells, once, that the server serves a newer version of a channel than this client has. */
export function tellOutdated(link: Link, onOutdated: (error: ShoalError) => void): Link {
  let told = false;
  const look = (error: ShoalError): void => {
    if (told || error.code !== "OUTDATED") return;
    told = true;
    // Later, so that whoever asked has its answer first, and a listener that throws harms nobody.
    queueMicrotask(() => onOutdated(error));
  };
  const telling = async (request: Promise<unknown>): Promise<unknown> => {
    try {
      return await request;
    } catch (error) {
      look(error as ShoalError);
      throw error;
    }
  };
  return {
    connection: link.connection,
    subscribe: (path, request, handlers) =>
      link.subscribe(path, request, {
        data: (id, data) => handlers.data(id, data),
        ended(error, lost) {
          look(error);
          handlers.ended(error, lost);
        },
      }),
    mutate: (path, input, signal) => telling(link.mutate(path, input, signal)),
    query: (path, input, signal) => link.query(path, input, signal),
    retry: () => link.retry?.(),
    close: () => link.close(),
  };
}
