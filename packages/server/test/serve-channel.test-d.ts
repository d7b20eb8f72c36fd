import {
  type AnyServed,
  createMemoryStore,
  definePrivate,
  initRealtime,
  serveChannel,
  system,
  type User,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import { counter } from "./support/counter.ts";
import { tally1 } from "./versions/tally-1.ts";
import { tally2 } from "./versions/tally-2.ts";

interface Account extends User {
  readonly role: "admin" | "member";
}

const t = initTRPC.context<{ session: { account: Account } | null }>().create();
const realtimeOf = initRealtime({ t, user: (ctx) => ctx.session?.account ?? null });

// A handler knows its state, its params, its input after parsing, its user, and what it may emit and reject with.
const served = realtimeOf.serveChannel(counter, {
  authorize({ user, params, action, state, ctx }) {
    expectTypeOf(user).toEqualTypeOf<Account | null>();
    expectTypeOf(params.counterId).toEqualTypeOf<string>();
    expectTypeOf(action).toEqualTypeOf<"watch" | "presence" | "broadcast" | "add" | "touch">();
    expectTypeOf(state).toEqualTypeOf<{ added: number[] }>();
    expectTypeOf(ctx?.session?.account.role).toEqualTypeOf<"admin" | "member" | undefined>();
    return user?.role === "admin";
  },
  async join({ user, params, ctx, topic }) {
    expectTypeOf(user).toEqualTypeOf<Account | null>();
    expectTypeOf(params.counterId).toEqualTypeOf<string>();
    expectTypeOf(ctx.session?.account.role).toEqualTypeOf<"admin" | "member" | undefined>();
    await topic.send.clear();
    const outcome = await topic.send.add({ by: 1 });
    if (outcome.ok) expectTypeOf(outcome.result).toEqualTypeOf<{ sum: number }>();
    // @ts-expect-error: there is no such command
    await topic.send.remove();
  },
  leave: ({ user }) => expectTypeOf(user).toEqualTypeOf<Account | null>(),
  async whileWatched({ params, tenant, topic, signal }) {
    expectTypeOf(params.counterId).toEqualTypeOf<string>();
    expectTypeOf(tenant).toEqualTypeOf<string | null>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    await topic.send.clear();
    // @ts-expect-error: there is no such command
    await topic.send.remove();
  },
  async whileOpen({ topic, signal }) {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    await topic({ counterId: "home" }, { tenant: "acme" }).send.clear();
    // @ts-expect-error: the params of another channel
    topic({ roomId: "home" });
  },
  commands: {
    add({ state, params, input, user, now, commandId, emit, reject }) {
      expectTypeOf(state).toEqualTypeOf<{ added: number[] }>();
      expectTypeOf(params.counterId).toEqualTypeOf<string>();
      expectTypeOf(input).toEqualTypeOf<{ by: number; times: number }>();
      expectTypeOf(user).toEqualTypeOf<Account | null>();
      expectTypeOf(now).toEqualTypeOf<number>();
      expectTypeOf(commandId).toEqualTypeOf<string>();
      emit("added", { by: 1 });
      emit("cleared");
      emit("cleared", {});
      // @ts-expect-error: the payload of another type
      emit("added", { by: "1" });
      // @ts-expect-error: a payload is missing
      emit("added");
      // @ts-expect-error: there is no such event
      emit("removed");
      // @ts-expect-error: a field that is not declared
      emit("added", { by: 1, to: 2 });
      expectTypeOf(reject).returns.toEqualTypeOf<never>();
      if (input.by > 100) reject("TOO_LARGE", { limit: 100 });
      // @ts-expect-error: there is no such reason
      if (input.by > 200) reject("TOO_SMALL");
      // @ts-expect-error: what goes with the reason is missing
      if (input.by > 300) reject("TOO_LARGE");
      return { sum: 1 };
    },
    touch({ reject }) {
      // @ts-expect-error: this command declares no rejection
      reject("TOO_LARGE", { limit: 100 });
    },
    clear: ({ emit }) => emit("cleared"),
  },
  queries: {
    async sum({ input, user, ctx, topic }) {
      expectTypeOf(input).toEqualTypeOf<{ counterId: string }>();
      expectTypeOf(user).toEqualTypeOf<Account | null>();
      expectTypeOf(ctx.session?.account.role).toEqualTypeOf<"admin" | "member" | undefined>();
      const { added } = await topic(input).state();
      expectTypeOf(added).toEqualTypeOf<number[]>();
      // @ts-expect-error: a param of another type
      topic({ counterId: 1 });
      const [event] = await topic(input).history({ limit: 1 });
      if (event?.type === "added") expectTypeOf(event.data).toEqualTypeOf<{ by: number }>();
      expectTypeOf(event?.userId).toEqualTypeOf<string | null | undefined>();
      return { sum: added.length };
    },
    limit: () => 1,
  },
});

const commands = { add: () => ({ sum: 0 }), touch: () => {}, clear: () => {} };
const queries = { sum: () => ({ sum: 0 }), limit: () => 0 };

// Each command and each query has a handler, of the right kind, and there are no others.
serveChannel(counter, { commands, queries });
// @ts-expect-error: the handler of an internal command is missing
serveChannel(counter, { commands: { add: commands.add, touch: commands.touch }, queries });
// @ts-expect-error: the handler of a query is missing
serveChannel(counter, { commands, queries: { sum: queries.sum } });
// @ts-expect-error: all queries are missing
serveChannel(counter, { commands });
// @ts-expect-error: the result of another type
serveChannel(counter, { commands: { ...commands, add: () => ({ sum: "0" }) }, queries });
// @ts-expect-error: the result is missing
serveChannel(counter, { commands: { ...commands, add: () => {} }, queries });
// @ts-expect-error: a handler decides at once
serveChannel(counter, { commands: { ...commands, add: async () => ({ sum: 0 }) }, queries });
// @ts-expect-error: the output of another type
serveChannel(counter, { commands, queries: { ...queries, limit: () => "0" } });
serveChannel(counter, {
  commands,
  queries,
  // @ts-expect-error: a timer runs an internal command
  timers: () => [{ name: "end", at: 1, command: "add", input: { by: 1, times: 1 } }],
});
serveChannel(counter, {
  commands,
  queries,
  timers: (state) => [{ name: "end", at: state.added.length, command: "clear" }],
});

// An audience is one of the declared ones, and so is what is asked for; two events of a key become one.
serveChannel(counter, {
  audiences: ["live", "calm"],
  audience: (_user, _params, asked) => {
    expectTypeOf(asked).toEqualTypeOf<"live" | "calm" | undefined>();
    return asked ?? "calm";
  },
  pace: { live: 100 },
  conflate: ({ type }) => type,
  merge(earlier, later) {
    expectTypeOf(earlier).toEqualTypeOf(later);
    if (earlier.type !== "added" || later.type !== "added") return later;
    return { type: "added", data: { by: earlier.data.by + later.data.by } };
  },
  commands,
  queries,
});
serveChannel(counter, { audiences: ["live", "calm"], pace: { live: 100, calm: 1_000 }, commands, queries });
serveChannel(counter, {
  audiences: ["live"],
  // @ts-expect-error: a pace of an audience that is not declared
  pace: { calm: 1_000 },
  commands,
  queries,
});
serveChannel(counter, {
  conflate: ({ type }) => type,
  // @ts-expect-error: the payload of another type
  merge: () => ({ type: "added", data: { by: "1" } }),
  commands,
  queries,
});

// A timer fires under the topic's lock, where its command cannot be prepared.
serveChannel(counter, {
  prepare: { clear: async () => 1 },
  commands: {
    ...commands,
    clear({ prepared }) {
      expectTypeOf(prepared).toEqualTypeOf<number>();
    },
  },
  queries,
  // @ts-expect-error: the command has a prepare
  timers: (state) => [{ name: "end", at: state.added.length, command: "clear" }],
});
serveChannel(counter, {
  // @ts-expect-error: the command has a prepare, though that is written after it
  timers: (state) => [{ name: "end", at: state.added.length, command: "clear" }],
  prepare: { clear: async () => 1 },
  commands,
  queries,
});
serveChannel(counter, {
  prepare: { add: async ({ input }) => input.by },
  commands: {
    ...commands,
    add({ prepared }) {
      expectTypeOf(prepared).toEqualTypeOf<number>();
      return { sum: prepared };
    },
  },
  queries,
  timers: (state) => [{ name: "end", at: state.added.length, command: "clear" }],
});

// What is served for another kind of user or context does not fit.
const realtime = realtimeOf.createRealtime({ channels: [served], store: createMemoryStore() });
const forAdmins = serveChannel<never, { id: string; pin: number }>(counter as never, {} as never);
// @ts-expect-error: it wants a user with a pin
realtimeOf.createRealtime({ channels: [forAdmins] });

// The hooks of connections know the user and the context, too.
realtimeOf.createRealtime({
  channels: [served],
  instance: false,
  connect({ user, ctx }) {
    expectTypeOf(user).toEqualTypeOf<Account | null>();
    expectTypeOf(ctx.session?.account.role).toEqualTypeOf<"admin" | "member" | undefined>();
  },
  disconnect: ({ user }) => user?.role,
});
expectTypeOf(served).toExtend<AnyServed>();

// The server's own hand sends each command, internal ones too, and gets typed outcomes.
const topic = realtime.topic(counter, { counterId: "home" }).as(system);
expectTypeOf(topic.send.add({ by: 1 })).resolves.toExtend<{ ok: boolean }>();
expectTypeOf(topic.send.clear()).resolves.toEqualTypeOf<{ readonly ok: true; readonly offset: number }>();
expectTypeOf(topic.state()).resolves.toEqualTypeOf<{ added: number[] }>();
// @ts-expect-error: a field is missing
topic.send.add();
// @ts-expect-error: a field of another type
topic.send.add({ by: "1" });
// @ts-expect-error: there is no such command
topic.send.remove;
// @ts-expect-error: a param is missing
realtime.topic(counter, {});

// Only the system may erase a topic.
expectTypeOf(topic.erase()).resolves.toEqualTypeOf<void>();
// @ts-expect-error: a user may not
realtime.topic(counter, { counterId: "home" }).as({ id: "ann" }).erase();

// What erases a user decides as a command does, and can neither reject nor ask who sends.
serveChannel(counter, {
  commands,
  queries,
  eraseUser({ state, params, userId, offset, emit, redact }) {
    expectTypeOf(state).toEqualTypeOf<{ added: number[] }>();
    expectTypeOf(params.counterId).toEqualTypeOf<string>();
    expectTypeOf(userId).toEqualTypeOf<string>();
    emit("added", { by: 0 });
    // @ts-expect-error: no such event
    emit("removed");
    redact(offset);
    // @ts-expect-error: an offset is a number
    redact("1");
  },
});

// With a base procedure the user is what its middlewares made of the context.
const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.session) throw new Error();
  return next({ ctx: { session: ctx.session } });
});
const strict = initRealtime({ t, procedure: protectedProcedure, user: (ctx) => ctx.session.account });
strict.serveChannel(counter, {
  commands: {
    ...commands,
    touch({ user }) {
      expectTypeOf(user).toEqualTypeOf<Account>();
    },
  },
  queries,
  effects(event) {
    // The type of an event tells what is in it.
    if (event.type === "added") expectTypeOf(event.data).toEqualTypeOf<{ by: number }>();
    // @ts-expect-error: the system runs what follows from an event, whoever caused it
    event.commandId;
    return [];
  },
});

// The private part of a channel has a migration where the channel has one, with each of its secrets.
const secretive = { state: z.object({ most: z.int() }), secrets: { added: z.object({ note: z.string() }) } };
const pure = { initial: () => ({ most: 0 }), apply: {} };
const secrets = { added: "same" } as const;
definePrivate(tally2, secretive, { ...pure, migrate: { state: ({ least }) => ({ most: least }), secrets } });
// @ts-expect-error: a channel of version 2 has something to migrate
definePrivate(tally2, secretive, pure);
// @ts-expect-error: a secret is left out
definePrivate(tally2, secretive, { ...pure, migrate: { state: "same", secrets: {} } });
definePrivate(tally1, secretive, pure);
// @ts-expect-error: a channel of version 1 has nothing to migrate
definePrivate(tally1, secretive, { ...pure, migrate: { state: "same", secrets } });

// What a realtime is told of a context is of the context as the base procedure makes it.
initRealtime({ t, user: () => null, expiresAt: (ctx) => ctx.session && Date.now() });
initRealtime({ t, user: () => null, expiresAt: () => undefined });
// @ts-expect-error an instant is a number
initRealtime({ t, user: () => null, expiresAt: () => new Date() });
initRealtime({
  t,
  procedure: protectedProcedure,
  user: (ctx) => ctx.session.account,
  expiresAt: (ctx) => expectTypeOf(ctx.session.account).toEqualTypeOf<Account>() && null,
}).serveChannel(counter, {
  authorize: ({ user }) => user.role === "admin",
  commands: { add: () => ({ sum: 1 }), touch: () => {}, clear: () => {} },
  queries: { sum: () => ({ sum: 1 }), limit: () => 1 },
});

// A revocation is of a user, and may be of a channel, and of a topic of it.
const { revoke } = createMemoryRealtime();
revoke({ userId: "ann" });
revoke({ userId: "ann", tenant: "acme", channel: counter });
revoke({ userId: "ann", channel: counter, params: { counterId: "home" } });
// @ts-expect-error it is somebody's
revoke({ channel: counter });
// @ts-expect-error the params are those of the channel
revoke({ userId: "ann", channel: counter, params: { counter: "home" } });

function createMemoryRealtime() {
  return realtimeOf.createRealtime({ channels: [served], store: createMemoryStore() });
}
