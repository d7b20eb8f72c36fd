import type { Store, StoredUser, TopicRef } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { eventsAfter, request, show, topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");

const record = (sender = "user:ann") =>
  ({ sender, commandId: "c1", digest: "d", outcome: { ok: true, offset: 1 }, version: 1 }) as const;

/** Everything a topic can have: events, a snapshot, a record, a timer, and an effect. */
async function fill(store: Store, topic: TopicRef): Promise<void> {
  await write(store, topic, ["a", "b"], (at) => ({
    records: [record()],
    snapshot: { offset: 1, at, state: "after a", version: 1 },
    timers: [
      { name: "end", at: 1, due: 1, command: "end", input: {}, armedAt: 1, attempts: 0, status: "armed", version: 1 },
    ],
    effects: [
      {
        id: `of ${topic.id}`,
        source: topic.id,
        target: attic,
        command: "sweep",
        input: {},
        due: 1,
        attempts: 0,
        status: "armed",
        version: 1,
      },
    ],
  }));
}

/** Every topic in which a user is found, and the offsets of the user's events there. */
async function findAll(store: Store, user: StoredUser): Promise<readonly (readonly [string, readonly number[]])[]> {
  const found: [string, readonly number[]][] = [];
  let page = await store.findUser(user, null);
  for (;;) {
    for (const { topic, events, epoch } of page.found) {
      expect(epoch).toBe((await store.head(topic)).epoch);
      found.push([topic.id, events.toSorted((a, b) => a - b)]);
    }
    if (page.next === null) return found;
    page = await store.findUser(user, page.next);
  }
}

/** What is left of a topic that is erased, and where a user is found. */
export function erasingLaws(name: string, open: OpenStore): void {
  describe(`${name}, erasing a topic,`, () => {
    test("leaves nothing of it, gives it another epoch, and leaves the others alone", async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store, lobby);
      await fill(store, attic);
      const [before, other] = [await store.head(lobby), await store.load(attic)];
      await store.erase(lobby);
      const after = await store.load(lobby);
      expect(after).toEqual({ epoch: expect.not.stringMatching(before.epoch), snapshot: null, events: [] });
      expect(await store.head(lobby)).toEqual({ epoch: after.epoch, offset: 0 });
      const shown = await show(store, request(lobby, before, [record()]));
      expect(shown).toMatchObject({ news: { kind: "reload", stored: after }, records: [], timers: [] });
      const { due, effects } = await store.look(null);
      expect([due, effects.map(({ source }) => source)]).toEqual([[attic], [attic.id]]);
      expect(await store.load(attic)).toEqual(other);
    });

    test("lets it begin anew, each time in an epoch that it never had", async () => {
      await using opened = await open();
      const { store } = opened;
      const epochs = new Set<string>();
      for (const text of ["a", "b", "c"]) {
        const at = await write(store, lobby, [text]);
        const { epoch, events } = await store.load(lobby);
        expect(events).toEqual(eventsAfter(0, at, [text]));
        expect(await show(store, request(lobby, { epoch, offset: 0 }))).toMatchObject({
          news: { kind: "tail", events },
        });
        epochs.add(epoch);
        await store.erase(lobby);
      }
      expect(epochs.size).toBe(3);
      await store.newEpoch();
      expect(epochs).not.toContain((await store.head(lobby)).epoch);
    });

    test("lets nobody read of it in the epoch that it had", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a"]);
      const { epoch } = await store.head(lobby);
      expect(await store.read(lobby, 1, 9, epoch)).toHaveLength(1);
      await store.erase(lobby);
      await write(store, lobby, ["b"]);
      expect(await store.read(lobby, 1, 9, epoch)).toEqual([]);
      expect(await store.read(lobby, 1, 9, (await store.head(lobby)).epoch)).toHaveLength(1);
      expect(await store.read(lobby, 1, 9)).toHaveLength(1);
    });

    test("is told by a look, as is an epoch of its own that a write gives it", async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store, lobby);
      await fill(store, attic);
      const { mark } = await store.look(null);
      await store.erase(lobby);
      const before = await store.head(attic);
      await write(store, attic, [], (at) => ({
        head: { offset: 2, at },
        snapshot: { offset: 2, at, state: "after b", version: 1 },
        newEpoch: true,
      }));
      const renewed = await store.head(attic);
      expect(renewed).toEqual({ epoch: expect.not.stringMatching(before.epoch), offset: 2 });
      expect((await store.read(attic, 1, 9)).map(({ data }) => data)).toEqual(["a", "b"]);
      const { changed } = await store.look(mark);
      expect(new Map(changed.map(({ id, ...head }) => [id, head]))).toEqual(
        new Map([
          [lobby.id, await store.head(lobby)],
          [attic.id, renewed],
        ]),
      );
    });

    test("does all of it with what is projected, or nothing", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.migrate("notes", [
        [{ sql: "CREATE TABLE IF NOT EXISTS note (text text)", params: [] }],
        [{ sql: "INSERT INTO note VALUES ('a')", params: [] }],
      ]);
      await fill(store, lobby);
      const before = await store.load(lobby);
      const failing = store.erase(lobby, async (sql) => {
        await sql.query("DELETE FROM note", []);
        throw new Error("it fails");
      });
      await expect(failing).rejects.toThrow("it fails");
      expect(await store.load(lobby)).toEqual(before);
      expect((await store.sql.query("SELECT text FROM note", [])).rows).toHaveLength(1);
      await store.erase(lobby, async (sql) => void (await sql.query("DELETE FROM note", [])));
      expect((await store.sql.query("SELECT text FROM note", [])).rows).toEqual([]);
      expect((await store.load(lobby)).events).toEqual([]);
    });

    test("has nothing to do where nobody wrote", async () => {
      await using opened = await open();
      const before = await opened.store.load(lobby);
      await opened.store.erase(lobby);
      expect(await opened.store.load(lobby)).toEqual(before);
    });
  });

  describe(`${name}, looking for a user,`, () => {
    const ann = { id: 'a"nn é', sender: "user:ann", tenant: null };
    const by = (userId: string | null, data: unknown) => (at: number) => ({
      events: eventsAfter(0, at, [data]).map((event) => ({ ...event, userId })),
      head: { offset: 1, at },
    });

    test("finds every topic that an event, a record, a state, a timer or the params tell of, and no other", async () => {
      await using opened = await open();
      const { store } = opened;
      const named = topicNamed(ann.id);
      const topics = ["caused", "sent", "said", "held", "timed", "other"].map((one) => topicNamed(one));
      const [caused = lobby, sent = lobby, said = lobby, held = lobby, timed = lobby, other = lobby] = topics;
      await write(store, named, ["a"]);
      await write(store, caused, [], by(ann.id, "a"));
      await write(store, sent, ["a"], { records: [record()] });
      await write(store, said, [], by("ben", { to: [ann.id] }));
      await write(store, held, ["a"], (at) => ({
        snapshot: { offset: 1, at, state: { members: { [ann.id]: 1 } }, version: 1 },
      }));
      await write(store, timed, ["a"], {
        timers: [
          {
            name: "end",
            at: 1,
            due: 1,
            command: "end",
            input: ann.id,
            armedAt: 1,
            attempts: 0,
            status: "armed",
            version: 1,
          },
        ],
      });
      await write(store, other, [], by("ben", { to: `${ann.id}a` }));
      await write(store, topicNamed("caused", { tenant: "acme" }), [], by(ann.id, "a"));
      const found = await findAll(store, ann);
      expect(new Map(found)).toEqual(
        new Map([
          [named.id, []],
          [caused.id, [1]],
          [sent.id, []],
          [said.id, []],
          [held.id, []],
          [timed.id, []],
        ] as never),
      );
      const acme = await findAll(store, { ...ann, tenant: "acme" });
      expect(acme.map(([id]) => id)).toEqual([topicNamed("caused", { tenant: "acme" }).id]);
    });

    test("looks through all topics, however many, page by page", async () => {
      await using opened = await open();
      const { store } = opened;
      const many = Array.from({ length: 2_100 }, (_, index) => topicNamed(`${index}`));
      const lock = many.map((topic) => request(topic, { epoch: "", offset: 0 }));
      const last = many.at(-1) ?? lobby;
      await store.transaction(lock, ({ now }) =>
        many.map((topic) => ({ topic, head: { offset: 1, at: now }, events: eventsAfter(0, now, ["a"]), records: [] })),
      );
      await store.erase(last);
      await write(store, last, [], by(ann.id, "a"));
      expect(await findAll(store, ann)).toEqual([[last.id, [1]]]);
    });

    test("deletes the records of the user's commands in the topics of the tenant, and no others", async () => {
      await using opened = await open();
      const { store } = opened;
      const acme = topicNamed("lobby", { tenant: "acme" });
      await write(store, lobby, ["a"], { records: [record(), record("user:ben")] });
      await write(store, acme, ["a"], { records: [record()] });
      const recorded = async (topic: TopicRef) =>
        (await show(store, request(topic, await store.head(topic), [record(), record("user:ben")]))).records;
      expect(await store.forgetUser(ann)).toBe(1);
      expect(await store.forgetUser(ann)).toBe(0);
      expect(await recorded(lobby)).toEqual([record("user:ben")]);
      expect(await recorded(acme)).toEqual([record()]);
    });
  });
}
