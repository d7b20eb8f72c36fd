import type { AnyOutcome } from "@shoal/contract";
import type { AnyTRPCProcedure, TRPCProcedureBuilder } from "@trpc/server";
import type { Draining } from "../draining.ts";
import { toTRPCError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { WireMeters } from "../observe/wire-meters.ts";
import { toExpiry } from "../security/expiry.ts";
import { refuseLongExpired } from "../security/identity.ts";
import type { Counted, Rates } from "../security/rates.ts";
import type { User } from "../user.ts";
import type { Caller } from "./access.ts";
import type { Definition } from "./definition.ts";
import { insistOnPlain } from "./plain-input.ts";
import type { Service } from "./service.ts";
import { splitFields, splitInput } from "./split-input.ts";

/** The procedure that the application gave as the base, whatever its middlewares made of the context. */
// biome-ignore lint/suspicious/noExplicitAny: the number of its type parameters differs between versions of tRPC
export type AnyProcedureBuilder = TRPCProcedureBuilder<any, any, any, any, any, any, any, any>;

interface Resolve {
  readonly ctx: unknown;
  readonly input: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** The part of a procedure builder that is used here, without the types that only the router's own type tells. */
export interface BaseProcedure {
  input(parser: (input: unknown) => unknown): BaseProcedure;
  query(resolve: (call: Resolve) => Promise<unknown>): AnyTRPCProcedure;
  mutation(resolve: (call: Resolve) => Promise<unknown>): AnyTRPCProcedure;
  subscription(resolve: (call: Resolve) => Promise<AsyncIterable<unknown>>): AnyTRPCProcedure;
}

export interface ProceduresOptions {
  readonly procedure: AnyProcedureBuilder;
  readonly user: (ctx: never) => User | null | Promise<User | null>;
  /** Until when a context is good, as the application says. */
  readonly expiresAt: ((ctx: never) => unknown) | undefined;
  readonly service: Service;
  readonly logger: Logger;
  readonly rates: Rates;
  readonly draining: Draining;
  /** Where it is counted what goes to clients. */
  readonly wire: WireMeters;
}

/** What `watch` takes beside the params. */
const watchFields = ["lastEventId", "presence", "clientId", "version", "audience"];

/** The procedures of one channel, by name: `watch`, each public command and query, and, where declared, `presence` and `broadcast`. */
export function channelProcedures(
  definition: Definition,
  options: ProceduresOptions,
): Record<string, AnyTRPCProcedure> & { readonly watch: AnyTRPCProcedure } {
  const { service, logger, procedure, rates, draining } = options;
  const { name: channel, params } = definition;
  const base = (procedure as unknown as BaseProcedure).input((input) => input);

  const guarded = <R>(
    counted: Counted | null,
    run: (caller: Caller, input: unknown, signal: AbortSignal | undefined) => Promise<R>,
  ) => {
    const rate = counted && rates.of(channel, definition.rates, counted);
    const answer = async ({ ctx, input, signal }: Resolve): Promise<R> => {
      const user = await options.user(ctx as never);
      const caller = { ctx, user, expiresAt: toExpiry(options.expiresAt?.(ctx as never)) };
      // What lasts is measured by the very instant, and refused where that has passed.
      if (counted !== "watches") refuseLongExpired(caller);
      if (rate) await rate.take(user, ctx);
      return await run(caller, input, signal);
    };
    return async (call: Resolve): Promise<R> => {
      try {
        insistOnPlain(channel, call.input);
        if (counted !== "watches") return await draining.during(() => answer(call));
        draining.insist();
        return await answer(call);
      } catch (error) {
        const refusal = toTRPCError(error, logger);
        count(definition, counted, refusal.code);
        throw refusal;
      }
    };
  };

  const watch = base.subscription(
    guarded("watches", async (caller, input, signal) => {
      const split = splitInput(channel, params, input, watchFields);
      return await service.watch(definition, caller, split.params, split.own, {
        signal,
        follow: (subscription) => draining.follow(subscription),
        wire: options.wire,
      });
    }),
  );
  const procedures: Record<string, AnyTRPCProcedure> & { readonly watch: AnyTRPCProcedure } = { watch };

  for (const [name, { internal, creates }] of Object.entries(definition.commands)) {
    if (internal) continue;
    procedures[name] = base.mutation(
      guarded("commands", async (caller, input): Promise<AnyOutcome> => {
        if (creates) {
          const split = splitFields(channel, input, ["commandId", "clientId", "version"]);
          return await service.create(definition, caller, name, split.rest, split.own);
        }
        const split = splitInput(channel, params, input, ["commandId", "clientId", "version"]);
        return await service.command(definition, caller, split.params, name, split.rest, split.own);
      }),
    );
  }
  for (const name of Object.keys(definition.queries)) {
    procedures[name] = base.query(
      guarded("queries", (caller, input) => service.query(definition, caller, name, input)),
    );
  }
  if (definition.presence) {
    procedures.presence = base.mutation(
      guarded(null, async (caller, input) => {
        const split = splitInput(channel, params, input, ["clientId", "state"]);
        await service.presence(definition, caller, split.params, split.own);
      }),
    );
  }
  if (Object.keys(definition.broadcasts).length > 0) {
    procedures.broadcast = base.mutation(
      guarded("broadcasts", async (caller, input) => {
        const split = splitInput(channel, params, input, ["name", "data"]);
        await service.broadcast(definition, caller, split.params, split.own);
      }),
    );
  }
  return procedures;
}

/** Counts a call that ended with an error. */
function count({ meters }: Definition, counted: Counted | null, code: string): void {
  if (counted === "commands") meters.threw(code);
  if (counted === "watches") meters.watchesRefused += 1;
  if (code === "TOO_MANY_REQUESTS") meters.rateLimited += 1;
}

/** What every client may ask of the connection itself, whoever is behind it. */
export function connectionProcedures({
  procedure,
  logger,
  now,
}: Pick<ProceduresOptions, "procedure" | "logger"> & {
  /** The time by the store's clock, in milliseconds since the epoch. */
  readonly now: () => Promise<number>;
}): Record<string, AnyTRPCProcedure> {
  const base = procedure as unknown as BaseProcedure;
  const time = base.query(async () => {
    try {
      return { now: await now() };
    } catch (error) {
      throw toTRPCError(error, logger);
    }
  });
  return { time };
}
