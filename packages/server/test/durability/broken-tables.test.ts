import { defineChannel } from "@shoal/contract";
import { defineTables, initRealtime, type Store, system, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { Logged } from "../support/logged.ts";
import { inTime } from "../support/recorder.ts";
import { kinds, type Places } from "./kinds.ts";
import { openAt } from "./store-at.ts";

const shelf = defineChannel(
  "shelf",
  {
    params: z.object({ shelfId: z.string() }),
    state: z.object({ books: z.array(z.string()) }),
    events: { added: z.object({ book: z.string() }) },
    commands: { add: { input: z.object({ book: z.string() }) }, check: {} },
  },
  { initial: () => ({ books: [] }), apply: { added: ({ books }, { book }) => ({ books: [...books, book] }) } },
);

interface Database {
  readonly books: { readonly shelf: string; readonly book: string };
}

const tables = defineTables({ books: z.object({ shelf: z.string(), book: z.string() }) }, [
  ({ schema }) => [schema.createTable("books").addColumn("shelf", "text").addColumn("book", "text")],
]);

/** What a projection does beside its work for one book, and what a `load` does. */
interface Mischief {
  readonly project?: (tx: Kysely<Database>, book: string) => Promise<unknown> | undefined;
  readonly load?: () => Promise<unknown>;
}

const plain = defineChannel(
  "plain",
  {
    params: z.object({ id: z.string() }),
    state: z.object({ count: z.int() }),
    events: { counted: z.object({}) },
    commands: { count: {} },
  },
  { initial: () => ({ count: 0 }), apply: { counted: ({ count }) => ({ count: count + 1 }) } },
);

/** Shelves on a store, whose tables do each time what a test says, and a channel without any. */
function createShelves(store: Store) {
  let mischief: Mischief = {};
  let count = 0;
  const t = initTRPC.context<{ user: User | null }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const shelves = serveChannel(shelf, {
    tables,
    load: { check: async () => mischief.load?.() },
    commands: { add: ({ input, emit }) => emit("added", input), check: () => {} },
    async project(tx, changes) {
      for (const { params, events } of changes) {
        for (const { data } of events) {
          await tx.insertInto("books").values({ shelf: params.shelfId, book: data.book }).execute();
          await mischief.project?.(tx, data.book);
        }
      }
    },
  });
  const plains = serveChannel(plain, { commands: { count: ({ emit }) => emit("counted") } });
  const logged = new Logged();
  const realtime = createRealtime({
    store,
    logger: logged.logger,
    commandDeadlineMs: 3_000,
    channels: [shelves, plains],
  });

  return {
    logged,
    /** Two shelves and a topic of the other channel that nobody has used, and are loaded. */
    async begin(next: Mischief) {
      mischief = next;
      count += 1;
      logged.items.length = 0;
      const names = { north: `north-${count}`, east: `east-${count}`, plain: `plain-${count}` };
      const north = realtime.topic(shelf, { shelfId: names.north }).as(system);
      const east = realtime.topic(shelf, { shelfId: names.east }).as(system);
      const other = realtime.topic(plain, { id: names.plain }).as(system);
      await Promise.all([north.state(), east.state(), other.state()]);
      const shelvesHere = [names.north, names.east];
      return {
        north,
        east,
        add: (to: typeof north, book: string) => inTime(to.send.add({ book }, { commandId: book }), "an answer"),
        check: () => inTime(north.send.check(), "an answer"),
        count: () => inTime(other.send.count(), "an answer"),
        stopMischief: () => {
          mischief = {};
        },
        /** What stands in the table of the two shelves. */
        async books() {
          const { rows } = await store.sql.query("SELECT shelf, book FROM books ORDER BY book", []);
          return rows.flatMap((row) => (shelvesHere.includes(String(row.shelf)) ? [row.book] : []));
        },
      };
    },
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

const accepted = { ok: true, offset: 1 };
const unavailable = {
  status: "rejected",
  reason: { code: "SERVICE_UNAVAILABLE", message: expect.stringMatching(/Send it again with the same commandId/) },
};
const fulfilled = { status: "fulfilled", value: accepted };

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}`, () => {
    let places: Places;
    let shelves: ReturnType<typeof createShelves>;
    beforeAll(async () => {
      places = await prepare();
      shelves = createShelves(openAt(places.next()));
    }, 60_000);
    afterAll(async () => {
      await shelves[Symbol.asyncDispose]();
      await places[Symbol.asyncDispose]();
    });

    test.each([
      { what: "that throws", fail: () => Promise.reject(new Error("no ink")), says: /no ink/ },
      {
        what: "whose statement fails",
        fail: (tx: Kysely<Database>) =>
          tx
            .insertInto("gone" as "books")
            .values({ shelf: "", book: "" })
            .execute(),
        says: /gone/,
      },
    ])(
      "a projection $what fails its topic's commands as retryable, and no other's of the group",
      async ({ fail, says }) => {
        const project: Mischief["project"] = (tx, book) => (book === "bad" ? fail(tx) : undefined);
        const { north, east, add, count, books, stopMischief } = await shelves.begin({ project });
        const answers = await Promise.allSettled([add(north, "bad"), add(east, "good"), count()]);
        expect(answers).toMatchObject([unavailable, fulfilled, fulfilled]);
        expect(await books()).toEqual(["good"]);
        expect(await north.state()).toEqual({ books: [] });
        expect(await north.history({ limit: 10 })).toEqual([]);
        expect(shelves.logged.items).toMatchObject([
          {
            level: "error",
            message: "a group of commands was not committed",
            fields: {
              of: 1,
              topics: [expect.stringContaining("north")],
              error: { message: expect.stringMatching(says) },
            },
          },
        ]);
        stopMischief();
        expect(await add(north, "bad")).toEqual(accepted);
        expect(await books()).toEqual(["bad", "good"]);
      },
    );

    test("a projection that hangs is given up, and what it still does later is refused", async () => {
      const late = Promise.withResolvers<void>();
      const refused = Promise.withResolvers<unknown>();
      const project: Mischief["project"] = async (tx, book) => {
        if (book !== "bad") return;
        await late.promise;
        const writing = tx.insertInto("books").values({ shelf: "north", book: "late" }).execute();
        await writing.then(refused.resolve, refused.resolve);
      };
      const { north, east, add, count, books, stopMischief } = await shelves.begin({ project });
      const order: string[] = [];
      const bad = add(north, "bad").finally(() => order.push("bad"));
      const other = count().finally(() => order.push("other"));
      const answers = await Promise.allSettled([bad, other]);
      expect(order).toEqual(["other", "bad"]);
      expect(answers).toMatchObject([unavailable, fulfilled]);
      expect(shelves.logged.items).toMatchObject([
        { message: "a group of commands was not committed", fields: { error: { code: "TIMEOUT" } } },
      ]);
      stopMischief();
      late.resolve();
      expect(await inTime(refused.promise, "the refusal")).toMatchObject({
        message: 'The projection of "shelf" is over, and so is its transaction. Await each statement.',
      });
      expect(await add(east, "good")).toEqual(accepted);
      expect(await books()).toEqual(["good"]);
      expect(await north.state()).toEqual({ books: [] });
    });

    test("what a projection does not await is refused once its transaction is over", async () => {
      const refused = Promise.withResolvers<unknown>();
      const later = Promise.withResolvers<void>();
      const project: Mischief["project"] = (tx) => {
        const write = () => tx.insertInto("books").values({ shelf: "north", book: "late" }).execute();
        void later.promise.then(write).then(refused.resolve, refused.resolve);
        return undefined;
      };
      const { north, add, books } = await shelves.begin({ project });
      expect(await add(north, "good")).toEqual(accepted);
      later.resolve();
      expect(await inTime(refused.promise, "the refusal")).toBeInstanceOf(Error);
      expect(await books()).toEqual(["good"]);
    });

    test("a load that fails fails its command alone", async () => {
      const load = () => Promise.reject(new Error("no glasses"));
      const { north, east, add, check, count } = await shelves.begin({ load });
      const answers = await Promise.allSettled([check(), add(east, "good"), count()]);
      expect(answers).toMatchObject([{ reason: { message: "no glasses" } }, fulfilled, fulfilled]);
      expect(await add(north, "fine")).toEqual(accepted);
    });

    test("a load that hangs fails its command alone, in time, and is logged", async () => {
      const { north, east, add, check, count } = await shelves.begin({ load: () => new Promise(() => {}) });
      const answers = await Promise.allSettled([check(), add(east, "good"), count()]);
      const late = { code: "TIMEOUT", message: 'The load of "shelf.check" took more than 1500 ms. Try again.' };
      expect(answers).toMatchObject([{ reason: late }, fulfilled, fulfilled]);
      expect(shelves.logged.items).toMatchObject([
        { level: "error", message: "a load took too long", fields: { topic: expect.stringContaining("north") } },
      ]);
      expect(await add(north, "fine")).toEqual(accepted);
    });
  });
}
