import type { Store } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { request, show, topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");
const key = { sender: "user:ann", commandId: "c1" };
const due = { due: 1, input: {}, attempts: 0, status: "armed" } as const;

/** Writes one of everything as a version would. */
export async function writeOfVersion(store: Store, version: number): Promise<void> {
  const id = `effect of ${version}`;
  await write(store, lobby, [], (at, head) => ({
    head: { offset: head + 1, at },
    events: [{ offset: head + 1, at, type: "noted", data: {}, secret: null, commandId: null, userId: null, version }],
    records: [{ ...key, commandId: `of ${version}`, digest: "d", outcome: { ok: true, offset: 1 }, version }],
    snapshot: { offset: head + 1, at, state: {}, version },
    timers: [{ ...due, at: 1, name: "end", command: "end", armedAt: 1, version }],
    effects: [{ ...due, id, source: lobby.id, target: lobby, command: "end", version }],
  }));
}

/** The versions of the first event, and of the newest snapshot, record, timer and effect. */
export async function versionsIn(store: Store): Promise<readonly unknown[]> {
  const head = await store.head(lobby);
  const [event] = await store.read(lobby, 1, 1);
  const { snapshot } = await store.load(lobby);
  const commands = [8, 7].map((version) => ({ ...key, commandId: `of ${version}` }));
  const { records, timers } = await show(store, request(lobby, head, commands));
  const newest = records.toSorted((a, b) => (a.commandId < b.commandId ? 1 : -1));
  const { effects } = await store.look(null);
  return [event, snapshot, newest[0], timers[0], effects.at(-1)].map((row) => row?.version);
}

/** By which version of its channel each row was written. */
export function versionLaws(name: string, open: OpenStore): void {
  describe(`${name}, given versions,`, () => {
    test("keeps that of each event, snapshot, recorded answer, timer and effect, wherever it shows them", async () => {
      await using opened = await open();
      const { store } = opened;
      const highest = 2 ** 31 - 1;
      const event = { type: "noted", data: {}, secret: null, commandId: null, userId: null };
      const outcome = { ok: true, offset: 3 } as const;
      const timers = [2, 1].map((version) => ({
        ...due,
        at: 1,
        name: `of ${version}`,
        command: "end",
        armedAt: 1,
        version,
      }));
      const effects = [highest, 4].map((version) => ({
        ...due,
        id: `of ${version}`,
        source: lobby.id,
        target: lobby,
        command: "end",
        version,
      }));
      await write(store, lobby, ["a", "b", "c"], (at) => ({
        events: [3, 1, highest].map((version, index) => ({ ...event, offset: index + 1, at, version })),
        records: [{ ...key, digest: "d", outcome, version: 5 }],
        snapshot: { offset: 1, at, state: {}, version: 6 },
        timers,
        effects,
      }));
      const versions = (rows: readonly { readonly version: number }[]) => rows.map(({ version }) => version);
      const stored = await store.load(lobby);
      expect([stored.snapshot?.version, ...versions(stored.events)]).toEqual([6, 1, highest]);
      expect(versions(await store.read(lobby, 1, 3))).toEqual([3, 1, highest]);
      const tail = await show(store, request(lobby, { epoch: stored.epoch, offset: 0 }, [key]));
      expect(tail.news).toMatchObject({ events: [{ version: 3 }, { version: 1 }, { version: highest }] });
      expect(versions(tail.records)).toEqual([5]);
      expect(tail.timers).toEqual(timers);
      const whole = await show(store, request(lobby, { epoch: "another", offset: 0 }));
      expect(whole.news).toEqual({ kind: "reload", stored });
      expect((await store.look(null)).effects).toEqual(effects);
    });

    test("keeps that of a snapshot that takes another one's place", async () => {
      await using opened = await open();
      const { store } = opened;
      for (const version of [1, 2, 1]) {
        await write(store, lobby, ["a"], (at, offset) => ({ snapshot: { offset, at, state: {}, version } }));
        expect((await store.load(lobby)).snapshot?.version).toBe(version);
      }
    });
  });
}
