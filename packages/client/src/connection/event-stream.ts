import { ShoalError } from "@shoal/contract";
import { EventParser, type ServerEvent } from "./event-parser.ts";
import { outage } from "./machine.ts";

/** The least silence that a stream without words about it is ended for, in milliseconds. */
const leastSilence = 10_000;

/**
 * The events of a stream, as they come. In tRPC's format the first one, `connected`, may tell how long the server is silent at most. One
 * that does not tell, and sends the event `ping` after a while of silence, is expected to do so again.
 *
 * @throws {ShoalError} `SERVICE_UNAVAILABLE` when it is silent for longer, `BAD_REQUEST` when this platform cannot stream
 */
export async function* readEvents({ body }: Response): AsyncGenerator<ServerEvent, void, undefined> {
  if (!body)
    throw new ShoalError("BAD_REQUEST", "The `fetch` here cannot read a stream. Use the transport `websocket`.");
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  let silence: number | undefined;
  let heardAt = performance.now();
  try {
    for (;;) {
      const { done, value } = await within(silence, reader.read());
      if (done) return;
      const silentFor = performance.now() - heardAt;
      heardAt += silentFor;
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        if (event.type === "connected") silence = silenceOf(event.data);
        else if (event.type === "ping") silence ??= Math.max(leastSilence, 2 * silentFor);
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function silenceOf(options: string): number | undefined {
  const ms: unknown = JSON.parse(options)?.reconnectAfterInactivityMs;
  return typeof ms === "number" && ms > 0 ? ms : undefined;
}

function within<T>(ms: number | undefined, promise: Promise<T>): Promise<T> {
  if (ms === undefined) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(outage("The stream fell silent.").error), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
