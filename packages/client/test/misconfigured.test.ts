import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { startServer } from "./support/server.ts";
import { until } from "./support/until.ts";

const home = { counterId: "home" };

describe.each(["websocket", "sse"] as const)(
  "a client that was told wrong says what to look at, over %s,",
  (transport) => {
    const mounted = "Is the channel served, and the realtime's router mounted at the client's `path`?";
    const transformed = "Is the client's `transformer` that of the server?";

    test("where the router is mounted elsewhere", async () => {
      await using server = await startServer();
      await using ann = connect(server, "ann", { transport, path: "live" });
      const { error } = await until(ann.counter(home), ({ status }) => status === "failed");
      expect(error?.code).toBe("NOT_FOUND");
      expect(error?.message).toContain(`on path "live.counter.watch". ${mounted}`);
      await expect(ann.counter(home).send.add({ by: 1 })).rejects.toThrow(`on path "live.counter.add". ${mounted}`);
    });

    test("where the server alone has a transformer", async () => {
      await using server = await startServer({ transformer: superjson });
      await using ann = connect(server, "ann", { transport });
      const { error } = await until(ann.counter(home), ({ error }) => error !== undefined);
      expect(error?.message).toContain(transformed);
    });

    test("where the client alone has a transformer", async () => {
      await using server = await startServer();
      await using ann = connect(server, "ann", { transport, transformer: superjson });
      const { error } = await until(ann.counter(home), ({ error }) => error !== undefined);
      expect(error?.message).toContain(transformed);
    });
  },
);
