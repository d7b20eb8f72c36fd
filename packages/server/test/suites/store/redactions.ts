import type { Store, StoredEffect, TopicRef } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { eventsAfter, request, show, topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");
const text = "what Ann said and took back";

const answer = (commandId: string, offset: number) =>
  ({
    sender: "user:ann",
    commandId,
    digest: "d",
    outcome: { ok: true, offset, result: { text } },
    version: 1,
  }) as const;

export const effect = (id: string, status: StoredEffect["status"] = "armed"): StoredEffect => ({
  id,
  source: lobby.id,
  target: attic,
  command: "sweep",
  input: { text },
  due: 1_700_000_000_000,
  attempts: 0,
  status,
  version: 1,
});

/** Writes an event after which the events at `offsets` are redacted. */
export async function redact(store: Store, offsets: readonly number[]): Promise<void> {
  const { offset } = await store.head(lobby);
  await write(store, lobby, [], (at) => ({
    events: eventsAfter(offset, at, ["taken back"]).map((event) => ({ ...event, redacts: offsets })),
    head: { offset: offset + 1, at },
    snapshot: { offset: offset + 1, at, state: "without it", version: 1 },
    redactions: offsets.map((one) => ({ offset: one, effects: `effect:lobby:${one}:` })),
  }));
}

/** What becomes of events that are redacted. */
export function redactionLaws(name: string, open: OpenStore): void {
  describe(`${name}, redacting,`, () => {
    test("leaves of an event its place, time and type, and keeps the others and who redacted it", async () => {
      await using opened = await open();
      const { store } = opened;
      const at = await write(store, lobby, ["a", text, "c"], (now) => ({
        events: eventsAfter(0, now, ["a", text, "c"]).map((event) => ({ ...event, secret: text })),
      }));
      const before = await store.read(lobby, 1, 9);
      await redact(store, [2]);
      const after = await store.read(lobby, 1, 9);
      const empty = {
        offset: 2,
        at,
        type: "noted",
        data: null,
        secret: null,
        commandId: null,
        userId: null,
        version: 1,
        redacted: true,
      };
      expect(after).toEqual([before[0], empty, before[2], expect.objectContaining({ offset: 4, redacts: [2] })]);
      expect(JSON.stringify(await store.load(lobby))).not.toContain(text);
      expect(await store.head(lobby)).toMatchObject({ offset: 4 });
      await redact(store, [2, 4]);
      expect((await store.read(lobby, 4, 4))[0]).toMatchObject({ redacted: true, redacts: [2], data: null });
    });

    test("redacts what the same transaction writes", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, [text], (at) => ({
        records: [answer("c1", 1)],
        effects: [effect("effect:lobby:1:0")],
        snapshot: { offset: 1, at, state: null, version: 1 },
        redactions: [{ offset: 1, effects: "effect:lobby:1:" }],
      }));
      expect(await store.read(lobby, 1, 1)).toMatchObject([{ offset: 1, data: null, redacted: true }]);
      const { records } = await show(store, request(lobby, await store.head(lobby), [answer("c1", 1)]));
      expect(records).toMatchObject([{ commandId: "c1", outcome: { ok: true, offset: 1 } }]);
      expect(JSON.stringify(records)).not.toContain(text);
    });

    test("takes their results from the answers of the commands that made the events, and from no others", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a", "b", "c"], { records: [answer("c1", 1), answer("c2", 3)] });
      await write(store, attic, ["a", "b"], { records: [answer("c1", 1)] });
      await redact(store, [1]);
      const known = await store.head(lobby);
      const kept = await show(store, request(lobby, known, [answer("c1", 1), answer("c2", 3)]));
      expect(new Map(kept.records.map(({ commandId, outcome }) => [commandId, outcome]))).toEqual(
        new Map<string, unknown>([
          ["c1", { ok: true, offset: 1 }],
          ["c2", answer("c2", 3).outcome],
        ]),
      );
      const others = await show(store, request(attic, await store.head(attic), [answer("c1", 1)]));
      expect(others.records).toEqual([answer("c1", 1)]);
    });

    test("takes them also where the event was deleted before", async () => {
      await using opened = await open();
      const { store } = opened;
      const records = [
        answer("c1", 2),
        answer("c2", 3),
        { ...answer("c3", 3), outcome: { ok: false, reason: "NO" } },
      ] as const;
      await write(store, lobby, ["a", "b", "c"], (at) => ({
        records,
        snapshot: { offset: 3, at, state: "after c", version: 1 },
      }));
      await write(store, attic, ["a", "b"], { records: [answer("c1", 2)] });
      await store.trim({ channel: "notes", keep: 0, before: undefined });
      await redact(store, [1]);
      const said = async (topic: TopicRef) =>
        (await show(store, request(topic, await store.head(topic), records))).records
          .filter(({ outcome }) => JSON.stringify(outcome).includes(text))
          .map(({ commandId }) => commandId);
      expect(await said(lobby)).toEqual(["c2"]);
      expect(await said(attic)).toEqual(["c1"]);
      await redact(store, [3]);
      expect(await said(lobby)).toEqual([]);
    });

    test("shows the whole topic to who would need a redacted event to go on", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a", text]);
      const { epoch } = await store.head(lobby);
      await redact(store, [2]);
      const stored = await store.load(lobby);
      expect(stored).toMatchObject({ snapshot: { offset: 3, state: "without it" }, events: [] });
      expect((await show(store, request(lobby, { epoch, offset: 1 }))).news).toEqual({ kind: "reload", stored });
      expect((await show(store, request(lobby, { epoch, offset: 2 }))).news).toMatchObject({
        kind: "tail",
        events: [{ offset: 3, redacts: [2] }],
      });
    });

    test("deletes parked effects of the events, and the armed ones as soon as they would be parked", async () => {
      await using opened = await open();
      const { store } = opened;
      const [parked, armed, other] = [
        effect("effect:lobby:2:0"),
        effect("effect:lobby:2:1"),
        effect("effect:lobby:21:0"),
      ];
      await write(store, lobby, ["a", text], { effects: [parked, armed, other] });
      await store.postpone({ ...parked, status: "parked" });
      await redact(store, [2]);
      const shown = async () => (await store.look(null)).effects.map(({ id }) => id);
      expect(await shown()).toEqual([armed.id, other.id]);
      await store.postpone({ ...armed, attempts: 1 });
      expect(await shown()).toEqual([armed.id, other.id]);
      for (const one of [parked, armed, other]) await store.postpone({ ...one, status: "parked" });
      for (const one of [parked, armed, other]) await store.postpone({ ...one, status: "armed" });
      expect(await shown()).toEqual([other.id]);
    });

    test("deletes redacted events with the others when they are old enough", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a", text]);
      await redact(store, [2]);
      await store.trim({ channel: "notes", keep: 1, before: undefined });
      expect((await store.read(lobby, 1, 9)).map(({ offset }) => offset)).toEqual([3]);
    });

    test("undoes nothing of it when it is opened again, where it outlives closing", async ({ skip }) => {
      await using opened = await open();
      if (!opened.reopen) return skip("what it keeps ends with it");
      await write(opened.store, lobby, ["a", text]);
      await redact(opened.store, [2]);
      const before = await opened.store.read(lobby, 1, 9);
      expect(await (await opened.reopen()).read(lobby, 1, 9)).toEqual(before);
    });
  });
}
