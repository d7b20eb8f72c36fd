import { ShoalError } from "@shoal/contract";
import { createMemoryStore, type Store } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { describe, expect, test } from "vitest";
import { wrapStore } from "../durability/wrap-store.ts";
import { shared } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";
import { createErrands, desk, desks, errand, serveErrands } from "./errand.ts";

const home = (what: string) => ({ place: "home", what });

async function armed(store: Store) {
  return (await store.look(null)).effects;
}

/** A store whose transactions on errands fail as long as `away.on`, and how often they did. */
function createPartlyAway() {
  const memory = createMemoryStore();
  const away = { on: true, met: 0 };
  const store = wrapStore(memory, {
    async transaction(requests, decide, options) {
      if (away.on && requests.some(({ topic }) => topic.channel === "errand")) {
        away.met += 1;
        throw new ShoalError("SERVICE_UNAVAILABLE", "The store is away.");
      }
      await memory.transaction(requests, decide, options);
    },
  });
  return { store, away };
}

describe("An effect whose command has a prepare", () => {
  test("is prepared, for nobody and without a context", async () => {
    const calls: unknown[] = [];
    const prepare = async (what: string, call: object) => {
      calls.push(call);
      return `${what}, prepared`;
    };
    await using w = testRealtime({ channels: [desks, serveErrands({ prepare })], ctx: "a context" });
    await w.system(desk, {}).send.ask({ errands: [home("sweep")] });
    await w.settle();
    expect(await w.system(errand, { place: "home" }).state()).toEqual({ done: ["sweep, prepared"] });
    expect(calls).toEqual([{ user: null, ctx: undefined }]);
  });

  test("fails with it: it is tried again while those behind it wait, and is parked in the end", async () => {
    let tries = 0;
    const prepare = async (what: string) => {
      if (what !== "wash") return what;
      tries += 1;
      throw new Error("there is no water");
    };
    await using w = testRealtime({ channels: [desks, serveErrands({ prepare })] });
    await w.system(desk, {}).send.ask({ errands: [home("sweep"), home("wash"), home("dry")] });
    await w.advance("5s");
    const home1 = w.system(errand, { place: "home" });
    expect(await home1.state()).toEqual({ done: ["sweep"] });
    await w.advance("1m");
    expect(await home1.state()).toEqual({ done: ["sweep", "dry"] });
    expect(tries).toBe(6);
    expect(w.logged.map(({ message }) => message)).toContain("an effect failed too often and is parked");
  });
});

describe("An effect that is told when to try again", () => {
  const toldOnce = (retryAfterMs: number) => {
    let tries = 0;
    const prepare = async (what: string) => {
      tries += 1;
      if (tries === 1) throw new ShoalError("TOO_MANY_REQUESTS", "Not now.", { retryAfterMs });
      return what;
    };
    return testRealtime({ channels: [desks, serveErrands({ prepare })] });
  };

  test.each([
    { retryAfterMs: 90_000, notYet: "89s", least: "2s" },
    { retryAfterMs: 10, notYet: "900ms", least: "200ms" },
    { retryAfterMs: 86_400_000, notYet: "59m", least: "2m" },
  ] as const)("in $retryAfterMs ms waits so long, but at least a second and at most an hour", async (one) => {
    await using w = toldOnce(one.retryAfterMs);
    await w.system(desk, {}).send.ask({ errands: [home("sweep")] });
    await w.advance(one.notYet);
    const home1 = w.system(errand, { place: "home" });
    expect(await home1.state()).toEqual({ done: [] });
    await w.advance(one.least);
    expect(await home1.state()).toEqual({ done: ["sweep"] });
  });
});

describe("An effect that is run while the store is away", () => {
  test("is not counted as failed, and is run when the store is back", async () => {
    const { store, away } = createPartlyAway();
    await using errands = createErrands({ store, channels: [desks, serveErrands()] });
    await errands.ask(home("sweep"), home("wash"));
    await eventually(() => away.met === 2, "it was tried twice");
    expect((await armed(store)).map(({ attempts, status }) => [attempts, status])).toEqual([
      [0, "armed"],
      [0, "armed"],
    ]);
    expect(errands.logged.errors()).not.toContain("an effect failed");
    away.on = false;
    await eventually(async () => (await armed(store)).length === 0, "no effect is left");
    expect(await errands.done("home")).toEqual(["sweep", "wash"]);
  });

  test("is counted when what fails is the channel's own projection", async () => {
    const store = createMemoryStore();
    const project = () => Promise.reject(new Error("this row cannot be written"));
    await using errands = createErrands({ store, channels: [desks, serveErrands({ project })] });
    await errands.ask(home("sweep"));
    await eventually(async () => (await armed(store))[0]?.attempts === 1, "it was counted");
  });
});

describe("An effect whose command is not served here", () => {
  test("is left to a node that serves it, is told once, and holds up nothing behind it", async () => {
    const store = createMemoryStore();
    await store.open();
    await using elsewhere = createErrands({ store: shared(store), channels: [desks] });
    for (const what of ["sweep", "wash", "dry"]) await elsewhere.ask(home(what));
    await eventually(() => elsewhere.logged.errors().length > 0, "it is told");
    expect(await armed(store)).toHaveLength(3);
    await using here = createErrands({ store: shared(store), channels: [desks, serveErrands()] });
    await here.realtime.open();
    await eventually(async () => (await armed(store)).length === 0, "no effect is left");
    expect(await here.done("home")).toEqual(["sweep", "wash", "dry"]);
    expect(elsewhere.logged.errors()).toEqual([
      "effects are left to other nodes, since this one does not serve their command",
    ]);
  });

  test("does not keep a test's time from moving", async () => {
    await using w = testRealtime({ channels: [desks] });
    await w.system(desk, {}).send.ask({ errands: [home("sweep")] });
    await w.advance("1h");
    expect(w.logged.map(({ fields }) => fields)).toContainEqual({ command: "errand.run" });
  });
});
