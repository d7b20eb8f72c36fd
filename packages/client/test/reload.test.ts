import { isRetryable, ShoalError } from "@shoal/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StoreAt } from "../../server/test/durability/store-at.ts";
import { temporaryFolder } from "../../server/test/durability/temporary-folder.ts";
import { audit, list } from "../../server/test/reload/contract.ts";
import { startReloaded } from "../../server/test/reload/reloaded-process.ts";
import { hasPostgres, openDatabase } from "../../server/test/support/postgres.ts";
import { eventually } from "../../server/test/support/recorder.ts";
import { createClient } from "../src/client.ts";

const patience = 20_000;

const stores = [
  {
    name: "SQLite",
    here: true,
    async prepare() {
      const folder = await temporaryFolder();
      const at: StoreAt = { sqlite: folder.file("shoal.db") };
      return { at, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
    },
  },
  {
    name: "Postgres",
    here: hasPostgres,
    async prepare() {
      const database = await openDatabase();
      const at: StoreAt = { postgres: database.url, schema: "shoal" };
      return { at, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
    },
  },
];

/** Sends an entry until it is accepted, always as the same command. */
async function sendUntilAccepted(send: () => Promise<{ readonly ok: boolean }>): Promise<void> {
  for (;;) {
    try {
      expect(await send()).toMatchObject({ ok: true });
      return;
    } catch (error) {
      if (!(error instanceof ShoalError && isRetryable(error.code))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

for (const { name, here, prepare } of stores) {
  describe.skipIf(!here)(`A server whose module is evaluated again, on ${name},`, { timeout: 60_000 }, () => {
    let place: Awaited<ReturnType<typeof prepare>>;
    beforeAll(async () => {
      place = await prepare();
    });
    afterAll(() => place[Symbol.asyncDispose]());

    test("goes on for its clients under commands, loses nothing, and does nothing twice or with old code", async () => {
      await using server = startReloaded(place.at);
      const { port } = await server.ask("reload");
      const client = createClient({ url: `http://localhost:${port}/trpc`, channels: [list, audit] });
      const topic = client.list({ listId: "home" });
      let lost = 0;
      topic.subscribe(() => {
        if (topic.current.status === "reconnecting") lost += 1;
      });
      const entries: number[] = [];
      let reloading = true;
      const send = async (): Promise<void> => {
        while (reloading) {
          const entry = entries.push(entries.length) - 1;
          await sendUntilAccepted(() => topic.send.add({ entry }, { commandId: `entry-${entry}` }));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const sending = [send(), send(), send(), send()];
      for (let reloads = 0; reloads < 5; reloads += 1) {
        await server.ask("reload");
        const before = topic.current.state?.entries.length ?? 0;
        await eventually(() => (topic.current.state?.entries.length ?? 0) > before, "the client hears more", patience);
      }
      reloading = false;
      await Promise.all(sending);
      const all = (): boolean => topic.current.state?.entries.length === entries.length;
      await eventually(() => all() && Object.keys(topic.current.state?.due ?? { 0: 0 }).length === 0, "all", patience);
      let logs = (await server.ask("logs")).logs;
      await eventually(
        async () => {
          logs = (await server.ask("logs")).logs;
          return (logs?.audit.length ?? 0) >= entries.length && topic.current.status === "live";
        },
        "the effects were run",
        patience,
      );
      for (const [type, log] of [
        ["added", logs?.list],
        ["rang", logs?.list],
        ["noted", logs?.audit],
      ] as const) {
        const found = log?.filter((event) => event.type === type) ?? [];
        const lines = found.map(({ data }) => data as { readonly entry: number; readonly by: number });
        expect(
          lines.map(({ entry }) => entry).toSorted((a, b) => a - b),
          type,
        ).toEqual(entries);
        const versions = lines.map(({ by }) => by);
        expect(versions, type).toEqual(versions.toSorted((a, b) => a - b));
        expect(versions.at(-1), type).toBeGreaterThan(1);
      }
      expect(topic.current.state?.entries).toEqual(
        logs?.list.filter(({ type }) => type === "added").map(({ data }) => (data as { entry: number }).entry),
      );
      expect(lost).toBeGreaterThan(0);
      expect(server.complaints()).toBe("");
      client.close();
    });

    test("opens nothing twice, however often", async () => {
      await using server = startReloaded(place.at);
      const { port } = await server.ask("reload");
      const client = createClient({ url: `http://localhost:${port}/trpc`, channels: [list, audit] });
      const topic = client.list({ listId: "counted" });
      topic.subscribe(() => {});
      const use = async (entry: number) => {
        await sendUntilAccepted(() => topic.send.add({ entry }, { commandId: `counted-${entry}` }));
        await eventually(() => topic.current.state?.entries.includes(entry) ?? false, "the client hears it", patience);
      };
      await use(0);
      const { measured: first } = await server.ask("measure");
      await server.ask("reload");
      await use(1);
      const { measured: before } = await server.ask("measure");
      expect(first?.store.length).toBeGreaterThan(0);
      expect(before?.store).toEqual(expect.arrayContaining([...(first?.store ?? [])]));
      for (let reloads = 2; reloads <= 50; reloads += 1) {
        await server.ask("reload");
        if (reloads % 10 === 0) await use(reloads);
      }
      const { measured: after } = await server.ask("measure");
      if ("sqlite" in place.at) expect(after?.store).toEqual(first?.store);
      expect(after?.store.length).toBeLessThanOrEqual(10);
      expect(after?.topics).toBeLessThanOrEqual(2);
      expect(after?.sockets).toBeLessThanOrEqual((before?.sockets ?? 0) + 2);
      expect(server.complaints()).toBe("");
      client.close();
    });
  });
}
