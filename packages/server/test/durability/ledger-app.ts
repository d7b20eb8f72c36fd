import {
  createMemoryStore,
  initRealtime,
  type Logger,
  type RealtimeOptions,
  type ServeOptions,
  system,
  type User,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { topicRef } from "../../src/topic-ref.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { type Ledger, ledger } from "./ledger.ts";

interface Context {
  readonly user: User | null;
}

export interface LedgerOptions
  extends Omit<Partial<RealtimeOptions<never>>, "channels" | "logger">,
    Pick<ServeOptions<Ledger, User | null, Context>, "snapshotEvery" | "retention"> {
  readonly logger?: Logger;
}

/** A realtime that serves ledgers to everybody, in memory unless told otherwise, beside any other. It listens nowhere. */
export function createLedgers(given: LedgerOptions = {}) {
  const { snapshotEvery, retention, logger, store = createMemoryStore(), ...options } = given;
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const served = serveChannel(ledger, {
    ...(snapshotEvery !== undefined && { snapshotEvery }),
    ...(retention && { retention }),
    authorize: () => true,
    commands: {
      note({ state, input: { entry, times }, emit, reject }) {
        if (entry < 0) reject("NEGATIVE", { count: state.count });
        for (let count = 0; count < times; count += 1) emit("noted", { entry });
        return { count: state.count + times };
      },
      fail: () => {
        throw new Error("it fails, as it was asked to");
      },
    },
  });
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    ...options,
    store,
    channels: [served],
    logger: logger ?? logged.logger,
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    logged,
    /** What a caller may do, without a client and without a wire. */
    as: (id: string | null) => router.createCaller({ user: id === null ? null : { id } }).realtime.ledger,
    /** A ledger in the server's own hand. */
    ledger: (ledgerId: string) => realtime.topic(ledger, { ledgerId }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type Ledgers = ReturnType<typeof createLedgers>;

/** How the store knows a ledger. */
export function ledgerRef(ledgerId: string) {
  return topicRef("ledger", null, { ledgerId });
}
