import { createMemoryStore, type Store, system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { createApp } from "../support/app.ts";
import { counter } from "../support/counter.ts";
import { mischief } from "../support/mischief.ts";
import { varied } from "../support/nodes.ts";
import { readAll } from "../support/reader.ts";
import { inTime } from "../support/recorder.ts";

const home = { counterId: "home" };

describe("A command", () => {
  test("is accepted with the offset of its last event, or the topic's when it has none", async () => {
    await using app = createApp();
    expect(await app.as("ann").counter.touch(home)).toEqual({ ok: true, offset: 0 });
    expect(await app.as("ann").counter.add({ ...home, by: 2, times: 3 })).toEqual({
      ok: true,
      offset: 3,
      result: { sum: 6 },
    });
    expect(await app.as("ann").counter.touch(home)).toEqual({ ok: true, offset: 3 });
  });

  test("is acknowledged only when it is stored, and shown to nobody before", async () => {
    const memory = createMemoryStore();
    const gate = Promise.withResolvers<void>();
    const transaction: Store["transaction"] = async (requests, decide, options) => {
      await memory.transaction(
        requests,
        async (locked) => {
          const writes = await decide(locked);
          await gate.promise;
          return writes;
        },
        options,
      );
    };
    await using app = createApp({ store: varied(memory, { transaction }) });
    const { frames } = readAll(await app.as("ben").counter.watch(home));
    await frames.count(2);
    const said: string[] = [];
    const adding = app
      .as("ann")
      .counter.add({ ...home, by: 1 })
      .then(() => said.push("answered"));
    await app.as("ben").counter.broadcast({ ...home, name: "wave", data: {} });
    await frames.first(({ frame }) => frame.kind === "broadcast");
    said.push("stored");
    gate.resolve();
    await adding;
    expect(said).toEqual(["stored", "answered"]);
    expect(frames.items.map(({ frame }) => frame.kind)).toEqual(["snapshot", "presence", "broadcast", "events"]);
  });

  test("is decided after all that came before it, and on what they left", async () => {
    await using app = createApp();
    const numbers = Array.from({ length: 300 }, (_, index) => index + 1);
    const outcomes = await Promise.all(numbers.map((by) => app.as("ann").counter.add({ ...home, by })));
    let sum = 0;
    for (const [index, outcome] of outcomes.entries()) {
      sum += index + 1;
      expect(outcome).toEqual({ ok: true, offset: index + 1, result: { sum } });
    }
  });

  test("carries its id in its events, and gets one that is ordered by time when it has none", async () => {
    await using app = createApp();
    const { frames } = readAll(await app.as("ben").counter.watch(home));
    await frames.count(2);
    await app.as("ann").counter.add({ ...home, by: 1, commandId: "c1" });
    await app.as("ann").counter.add({ ...home, by: 2 });
    await frames.count(4);
    const ids = frames.items.flatMap(({ frame }) =>
      (frame.kind === "events" ? frame.events : []).map((one) => one.commandId),
    );
    expect(ids).toEqual(["c1", expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/)]);
  });

  test("never sees time go back, whatever the store's clock does", async () => {
    const times = [5_000, 3_000, 5_500, 0, 5_501];
    let count = 0;
    const now = () => times[Math.min(count, times.length - 1)] ?? 0;
    await using app = createApp({ store: createMemoryStore({ now }) });
    const { frames } = readAll(await app.as("ben").counter.watch(home));
    await frames.count(2);
    for (; count < times.length; count += 1) await app.as("ann").counter.add({ ...home, by: count });
    await frames.first(({ position }) => position.offset === times.length);
    const at = frames.items.flatMap(({ frame }) =>
      (frame.kind === "events" ? frame.events : []).map((event) => event.at),
    );
    expect(at).toEqual([5_000, 5_000, 5_500, 5_500, 5_501]);
  });
});

describe("A command that comes again", () => {
  test("has one effect and gets the first answer, also after others and in any order of its fields", async () => {
    await using app = createApp();
    const first = await app.as("ann").counter.add({ ...home, by: 3, times: 2, commandId: "c1" });
    await app.as("ben").counter.add({ ...home, by: 1 });
    expect(await app.as("ann").counter.add({ commandId: "c1", times: 2, by: 3, ...home })).toEqual(first);
    expect(await app.as("ann").counter.sum(home)).toEqual({ sum: 7 });
  });

  test("has one effect when it comes twice at once", async () => {
    await using app = createApp();
    const again = Array.from({ length: 20 }, () => app.as("ann").counter.add({ ...home, by: 3, commandId: "c1" }));
    const [first, ...others] = await Promise.all(again);
    expect(first).toMatchObject({ ok: true, offset: 1 });
    for (const other of others) expect(other).toEqual(first);
    expect(await app.as("ann").counter.sum(home)).toEqual({ sum: 3 });
  });

  test("is rejected again, though it would be accepted by now", async () => {
    await using app = createApp();
    const { emitThenReject, behave } = app.as("ann").mischief;
    const input = { place: "open", commandId: "c1" };
    expect(await emitThenReject(input)).toEqual({ ok: false, reason: "NO" });
    await behave({ place: "open" });
    expect(await emitThenReject(input)).toEqual({ ok: false, reason: "NO" });
  });

  test("is refused with another input, or as another command", async () => {
    await using app = createApp();
    await app.as("ann").counter.add({ ...home, by: 3, commandId: "c1" });
    for (const call of [
      app.as("ann").counter.add({ ...home, by: 4, commandId: "c1" }),
      app.as("ann").counter.add({ ...home, by: 3, times: 1, commandId: "c1" }),
      app.as("ann").counter.touch({ ...home, commandId: "c1" }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining('"c1"') });
    }
    expect(await app.as("ann").counter.sum(home)).toEqual({ sum: 3 });
  });

  test("from somebody else, or for another topic, is another command", async () => {
    await using app = createApp();
    const input = { ...home, by: 3, commandId: "c1" };
    expect(await app.as("ann").counter.add(input)).toMatchObject({ offset: 1 });
    expect(await app.as("ben").counter.add({ ...input, by: 4 })).toMatchObject({ offset: 2 });
    expect(await app.as("ann").counter.add({ ...input, counterId: "work" })).toMatchObject({ offset: 1 });
  });

  test("from who is not signed in is told by the clientId, and is new without one", async () => {
    await using app = createApp({ authorize: () => true });
    const add = (by: number, clientId?: string) =>
      app.as(null).counter.add({ ...home, by, commandId: "c1", ...(clientId !== undefined && { clientId }) });
    const first = await add(1, "tab-1");
    expect(await add(1, "tab-1")).toEqual(first);
    expect(await add(2, "tab-2")).toMatchObject({ offset: 2 });
    expect(await add(4)).toMatchObject({ offset: 3 });
    expect(await add(4)).toMatchObject({ offset: 4 });
    await expect(add(3, "tab-1")).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("A store that fails", () => {
  test("fails commands as what may be sent again, and says why in the log alone", async () => {
    const memory = createMemoryStore();
    let failing = true;
    const transaction: Store["transaction"] = async (...args) => {
      if (failing) throw new Error("disk /dev/sda1 is full");
      return await memory.transaction(...args);
    };
    await using app = createApp({ store: varied(memory, { transaction }) });
    const input = { ...home, by: 1, commandId: "c1" };
    await expect(app.as("ann").counter.add(input)).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      message: expect.not.stringContaining("sda1"),
    });
    expect(app.logged.items).toContainEqual(
      expect.objectContaining({
        level: "error",
        fields: expect.objectContaining({ error: expect.objectContaining({ message: "disk /dev/sda1 is full" }) }),
      }),
    );
    failing = false;
    expect(await app.as("ann").counter.add(input)).toMatchObject({ ok: true, offset: 1 });
  });

  test("for one topic fails no other", async () => {
    const memory = createMemoryStore();
    const transaction: Store["transaction"] = async (requests, ...rest) => {
      if (requests.some(({ topic }) => topic.params.counterId === "poisoned")) throw new Error("poisoned");
      return await memory.transaction(requests, ...rest);
    };
    await using app = createApp({ store: varied(memory, { transaction }) });
    const add = (counterId: string) => app.as("ann").counter.add({ counterId, by: 1 });
    const answers = await Promise.allSettled([add("home"), add("poisoned"), add("work"), add("home")]);
    expect(answers).toMatchObject([
      { status: "fulfilled", value: { offset: 1 } },
      { status: "rejected", reason: { code: "SERVICE_UNAVAILABLE" } },
      { status: "fulfilled", value: { offset: 1 } },
      { status: "fulfilled", value: { offset: 2 } },
    ]);
  });

  test("to answer in time fails the command as what may be sent again, which then has one effect", async () => {
    const memory = createMemoryStore();
    const gate = Promise.withResolvers<void>();
    const transaction: Store["transaction"] = async (...args) => {
      await memory.transaction(...args);
      await gate.promise;
    };
    await using app = createApp({ store: varied(memory, { transaction }), commandDeadlineMs: 1 });
    const input = { ...home, by: 1, commandId: "c1" };
    const late = inTime(app.as("ann").counter.add(input), "the deadline");
    await expect(late).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    gate.resolve();
    await using patient = createApp({ store: memory });
    expect(await patient.as("ann").counter.add(input)).toEqual({ ok: true, offset: 1, result: { sum: 1 } });
  });
});

describe("The server's own hand", () => {
  test("runs internal commands, whatever authorize says", async () => {
    await using app = createApp({ authorize: () => false });
    const topic = app.realtime.topic(counter, home).as(system);
    expect(await topic.send.add({ by: 3 })).toEqual({ ok: true, offset: 1, result: { sum: 3 } });
    expect(await topic.send.clear()).toEqual({ ok: true, offset: 2 });
    expect(await topic.state()).toEqual({ added: [] });
    expect(await topic.history({ limit: 10 })).toMatchObject([
      { offset: 2, type: "cleared", userId: null },
      { offset: 1, type: "added", data: { by: 3 }, userId: null },
    ]);
  });

  test("is authorized like anybody where it acts for a user", async () => {
    await using app = createApp({ authorize: ({ user }) => user?.id === "ann" });
    const as = (id: string) => app.realtime.topic(counter, home).as({ id });
    expect(await as("ann").send.add({ by: 3 })).toMatchObject({ ok: true });
    await expect(as("ben").send.add({ by: 3 })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as("ben").state()).rejects.toMatchObject({ code: "FORBIDDEN" });
    const nobody = app.realtime.topic(counter, home).as(null);
    await expect(nobody.send.add({ by: 3 })).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  test("gets a rejection as a result, and one answer for one commandId", async () => {
    await using app = createApp();
    const { send } = app.realtime.topic(counter, home).as(system);
    expect(await send.add({ by: 5_000 })).toEqual({ ok: false, reason: "TOO_LARGE", limit: 1_000 });
    const first = await send.add({ by: 5 }, { commandId: "c1" });
    expect(await send.add({ by: 5 }, { commandId: "c1" })).toEqual(first);
    await expect(send.add({ by: 6 }, { commandId: "c1" })).rejects.toMatchObject({ code: "CONFLICT" });
    // A user may have the same id: it is that user's own.
    expect(await app.as("system").counter.add({ ...home, by: 6, commandId: "c1" })).toMatchObject({
      ok: true,
      offset: 2,
    });
  });

  test("validates what it is given", async () => {
    await using app = createApp();
    const topic = (params: unknown) => app.realtime.topic(counter, params as typeof home).as(system);
    expect(() => topic({ counterId: 5 })).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
    await expect(topic(home).send.add({ by: 0.5 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("knows no channel that is not served", async () => {
    await using app = createApp();
    const other = { ...mischief, name: "other" };
    expect(() => app.realtime.topic(other as unknown as typeof mischief, { place: "open" })).toThrow(
      expect.objectContaining({ code: "NOT_FOUND" }),
    );
  });
});
