import { parsePosition, ShoalError } from "@shoal/contract";
import { createMemoryStore, createSqliteStore, defineTables, type Store, serveChannel } from "@shoal/server";
import { pgExecutor } from "@shoal/server/postgres";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { wrapStore } from "../durability/wrap-store.ts";
import { createApp } from "../support/app.ts";
import { eventually } from "../support/recorder.ts";
import { journal } from "./journal.ts";
import { addNote, createVolatileApp, type VolatileApp } from "./volatile-app.ts";

const home = { counterId: "home" };

const added = (app: VolatileApp, id = "home") =>
  app
    .counter(id)
    .state()
    .then(({ added }) => added);
const notes = (app: VolatileApp, id = "home") =>
  app
    .journal(id)
    .state()
    .then(({ notes }) => notes);

/** Waits until every effect is done, on both sides. */
async function untilDone(store: Store): Promise<void> {
  const left = async (): Promise<number> => {
    const looks = await Promise.all([store.look(null), store.volatile().look(null)]);
    return looks.flatMap(({ effects }) => effects).length;
  };
  await eventually(async () => (await left()) === 0, "no effect is left", 10_000);
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, a channel that is not durable`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test("has its commands in one order, each once, with the answers that any other has", async () => {
      await using app = createVolatileApp({ store: openAt(places.next()) });
      const send = (by: number) => app.as("ann").counter.add({ ...home, by, commandId: `c${by}` });
      const tens = Array.from({ length: 12 }, (_, index) => index);
      const outcomes = await Promise.all([...tens, ...tens].map(send));
      const offsets = outcomes.map((outcome) => (outcome.ok ? outcome.offset : 0));
      expect(offsets.slice(0, 12).toSorted((a, b) => a - b)).toEqual(tens.map((index) => index + 1));
      expect(outcomes.slice(12)).toEqual(outcomes.slice(0, 12));
      await expect(app.as("ann").counter.add({ ...home, by: 7, commandId: "c8" })).rejects.toMatchObject({
        code: "CONFLICT",
      });
      expect(await send(1_001)).toEqual({ ok: false, reason: "TOO_LARGE", limit: 1_000 });
      expect(await app.as("ann").counter.sum(home)).toEqual({ sum: 66 });
      const history = await app.counter("home").history({ limit: 100 });
      expect(history.map(({ offset }) => offset)).toEqual(tens.map((index) => 12 - index));
      expect((await app.counter("home").snapshot()).state.added.toSorted((a, b) => a - b)).toEqual(tens);
    });

    test("writes nothing where the durable ones are", async () => {
      const at = places.next();
      const store = openAt(at);
      await using app = createVolatileApp({ store });
      await app.counter("home").send.add({ by: 1 });
      await app.journal("home").send.note({ note: "kept" });
      const table = "schema" in at ? `${at.schema}.events` : "events";
      const { rows } = await store.sql.query(`SELECT data FROM ${table}`, []);
      expect(rows).toEqual([{ data: JSON.stringify({ note: "kept" }) }]);
    });

    test("has effects on durable ones, and they on it, each once", async () => {
      const store = openAt(places.next());
      await using app = createVolatileApp({ store });
      for (const note of [addNote, "other", addNote]) await app.journal("home").send.note({ note });
      await eventually(async () => (await added(app)).length === 2, "the notes have added");
      await app.counter("home").send.clear();
      await untilDone(store);
      expect(await added(app)).toEqual([]);
      expect(await notes(app)).toEqual([addNote, "other", addNote, "cleared at 3"]);
    });

    test.each(["durable", "volatile"] as const)(
      "has each effect once though the %s side cannot settle it at first",
      async (side) => {
        const store = openAt(places.next());
        let failures = 0;
        const settling = (inner: Store): Partial<Store> => ({
          settle: async (effectId) => {
            failures += 1;
            if (failures === 1) throw new ShoalError("SERVICE_UNAVAILABLE", "The store is away.");
            await inner.settle(effectId);
          },
        });
        const volatile = wrapStore(store.volatile(), side === "volatile" ? settling(store.volatile()) : {});
        const changes = { volatile: () => volatile, ...(side === "durable" && settling(store)) };
        await using app = createVolatileApp({ store: wrapStore(store, changes), lookMs: 20 });
        if (side === "durable") await app.journal("home").send.note({ note: addNote });
        else await app.counter("home").send.clear();
        await eventually(() => failures === 2, "the effect is settled");
        await untilDone(store);
        expect(side === "durable" ? await added(app) : await notes(app)).toEqual(
          side === "durable" ? [1] : ["cleared at 1"],
        );
      },
    );

    test("has timers", async () => {
      await using app = createVolatileApp({ store: openAt(places.next()) });
      await app.counter("home").send.add({ by: 100 });
      await eventually(async () => (await notes(app)).length === 1, "the timer's effect was run");
      expect(await notes(app)).toEqual(["cleared at 2"]);
    });
  });
}

describe("On Postgres, a channel that is not durable", () => {
  const postgres = kinds.find(({ name }) => name === "Postgres");

  test.skipIf(!postgres?.here)("takes part in a transaction of the application, like one that is", async () => {
    await using places = (await postgres?.prepare()) as Places;
    const at = places.next();
    await using app = createVolatileApp({ store: openAt(at) });
    const client = new Client({ connectionString: "postgres" in at ? at.postgres : "" });
    await client.connect();
    const tx = pgExecutor(client);
    for (const end of ["ROLLBACK", "COMMIT"]) {
      await client.query("BEGIN");
      expect(await app.counter("home").send.add({ by: 1 }, { tx })).toMatchObject({ ok: true, offset: 1 });
      expect(await app.journal("home").send.note({ note: end }, { tx })).toMatchObject({ ok: true, offset: 1 });
      await client.query(end);
    }
    await client.end();
    await eventually(async () => (await added(app)).length + (await notes(app)).length > 1, "both are seen");
    expect([await added(app), await notes(app)]).toEqual([[1], ["COMMIT"]]);
  });
});

describe("On SQLite, a channel that is not durable", () => {
  test("begins anew with the process, in another epoch, and its effects are not taken for those before", async () => {
    await using folder = await temporaryFolder();
    const open = () => createVolatileApp({ store: createSqliteStore({ path: folder.file("shoal.db") }) });
    const epochs = new Set<string>();
    for (const life of [1, 2]) {
      await using app = open();
      expect(await added(app)).toEqual([]);
      expect(await app.counter("home").send.clear()).toMatchObject({ ok: true, offset: 1 });
      const noted = `the clearing in life ${life} is noted`;
      await eventually(async () => (await notes(app)).length === life, noted);
      epochs.add(parsePosition((await app.counter("home").snapshot()).position).epoch);
    }
    expect(epochs.size).toBe(2);
  });
});

describe("A realtime", () => {
  test("asks for no other store where all channels are durable", async () => {
    const store = wrapStore(createMemoryStore(), {
      volatile: () => {
        throw new Error("nobody needs it");
      },
    });
    await using app = createApp({ store });
    await app.as("ann").counter.add({ ...home, by: 1 });
  });

  test("says once which channels are not kept through a crash", async () => {
    await using folder = await temporaryFolder();
    await using app = createVolatileApp({ store: createSqliteStore({ path: folder.file("shoal.db") }) });
    await added(app);
    await notes(app);
    expect(app.logged.items).toEqual([
      {
        level: "info",
        fields: { channels: ["counter"] },
        message: "the events of these channels are not kept through a crash",
      },
    ]);
  });

  test("on a store in memory has all channels there, and warns of those that were to be durable", async () => {
    const store = createMemoryStore();
    await using app = createVolatileApp({ store });
    await app.journal("home").send.note({ note: addNote });
    await eventually(async () => (await added(app)).length === 1, "the note has added");
    const warnings = app.logged.items.filter(({ level }) => level === "warn").map(({ fields }) => fields);
    expect(warnings).toEqual([{ channels: ["journal"] }]);
    const { rows } = await store.sql.query("SELECT DISTINCT channel FROM topics ORDER BY channel", []);
    expect(rows).toEqual([{ channel: "counter" }, { channel: "journal" }]);
  });
});

describe("A channel that is not durable", () => {
  test.each([
    ["tables", { tables: defineTables({}, []) }],
    ["project", { project: async () => {} }],
    ["load", { load: { note: async () => 1 } }],
  ])("cannot have %s, whose rows would outlive its events", (part, options) => {
    const serve = () => serveChannel(journal, { durable: false, ...options, commands: { note: () => {} } });
    expect(serve).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringContaining(`cannot have \`${part}\``) }),
    );
  });
});
