import { createMemoryHub, createMemoryStore, createSqliteStore, serveChannel } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { describe, expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { wrapStore } from "../durability/wrap-store.ts";
import { shared } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";
import { pages, tables } from "./pages.ts";
import { createPages, HeldRuns, storedText, textOf } from "./pages-app.ts";

const home = topicRef("pages", null, { pageId: "home" });

/** Waits until a text is derived. */
async function derived(store: Parameters<typeof storedText>[0], text: string, pageId = "home"): Promise<void> {
  await eventually(async () => (await storedText(store, pageId))?.text === text, `"${text}" is derived`);
}

async function opened() {
  const store = createMemoryStore();
  await store.open();
  return store;
}

describe("What a channel derives", () => {
  test("is made once after the last of some events, and the store knows as of which one", async () => {
    const store = await opened();
    let runs = 0;
    const run = (call: Parameters<typeof textOf>[0]) => {
      runs += 1;
      return textOf(call);
    };
    await using app = createPages({ store: shared(store), run, afterMs: 100 });
    for (const line of ["a", "b", "c"]) await app.page().send.write({ line });
    expect(await storedText(store)).toBeUndefined();
    await derived(store, "a\nb\nc");
    expect([runs, await store.derived(home)]).toEqual([1, 3]);
    await app.page().send.write({ line: "d" });
    await derived(store, "a\nb\nc\nd");
    expect(runs).toBe(2);
  });

  test("is made under constant change, too", async () => {
    const store = await opened();
    await using app = createPages({ store: shared(store), afterMs: 30 });
    const begun = Date.now();
    let count = 0;
    await eventually(async () => {
      count += 1;
      await app.page().send.write({ line: `${count}` });
      return (await storedText(store)) !== undefined;
    }, "it is derived while somebody writes");
    expect(Date.now() - begun).toBeGreaterThan(100);
    expect(count).toBeGreaterThan(10);
  });

  test("is made one at a time for a topic, and four at once on a node", async () => {
    const held = new HeldRuns();
    await using app = createPages({ run: held.run, afterMs: 0 });
    await app.page().send.write({ line: "a" });
    await eventually(() => held.offsets.length === 1, "it is derived");
    await app.page().send.write({ line: "b" });
    for (const pageId of ["1", "2", "3", "4", "5"]) await app.page(pageId).send.write({ line: "a" });
    await eventually(() => held.offsets.length === 4, "as many are derived as may be");
    await app.page().send.write({ line: "c" });
    expect(held.offsets).toEqual([1, 1, 1, 1]);
    for (let ended = 0; ended < 7; ended += 1) {
      await eventually(() => held.offsets.length > ended, "the next one is derived");
      held.end();
    }
    expect(held.offsets.toSorted()).toEqual([1, 1, 1, 1, 1, 1, 3]);
  });

  test("that is older is never written over what is newer, also by another node", async () => {
    const store = await opened();
    const hub = createMemoryHub();
    const held = new HeldRuns();
    const written: number[] = [];
    const writing = (offset: number) => void written.push(offset);
    await using slow = createPages({ store: shared(store), broker: hub(), run: held.run, afterMs: 0, writing });
    await using fast = createPages({ store: shared(store), broker: hub(), afterMs: 0, writing });
    await slow.page().send.write({ line: "a" });
    await eventually(() => held.offsets.length === 1, "the slow one derives");
    await fast.page().send.write({ line: "b" });
    await derived(store, "a\nb");
    held.end();
    await fast.page().send.write({ line: "c" });
    await derived(store, "a\nb\nc");
    await slow.realtime.close();
    expect(written).toEqual(written.toSorted((a, b) => a - b));
    expect(new Set(written).size).toBe(written.length);
  });

  test("is made by another node that holds the topic, when the one that decided is gone", async () => {
    const store = await opened();
    const hub = createMemoryHub();
    const app = createPages({ store: shared(store), broker: hub(), afterMs: 60_000 });
    await using other = createPages({ store: shared(store), broker: hub(), afterMs: 20 });
    expect(await other.page().state()).toEqual({ lines: [] });
    await app.page().send.write({ line: "a" });
    await app.realtime.close();
    await derived(store, "a");
  });

  test("is made good when the store is opened again, without anybody who asks for the topic", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    {
      await using app = createPages({ store: createSqliteStore({ path }), afterMs: 60_000 });
      for (let page = 0; page < 12; page += 1) await app.page(`${page}`).send.write({ line: "a" });
    }
    const store = createSqliteStore({ path });
    await using app = createPages({ store, afterMs: 60_000 });
    await app.realtime.open();
    for (let page = 0; page < 12; page += 1) await derived(store, "a", `${page}`);
    expect(await store.underived("pages", null)).toEqual({ topics: [], next: null });
  });

  test("is made when a topic is loaded of which it is behind", async () => {
    const store = await opened();
    await using first = createPages({ store: shared(store), afterMs: 60_000 });
    await using second = createPages({ store: shared(store), lookMs: 3_600_000 });
    await second.realtime.open();
    await first.page().send.write({ line: "a" });
    await second.page().state();
    await derived(store, "a");
  });

  test("is not looked for again and again where the topic is not kept loaded", async () => {
    const store = await opened();
    let loads = 0;
    const counting = wrapStore(shared(store), {
      load: (topic) => {
        loads += 1;
        return store.load(topic);
      },
    });
    await using app = createPages({ store: counting, afterMs: 5, idleMs: 0 });
    await app.page().send.write({ line: "a" });
    await derived(store, "a");
    const before = loads;
    // Meanwhile ten others are, one after the other, each of which is loaded three times at most.
    for (let page = 0; page < 10; page += 1) {
      await app.page(`${page}`).send.write({ line: "a" });
      await derived(store, "a", `${page}`);
    }
    expect(loads - before).toBeLessThanOrEqual(31);
  });

  test("forgets a topic that is erased, whether it waits or runs", async () => {
    const store = await opened();
    const held = new HeldRuns();
    await using app = createPages({ store: shared(store), run: held.run, afterMs: 50 });
    await app.page().send.write({ line: "a" });
    await app.page().erase();
    await app.page("other").send.write({ line: "b" });
    await eventually(() => held.offsets.length === 1, "the other one is derived");
    await app.page("other").erase();
    held.end();
    await app.page("third").send.write({ line: "c" });
    await eventually(() => held.offsets.length === 2, "the third one is derived");
    held.end();
    await derived(store, "c", "third");
    expect([await storedText(store), await storedText(store, "other")]).toEqual([undefined, undefined]);
    expect(app.logged.errors()).toEqual([]);
    await app.page().send.write({ line: "d" });
    await eventually(() => held.offsets.length === 3, "what was erased is derived anew");
    held.end();
    await derived(store, "d");
  });

  test("from before a redaction is not written, and is made anew", async () => {
    const store = await opened();
    const held = new HeldRuns();
    const written: number[] = [];
    await using app = createPages({
      store: shared(store),
      run: held.run,
      afterMs: 5,
      writing: (offset) => void written.push(offset),
    });
    await app.page().send.write({ line: "secret" });
    await app.page().send.write({ line: "b" });
    await eventually(() => held.offsets.at(-1) === 2, "it is derived");
    for (const _ of held.offsets.slice(1)) held.end();
    await app.page().send.takeBack({ line: "secret", offset: 1 });
    held.end();
    await eventually(() => held.offsets.at(-1) === 3, "it is derived anew");
    held.end();
    await derived(store, "b");
    expect(written.filter((offset) => offset === 2)).toEqual([]);
  });

  test("is made at once for a test that lets all that is due be done", async () => {
    const written: number[] = [];
    const served = serveChannel(pages, {
      tables,
      commands: { write: ({ input, emit }) => emit("written", input), takeBack: () => {} },
      derive: {
        afterMs: 60_000,
        run: ({ state }) => state.lines.length,
        async write(tx, { value, params }) {
          await tx
            .insertInto("page_text")
            .values({ page_id: params.pageId, tenant: "", text: "", at_offset: value })
            .execute();
          written.push(value);
        },
      },
    });
    await using w = testRealtime({ channels: [served] });
    await w.system(pages, { pageId: "home" }).send.write({ line: "a" });
    expect(written).toEqual([]);
    await w.settle();
    expect(written).toEqual([1]);
    await w.settle();
    expect(written).toEqual([1]);
  });
});

describe("A derivation", () => {
  test("that throws, or whose write does, is told and tried again", async () => {
    const store = await opened();
    const faults = ["run", "write"];
    const fail = (what: string) => {
      if (faults[0] === what) throw new Error(`cannot ${faults.shift()}`);
    };
    const run = async (call: Parameters<typeof textOf>[0]) => {
      fail("run");
      return await textOf(call);
    };
    await using app = createPages({ store: shared(store), run, afterMs: 0, writing: () => fail("write") });
    await app.page().send.write({ line: "a" });
    await derived(store, "a");
    const message = "what is derived of a topic was not made; trying again later";
    expect(app.logged.errors()).toEqual([message, message]);
    expect(await store.derived(home)).toBe(1);
  });

  test("that hangs is given up", async () => {
    const held = new HeldRuns();
    await using app = createPages({ run: held.run, afterMs: 0, deadlineMs: 30 });
    await app.page().send.write({ line: "a" });
    await eventually(() => app.logged.errors().length === 1, "it is given up");
    expect(app.logged.items.at(-1)?.fields).toMatchObject({ error: { code: "TIMEOUT" }, attempts: 1 });
    expect(held.aborted).toBe(1);
  });

  test("that runs is waited for when the server closes", async () => {
    const store = await opened();
    const held = new HeldRuns();
    const app = createPages({ store: shared(store), run: held.run, afterMs: 0 });
    await app.page().send.write({ line: "a" });
    await eventually(() => held.offsets.length === 1, "it is derived");
    const closing = app.realtime.close();
    held.end();
    await closing;
    expect(await storedText(store)).toEqual({ text: "a", offset: 1 });
  });

  test("that runs too long is not waited for when the server closes", async () => {
    const store = await opened();
    const held = new HeldRuns();
    const app = createPages({ store: shared(store), run: held.run, afterMs: 0 });
    await app.page().send.write({ line: "a" });
    await eventually(() => held.offsets.length === 1, "it is derived");
    await app.realtime.close();
    expect(held.aborted).toBe(1);
    expect(app.logged.errors()).toEqual([]);
    await using next = createPages({ store: shared(store) });
    await next.realtime.open();
    await derived(store, "a");
  }, 15_000);

  test("needs tables, and events that outlive a crash", () => {
    const commands = { write: () => {}, takeBack: () => {} };
    const derive = { afterMs: 0, run: () => "", write: async () => {} };
    expect(() => serveChannel(pages, { commands, derive })).toThrow(/`tables`/);
    expect(() => serveChannel(pages, { commands, derive, durable: false })).toThrow(/cannot have `derive`/);
  });
});
