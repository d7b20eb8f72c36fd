import { isRetryable, ShoalError } from "@shoal/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connect } from "../support/connect.ts";
import { startServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const actions = ["add", "add", "add", "cut", "unplug", "plug in", "retry", "leave", "come back"] as const;

function doNothing(): void {}

/** Lets the event loop turn. */
function turns(count: number): Promise<void> {
  return new Promise((resolve) => {
    const next = (left: number): void => void (left === 0 ? resolve() : setImmediate(() => next(left - 1)));
    next(count);
  });
}

/** Sends until there is an answer, always as the same command. */
async function insist<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof ShoalError && isRetryable(error.code)) return await insist(send);
    throw error;
  }
}

describe.each(["websocket", "sse"] as const)("Over %s, whatever becomes of the connection,", (transport) => {
  test("every event arrives once and in order, and every command has one effect", async () => {
    await using server = await startServer();
    let runs = 0;
    const step = fc.record({ action: fc.constantFrom(...actions), count: fc.nat(30) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        runs += 1;
        const params = { counterId: `run ${runs}` };
        await using ann = connect(server, "ann", {
          transport,
          fetch: (url, init) =>
            ann.network.online ? fetch(url, init) : Promise.reject(new TypeError("There is no network.")),
        });
        const topic = ann.counter(params);
        const seen: number[] = [];
        const listen = () => topic.subscribe(() => seen.push(topic.current.offset ?? 0));
        let stop = listen();
        const sent: Promise<unknown>[] = [];
        for (const { action, count } of steps) {
          if (action === "add") {
            const by = sent.length + 1;
            sent.push(insist(() => topic.send.addQuietly({ by }, { commandId: `${params.counterId} ${by}` })));
          } else if (action === "cut") server.cut();
          else if (action === "unplug" || action === "plug in") ann.network.online = action === "plug in";
          else if (action === "retry") ann.connection.retry();
          else {
            stop();
            stop = action === "leave" ? doNothing : listen();
          }
          await turns(count);
        }
        ann.network.online = true;
        ann.connection.retry();
        stop();
        stop = listen();
        await Promise.all(sent);
        const { state } = await until(topic, ({ status, offset }) => status === "live" && offset === sent.length);
        await using fresh = connect(server, "fresh");
        const told = await until(fresh.counter(params), ({ status }) => status === "live");
        expect(state).toEqual(told.state);
        expect(state?.history.toSorted((a, b) => a - b)).toEqual(sent.map((_, index) => index + 1));
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
        stop();
      }),
      { numRuns: 12 },
    );
  }, 60_000);
});
