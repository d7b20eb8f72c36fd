import { topicRef } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { codeOf } from "../support/connect.ts";
import {
  audiences,
  connectTo,
  type FragileOptions,
  hidden,
  loggedFault,
  startFragile,
  textsOf,
} from "../support/fragile.ts";
import { expectHealthy } from "../support/healthy.ts";

const whole: NonNullable<FragileOptions["view"]> = { state: (state) => state, event: (event) => event };

describe("An audience that cannot be shown an event", () => {
  const broken: Record<string, { options: FragileOptions; says: RegExp }> = {
    "since its view throws": {
      options: {
        view: {
          ...whole,
          event(event, audience) {
            if (audience === "public" && event.type === "noted" && event.data.text === "bad")
              throw new Error("no glasses");
            return event;
          },
        },
      },
      says: /^no glasses$/,
    },
    "since its view makes what is no event of the channel": {
      options: {
        view: {
          ...whole,
          event: (event, audience) =>
            audience === "public" && event.type === "noted" && event.data.text === "bad"
              ? { type: "toString" as never, data: {} as never }
              : event,
        },
      },
      says: /^The view of "fragile" made a "toString" of the event "noted", which is none of its events\.$/,
    },
  };

  test.each(Object.entries(broken))(
    "%s is told; what was committed stays, and the others see it",
    async (_why, { options, says }) => {
      await using app = await startFragile({ ...audiences, ...options });
      await using ann = connectTo(app, "ann");
      await using ben = connectTo(app, "ben");
      await using staff = connectTo(app, "staff-1");
      const [lost, alsoLost, kept, elsewhere] = [ann.watch("a"), ben.watch("a"), staff.watch("a"), ann.watch("b")];
      for (const { frames } of [lost, alsoLost, kept, elsewhere]) await frames.count(2);
      expect(await ann.note("a", "bad")).toEqual({ ok: true, offset: 1 });
      const told = [await lost.errors.count(1), await alsoLost.errors.count(1)].map(([error]) => codeOf(error));
      expect(told).toEqual([hidden, hidden]);
      expect(loggedFault(app)).toMatch(says);
      expect(app.errors()[0]).toMatchObject({
        fields: { audience: "public", offset: 1, topic: topicRef("fragile", null, { place: "a" }).id },
      });
      // One line for all, whose id they were told.
      const { requestId } = app.errors()[0]?.fields ?? {};
      for (const { message } of told) expect(message).toContain(requestId);
      expect(await ben.note("a", "good")).toEqual({ ok: true, offset: 2 });
      await kept.frames.count(4);
      expect(kept.frames.items.slice(2)).toMatchObject([{ data: { from: 1, to: 1 } }, { data: { from: 2, to: 2 } }]);
      expect(await ann.note("b", "other")).toMatchObject({ ok: true });
      await elsewhere.frames.count(3);
      // Who comes anew has the state, which can be shown.
      const again = ann.watch("a");
      await again.frames.count(2);
      await ben.note("a", "better");
      await again.frames.count(3);
      expect(again.frames.items).toMatchObject([
        { data: { kind: "snapshot", state: { notes: ["bad", "good"] } } },
        { data: { kind: "presence" } },
        { data: { kind: "events", from: 3 } },
      ]);
      expect(lost.frames.items).toHaveLength(2);
      await expectHealthy(app);
    },
  );

  test("since conflate throws is told, and what was committed stays", async () => {
    await using app = await startFragile({
      conflate() {
        throw new Error("no key");
      },
    });
    await using ann = connectTo(app, "ann");
    const lost = ann.watch("a");
    await lost.frames.count(2);
    expect(await ann.note("a", "x")).toEqual({ ok: true, offset: 1 });
    expect(codeOf((await lost.errors.count(1))[0])).toEqual(hidden);
    expect(loggedFault(app)).toBe("no key");
    expect(await textsOf(app, "a")).toEqual(["x"]);
    await expectHealthy(app);
  });

  test("may not be shown a state either, and then nobody of it gets in, while the others do", async () => {
    await using app = await startFragile({
      ...audiences,
      view: {
        ...whole,
        state(state, audience) {
          if (audience === "public") throw new Error("no glasses");
          return state;
        },
      },
    });
    await using ann = connectTo(app, "ann");
    await using staff = connectTo(app, "staff-1");
    const refused = ann.watch("a");
    const welcome = staff.watch("a");
    await welcome.frames.count(2);
    expect(codeOf((await refused.errors.count(1))[0])).toEqual(hidden);
    expect(loggedFault(app)).toBe("no glasses");
    expect(await ann.note("a", "x")).toMatchObject({ ok: true });
    await welcome.frames.count(3);
  });
});

describe("An audience function", () => {
  test.each([
    {
      what: "that throws",
      audience: () => {
        throw new Error("who are you");
      },
      says: /^who are you$/,
    },
    {
      what: "that names an audience which is not declared",
      audience: () => "guests" as never,
      says: /^Channel "fragile": `audience` named "guests", which is not among its audiences\.$/,
    },
    { what: "that names what every object knows", audience: () => "constructor" as never, says: /named "constructor"/ },
    { what: "that names none", audience: () => undefined as never, says: /named "undefined"/ },
  ])("$what lets nobody watch whom it is asked for, and holds up no command", async ({ audience, says }) => {
    await using app = await startFragile({
      ...audiences,
      audience: (user) => (user?.id === "ann" ? audience() : "public"),
      view: whole,
    });
    await using ann = connectTo(app, "ann");
    await using ben = connectTo(app, "ben");
    const refused = ann.watch("a");
    expect(codeOf((await refused.errors.count(1))[0])).toEqual(hidden);
    expect(loggedFault(app)).toMatch(says);
    const other = ben.watch("a");
    await other.frames.count(2);
    expect(await ann.note("a", "x")).toEqual({ ok: true, offset: 1 });
    await other.frames.count(3);
    expect(refused.frames.items).toEqual([]);
  });
});
