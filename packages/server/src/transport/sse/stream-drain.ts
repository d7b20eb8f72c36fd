import { ShoalError } from "@shoal/contract";
import type { Drained, DrainPlan } from "../../draining.ts";
import { spread } from "../../spread.ts";
import type { EventStream } from "./event-stream.ts";

/** Lets the clients of a handler go: their streams end with what makes them come again, to whoever then answers. */
export class StreamDrain implements Drained {
  readonly #streams: Iterable<EventStream>;

  constructor(streams: Iterable<EventStream>) {
    this.#streams = streams;
  }

  async drain({ spreadMs }: DrainPlan): Promise<void> {
    await spread(this.#streams, spreadMs, (stream) => {
      stream.fail(new ShoalError("SERVICE_UNAVAILABLE", "The server is shutting down. Try again."));
    });
  }
}
