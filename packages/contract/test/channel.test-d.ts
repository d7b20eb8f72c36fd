import {
  type Channel,
  type CommandInput,
  type CommandOutcome,
  type CommandSend,
  defineChannel,
  type PublicCommand,
  type QueryOutput,
  type QuerySend,
  type TypesOf,
} from "@shoal/contract";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";

const counter = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string(), page: z.int().optional() }),
    state: z.object({ value: z.int(), note: z.string().nullable() }),
    events: { added: z.object({ by: z.int() }), cleared: z.object({}) },
    commands: {
      add: {
        input: z.object({ by: z.int().default(1) }),
        result: z.object({ value: z.int() }),
        rejections: { TOO_LARGE: z.object({ limit: z.int() }), CLOSED: z.object({}) },
      },
      clear: {},
      expire: { internal: true },
    },
    queries: {
      top: { input: z.object({ limit: z.int().default(10) }), output: z.array(z.string()) },
      count: { output: z.int(), large: true },
    },
    presence: z.object({ typing: z.boolean() }),
    broadcasts: { cheer: z.object({ emoji: z.string() }) },
  },
  {
    initial: ({ counterId }) => ({ value: counterId.length, note: null }),
    apply: {
      added: (state, { by }) => ({ ...state, value: state.value + by }),
      cleared: (state) => ({ ...state, value: 0 }),
    },
    optimistic: {
      add: ({ by }, { state, user, commandId, now }) => {
        expectTypeOf(by).toEqualTypeOf<number>();
        expectTypeOf(state).toEqualTypeOf<{ value: number; note: string | null }>();
        expectTypeOf(user?.id).toEqualTypeOf<string | undefined>();
        expectTypeOf(commandId).toEqualTypeOf<string>();
        expectTypeOf(now).toEqualTypeOf<number>();
        return [
          { type: "added", data: { by } },
          { type: "cleared", data: {} },
        ];
      },
    },
  },
);

interface Counter extends TypesOf<typeof counter> {}

// A channel's types are plain data, inferred from its schemas, and survive being named.
{
  expectTypeOf<Counter["name"]>().toEqualTypeOf<"counter">();
  expectTypeOf<Counter["params"]>().toExtend<{ counterId: string; page?: number | undefined }>();
  expectTypeOf<Counter["state"]>().toEqualTypeOf<{ value: number; note: string | null }>();
  expectTypeOf<keyof Counter["events"]>().toEqualTypeOf<"added" | "cleared">();
  expectTypeOf<Counter["events"]["added"]>().toEqualTypeOf<{ by: number }>();
  expectTypeOf<keyof Counter["commands"]>().toEqualTypeOf<"add" | "clear" | "expire">();
  expectTypeOf<Counter["presence"]>().toEqualTypeOf<{ typing: boolean }>();
  expectTypeOf<Counter["broadcasts"]["cheer"]>().toEqualTypeOf<{ emoji: string }>();
  const named: Channel<Counter> = counter;
  expectTypeOf(named.initial).parameter(0).toExtend<{ counterId: string }>();
}

// Clients may send every command but the internal ones.
expectTypeOf<PublicCommand<Counter>>().toEqualTypeOf<"add" | "clear">();

// What is sent is before parsing, what a handler gets after it.
expectTypeOf<CommandSend<Counter, "add">>().toEqualTypeOf<{ by?: number | undefined }>();
expectTypeOf<CommandInput<Counter, "add">>().toEqualTypeOf<{ by: number }>();
expectTypeOf<CommandSend<Counter, "clear">>().toEqualTypeOf<{}>();
expectTypeOf<CommandInput<Counter, "clear">>().toEqualTypeOf<{}>();
expectTypeOf<QuerySend<Counter, "top">>().toEqualTypeOf<{ limit?: number | undefined }>();
expectTypeOf<QuerySend<Counter, "count">>().toEqualTypeOf<{}>();
expectTypeOf<QueryOutput<Counter, "top">>().toEqualTypeOf<string[]>();
expectTypeOf<QueryOutput<Counter, "count">>().toEqualTypeOf<number>();

// An outcome is a union over success and every declared reason, each with its own fields.
{
  type Outcome = CommandOutcome<Counter, "add">;
  expectTypeOf<Extract<Outcome, { ok: true }>>().toEqualTypeOf<{
    readonly ok: true;
    readonly offset: number;
    readonly result: { value: number };
  }>();
  expectTypeOf<Extract<Outcome, { ok: false }>["reason"]>().toEqualTypeOf<"TOO_LARGE" | "CLOSED">();
  expectTypeOf<Extract<Outcome, { reason: "TOO_LARGE" }>["limit"]>().toEqualTypeOf<number>();
  expectTypeOf<CommandOutcome<Counter, "clear">>().toEqualTypeOf<{ readonly ok: true; readonly offset: number }>();

  const explain = (outcome: Outcome): string => {
    if (outcome.ok) return `now ${outcome.result.value}`;
    switch (outcome.reason) {
      case "TOO_LARGE":
        return `at most ${outcome.limit}`;
      case "CLOSED":
        // @ts-expect-error: that field belongs to the other reason
        return `closed ${outcome.limit}`;
    }
  };
  expectTypeOf(explain).returns.toEqualTypeOf<string>();
}

// A channel may do without params, commands, queries, presence and broadcasts; zod/mini is as good as zod.
{
  const site = defineChannel(
    "site",
    {
      params: mini.object({}),
      state: mini.object({ visits: mini.int() }),
      events: { visited: mini.object({ by: mini.int() }) },
      commands: { visit: { input: mini.object({ by: mini.int() }) } },
    },
    { initial: () => ({ visits: 0 }), apply: { visited: ({ visits }, { by }) => ({ visits: visits + by }) } },
  );
  interface Site extends TypesOf<typeof site> {}
  expectTypeOf<keyof Site["params"]>().toEqualTypeOf<never>();
  expectTypeOf<CommandSend<Site, "visit">>().toEqualTypeOf<{ by: number }>();
  expectTypeOf<Site["presence"]>().toEqualTypeOf<never>();
  expectTypeOf<keyof Site["broadcasts"]>().toEqualTypeOf<never>();
  expectTypeOf<keyof Site["queries"]>().toEqualTypeOf<never>();
}

// A version is a type, 1 where none is given; what older ones wrote is of no type, and what is made of it is of today's.
{
  expectTypeOf<Counter["version"]>().toEqualTypeOf<1>();
  const second = defineChannel(
    "counter",
    {
      version: 2,
      params: z.object({ counterId: z.string() }),
      state: z.object({ total: z.int() }),
      events: { added: z.object({ amount: z.int() }), cleared: z.object({}) },
      commands: {
        add: {
          input: z.object({ amount: z.int(), twice: z.boolean().default(false) }),
          result: z.object({ total: z.int() }),
          rejections: { TOO_MUCH: z.object({ most: z.int() }) },
        },
        clear: {},
      },
    },
    {
      initial: () => ({ total: 0 }),
      apply: { added: ({ total }, { amount }) => ({ total: total + amount }), cleared: () => ({ total: 0 }) },
      migrate: {
        events: {
          added(old, from) {
            expectTypeOf(old).toBeAny();
            expectTypeOf(from).toEqualTypeOf<number>();
            return { amount: old.by };
          },
          cleared: "same",
        },
        former: { reset: () => ({ type: "cleared", data: {} }), poked: null },
        state: ({ value }) => ({ total: value }),
        commands: {
          add: {
            // As one sends it, before the schema fills in what is missing.
            input: ({ by }) => ({ amount: by }),
            result: ({ value }) => ({ total: value }),
            rejection: ({ limit }) => ({ ok: false, reason: "TOO_MUCH", most: limit }),
          },
          clear: "same",
        },
      },
    },
  );
  expectTypeOf<TypesOf<typeof second>["version"]>().toEqualTypeOf<2>();
  const named: Channel<TypesOf<typeof second>> = second;
  expectTypeOf(named.version).toEqualTypeOf<2>();
}

// A union keeps its literals in `initial` and in `apply`.
{
  const lot = defineChannel(
    "lot",
    {
      params: z.object({ lotId: z.int() }),
      state: z.discriminatedUnion("status", [
        z.object({ status: z.literal("open") }),
        z.object({ status: z.literal("closed"), at: z.number() }),
      ]),
      events: { closed: z.object({ at: z.number() }) },
    },
    { initial: () => ({ status: "open" }), apply: { closed: (_state, { at }) => ({ status: "closed", at }) } },
  );
  expectTypeOf<TypesOf<typeof lot>["state"]["status"]>().toEqualTypeOf<"open" | "closed">();
}

// What is not declared does not exist.
// @ts-expect-error: there is no such event
counter.apply.removed;
// @ts-expect-error: the payload of another type
counter.apply.added({ value: 0, note: null }, { by: "1" });
// @ts-expect-error: a param of another type
counter.initial({ counterId: 1 });
// @ts-expect-error: a param is missing
counter.initial({});
