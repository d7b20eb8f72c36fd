import { createPostgresStore, pgExecutor } from "@shoal/server/postgres";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { createApp } from "../support/app.ts";
import { counter } from "../support/counter.ts";
import { hasPostgresServer, startPostgres, type TestServer } from "../support/postgres.ts";
import { type Received, readAll } from "../support/reader.ts";
import { eventually, inTime } from "../support/recorder.ts";

const home = { counterId: "home" };
const ann = { id: "ann" };

const isEvents = ({ frame }: Received): boolean => frame.kind === "events";

/** A node of its own, which no broker tells anything. */
const startNode = (server: TestServer) =>
  createApp({ store: createPostgresStore({ connectionString: server.url, logger: { warn: () => {} } }) });

describe.skipIf(!hasPostgresServer)("Nodes on one Postgres, without a broker,", { timeout: 60_000 }, () => {
  test("see each other's events within two seconds", async () => {
    await using server = await startPostgres();
    await using a = startNode(server);
    await using b = startNode(server);
    const seen = readAll(await b.as("ann").counter.watch(home));
    await seen.frames.count(2);
    await a.realtime.topic(counter, home).as(ann).send.add({ by: 3 });
    await inTime(seen.frames.first(isEvents), "the event on the other node", 2_000);
  });

  test("see what the application's own transaction committed, though the node that decided it never tells", async () => {
    await using server = await startPostgres();
    await using b = startNode(server);
    const seen = readAll(await b.as("ann").counter.watch(home));
    await seen.frames.count(2);
    const client = new Client({ connectionString: server.url });
    await client.connect();
    const a = startNode(server);
    await client.query("BEGIN");
    const tx = pgExecutor(client);
    const outcome = await a.realtime.topic(counter, home).as(ann).send.add({ by: 5 }, { tx });
    expect(outcome).toEqual({ ok: true, offset: 1, result: { sum: 5 } });
    await a[Symbol.asyncDispose]();
    expect(seen.frames.items.some(isEvents)).toBe(false);
    await client.query("COMMIT");
    await inTime(seen.frames.first(isEvents), "the committed event", 2_000);
    await client.end();
  });

  test("answer commands as retryable within five seconds while it is away, keep their subscriptions, and go on", async () => {
    await using server = await startPostgres();
    await using app = startNode(server);
    const seen = readAll(await app.as("ann").counter.watch(home));
    const send = (commandId: string) => app.realtime.topic(counter, home).as(ann).send.add({ by: 1 }, { commandId });
    await send("first");
    const thaw = server.freeze();
    const refused = { code: "SERVICE_UNAVAILABLE" };
    const attic = app.realtime.topic(counter, { counterId: "attic" }).as(ann);
    await Promise.all([
      inTime(expect(send("second")).rejects.toMatchObject(refused), "the refusal on a topic that is held", 5_000),
      inTime(expect(attic.send.add({ by: 1 })).rejects.toMatchObject(refused), "the refusal on one that is not", 5_000),
    ]);
    thaw();
    await server.kill();
    const stored = () =>
      send("second").then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually(stored, "the second command is stored", 10_000);
    expect(await send("second")).toEqual({ ok: true, offset: 2, result: { sum: 2 } });
    await seen.frames.until((items) => items.filter(isEvents).length >= 2);
    expect(seen.frames.items.map(({ frame }) => frame.kind)).toEqual(["snapshot", "presence", "events", "events"]);
  });
});
