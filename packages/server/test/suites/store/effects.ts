import type { StoredEffect } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { request, show, topicNamed, write, writeAfter } from "./write.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic", { channel: "attics", tenant: "Acme é🐟" });

const effect = (name: string, more: Partial<StoredEffect> = {}): StoredEffect => ({
  id: `effect:${name}`,
  source: lobby.id,
  target: attic,
  command: "sweep",
  input: { name },
  due: 1_700_000_000_000,
  attempts: 0,
  status: "armed",
  version: 1,
  ...more,
});

const named = (...names: string[]) => names.map((name) => effect(name));

/** What becomes of the commands for other topics that follow from events, and of what events keep secret. */
export function effectLaws(name: string, open: OpenStore): void {
  describe(`${name}, given secrets,`, () => {
    test("has them in all it shows of the events, and null where there is none", async () => {
      await using opened = await open();
      const { store } = opened;
      const secrets = [{ maximum: 7, bidder: "é🐟\u0000\ud800" }, null, "", [null, "\\\t\n"], 0, false];
      await write(store, lobby, secrets, (at) => ({ events: secrets.map(eventAt(at)) }));
      const { epoch, events } = await store.load(lobby);
      expect(events.map(({ secret }) => secret)).toEqual(secrets);
      expect((await store.read(lobby, 1, 9)).map(({ secret }) => secret)).toEqual(secrets);
      const tail = await show(store, request(lobby, { epoch, offset: 0 }));
      expect(tail.news).toEqual({ kind: "tail", events });
      const whole = await show(store, request(lobby, { epoch: "another", offset: 0 }));
      expect(whole.news).toMatchObject({ kind: "reload", stored: { events } });
    });
  });

  describe(`${name}, given effects,`, () => {
    test("shows them to a look as they are, in their order, however often it looks", async () => {
      await using opened = await open();
      const { store } = opened;
      const odd = effect('é🐟 \n\t"\\\u0000', { input: ["\u0000", null], command: "odd\\", due: 5, attempts: 3 });
      await write(store, lobby, ["a"], { effects: [...named("b", "a"), odd] });
      await write(store, lobby, ["b"], { effects: named("0") });
      const wanted = [...named("b", "a"), odd, ...named("0")];
      const { mark, effects } = await store.look(null);
      expect(effects).toEqual(wanted);
      expect((await store.look(mark)).effects).toEqual(wanted);
    });

    test("shows a thousand at once, the oldest, and then the others", async () => {
      await using opened = await open();
      const { store } = opened;
      const names = Array.from({ length: 1_001 }, (_, index) => `${index}`);
      await write(store, lobby, ["a"], { effects: named(...names) });
      const { effects } = await store.look(null);
      expect(effects).toEqual(named(...names.slice(0, 1_000)));
      await write(store, attic, [], { settled: effects.map(({ id }) => id) });
      expect((await store.look(null)).effects).toEqual(named("1000"));
    });

    test("shows those of other topics, however many wait behind one that is to be tried later", async () => {
      await using opened = await open();
      const { store } = opened;
      const names = Array.from({ length: 1_000 }, (_, index) => `${index}`);
      const others = ["x", "y"].map((name) => effect(name, { source: attic.id }));
      await write(store, lobby, ["a"], { effects: [...named(...names), ...others] });
      const { now } = await store.look(null);
      const later = effect("0", { due: now + 3_600_000, attempts: 1 });
      await store.postpone(later);
      expect((await store.look(null)).effects).toEqual([later, ...named(...names.slice(1, 998)), ...others]);
    });

    test("shows those for the channels that it is asked for, however many others there are", async () => {
      await using opened = await open();
      const { store } = opened;
      const others = named(...Array.from({ length: 1_000 }, (_, index) => `${index}`));
      const mine = effect("mine", { target: lobby });
      await write(store, lobby, ["a"], { effects: [...others, mine] });
      expect((await store.look(null, [lobby.channel])).effects).toEqual([mine]);
      expect((await store.look(null, [attic.channel, lobby.channel])).effects).toEqual(others);
      expect((await store.look(null, [])).effects).toEqual([]);
    });

    test("keeps them until a transaction settles them, with or without anything else that it writes", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a"], { effects: named("a", "b", "c") });
      await write(store, attic, ["swept"], { settled: ["effect:b"] });
      expect((await store.look(null)).effects).toEqual(named("a", "c"));
      await write(store, attic, [], { settled: ["effect:a", "effect:nobody's"], effects: named("d") });
      expect((await store.look(null)).effects).toEqual(named("c", "d"));
    });

    test("neither keeps nor settles one in a transaction that is not written", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a"], { effects: named("a") });
      const lock = request(lobby, await store.head(lobby));
      const holed = store.transaction([lock], ({ now }) => [
        writeAfter(7, now, lobby, ["b"], { effects: named("b"), settled: ["effect:a"] }),
      ]);
      await expect(holed).rejects.toThrow();
      expect((await store.look(null)).effects).toEqual(named("a"));
    });

    test("postpones one in its place, parks one so that no look shows it, and leaves one that is settled alone", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a"], { effects: named("a", "b", "c") });
      const later = effect("a", { due: 1_800_000_000_000, attempts: 2 });
      await store.postpone(later);
      await store.postpone(effect("b", { attempts: 6, status: "parked" }));
      await store.postpone(effect("nobody's"));
      expect((await store.look(null)).effects).toEqual([later, ...named("c")]);
    });

    test("keeps one no more that was done elsewhere, armed or parked, and leaves the others alone", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a"], { effects: named("a", "b\n\u0000", "c") });
      await store.postpone(effect("a", { status: "parked" }));
      for (const name of ["a", "b\n\u0000", "nobody's"]) await store.settle(`effect:${name}`);
      await store.postpone(effect("a"));
      expect((await store.look(null)).effects).toEqual(named("c"));
    });

    test("keeps them while it is closed, where it outlives closing", async ({ skip }) => {
      await using opened = await open();
      if (!opened.reopen) return skip("what it keeps ends with it");
      await write(opened.store, lobby, ["a"], { effects: named("a", "b") });
      await opened.store.postpone(effect("b", { status: "parked" }));
      const store = await opened.reopen();
      expect((await store.look(null)).effects).toEqual(named("a"));
    });
  });
}

function eventAt(at: number) {
  return (secret: unknown, index: number) => ({
    offset: index + 1,
    at,
    type: "noted",
    data: {},
    secret,
    commandId: null,
    userId: null,
    version: 1,
  });
}
