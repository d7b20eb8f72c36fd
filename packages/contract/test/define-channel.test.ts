import { type Channel, defineChannel } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import * as z from "zod";

interface Names {
  readonly channel?: string;
  readonly commands?: readonly string[];
  readonly queries?: readonly string[];
}

/** Defines a channel as a program without types would, with the names that the compiler would refuse. */
function define({ channel = "counter", commands = [], queries = [] }: Names): Channel<never> {
  const named = <V>(names: readonly string[], value: V): Record<string, V> =>
    Object.fromEntries(names.map((name) => [name, value]));
  const schemas = {
    params: z.object({ counterId: z.string() }),
    state: z.object({ value: z.int() }),
    events: { added: z.object({ by: z.int() }) },
    commands: named(commands, {}),
    queries: named(queries, { output: z.null() }),
  };
  const functions = { initial: () => ({ value: 0 }), apply: { added: (state: { value: number }) => state } };
  return defineChannel(channel as "counter", schemas as never, functions as never) as never;
}

const refused = (message: RegExp) =>
  expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringMatching(message) });

/** Defines a channel of a version as a program without types would. */
function defineVersion(version: unknown, migrate: object | undefined): Channel<never> {
  const schemas = {
    version,
    params: z.object({}),
    state: z.object({}),
    events: { added: z.object({}), cleared: z.object({}) },
    commands: { add: {}, clear: {} },
  };
  const functions = { initial: () => ({}), apply: { added: () => ({}), cleared: () => ({}) }, migrate };
  return defineChannel("counter", schemas as never, functions as never) as never;
}

const migration = {
  events: { added: "same", cleared: "same" },
  state: "same",
  commands: { add: "same", clear: "same" },
};

describe("defineChannel", () => {
  test("fills in what a channel does not declare", () => {
    const channel = defineChannel(
      "counter",
      { params: z.object({}), state: z.object({ value: z.int() }), events: { reset: z.object({}) } },
      { initial: () => ({ value: 0 }), apply: { reset: () => ({ value: 0 }) } },
    );
    expect(channel).toMatchObject({ name: "counter", commands: {}, queries: {}, broadcasts: {}, optimistic: {} });
    expect(channel.presence).toBeUndefined();
  });

  test("takes a channel for one of version 1 that does not say, and has nothing to migrate there", () => {
    expect(defineVersion(undefined, undefined)).toMatchObject({ version: 1, migrate: undefined });
    expect(defineVersion(7, migration)).toMatchObject({ version: 7, migrate: migration });
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "2", null])(
    "refuses the version %j",
    (version) => {
      expect(() => defineVersion(version, migration)).toThrow(refused(/a version is a whole number from 1/));
    },
  );

  test.each([
    ["no migration", undefined, /version 2 needs `migrate`/],
    ["one without an event", { ...migration, events: { added: "same" } }, /leaves out the event "cleared"/],
    ["one without a command", { ...migration, commands: { clear: "same" } }, /leaves out the command "add"/],
    ["one that calls an event of today a former one", { ...migration, former: { added: null } }, /no former one/],
  ])("refuses a later version with %s", (_what, migrate, message) => {
    expect(() => defineVersion(2, migrate)).toThrow(refused(message));
  });

  test.each(["", "1st", "a b", "a.b", "a/b", "émoji", "__proto__", "a".repeat(65)])(
    "refuses the channel name %j",
    (channel) => {
      expect(() => define({ channel })).toThrow(refused(/a name starts with a letter/));
    },
  );

  test.each(["connection", "clock", "topic", "topics", "queue", "checkUser", "close"])(
    "refuses the channel name %s, which the client already has",
    (channel) => {
      expect(() => define({ channel })).toThrow(refused(/taken by the client/));
    },
  );

  test.each(["watch", "presence", "broadcast"])("refuses %s as the name of a command and of a query", (name) => {
    expect(() => define({ commands: [name] })).toThrow(refused(/a procedure that each channel already has/));
    expect(() => define({ queries: [name] })).toThrow(refused(/a procedure that each channel already has/));
  });

  test.each(["", "place bid", "place.bid", "$bid"])("refuses %j as the name of a command and of a query", (name) => {
    expect(() => define({ commands: [name] })).toThrow(refused(/is no name/));
    expect(() => define({ queries: [name] })).toThrow(refused(/is no name/));
  });

  test("refuses a query and a command of one name", () => {
    expect(() => define({ commands: ["top"], queries: ["top"] })).toThrow(refused(/"top" is a query and a command/));
  });

  test.each(["constructor", "toString", "hasOwnProperty", "valueOf"])(
    "takes a word that every object knows for a name as good as any: %s",
    (name) => {
      expect(Object.keys(define({ channel: name, commands: [name] }).commands)).toEqual([name]);
      expect(Object.keys(define({ channel: name, queries: [name] }).queries)).toEqual([name]);
    },
  );
});
