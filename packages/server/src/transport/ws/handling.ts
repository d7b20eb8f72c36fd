import type { IncomingMessage } from "node:http";
import type { AnyTRPCRouter, TRPCError, TRPCProcedureType } from "@trpc/server";
import {
  type CreateWSSContextFnOptions,
  jsonEncoder,
  type WSSHandlerOptions as TRPCHandlerOptions,
} from "@trpc/server/adapters/ws";
import { withErrorDetails } from "../../error-details.ts";
import type { Logger } from "../../logger.ts";
import { type WireMeters, wireMetersOf } from "../../observe/wire-meters.ts";
import { type Connections, connectionsOf } from "../../security/connections.ts";
import { type OriginOptions, Origins, tellerOf } from "../../security/origins.ts";
import { loggedContextMaker } from "../context-maker.ts";
import { loggerOf } from "../logger-of.ts";
import { Sweeper } from "../sweeper.ts";
import { Tick } from "../tick.ts";
import { type Codec, codecOf } from "./codec.ts";
import type { Connection } from "./connection.ts";
import { Heads } from "./head.ts";
import { type Limits, type SocketLimits, withDefaults } from "./limits.ts";
import { Message } from "./message.ts";
import { type Deadlines, deadlinesOf } from "./patience.ts";

/** The options of tRPC's handler, what a client may cost, and which pages may connect. */
export type WSSHandlerOptions<Router extends AnyTRPCRouter> = TRPCHandlerOptions<Router> & SocketLimits & OriginOptions;

/** What `onError` is told. */
interface Fault {
  readonly error: TRPCError;
  readonly type: TRPCProcedureType | "unknown";
  readonly path: string | undefined;
  readonly input: unknown;
  readonly ctx: unknown;
  readonly req: IncomingMessage;
}

/** What all connections of one handler have in common. The types of the router end here. */
export interface Handling {
  readonly router: AnyTRPCRouter;
  /** The realtimes in the router. */
  readonly realtimes: readonly Connections[];
  /** Asks a client for new credentials. */
  readonly refresh: Message;
  readonly createContext: ((options: CreateWSSContextFnOptions) => unknown) | undefined;
  readonly onError: ((fault: Fault) => void) | undefined;
  readonly keepAlive: { readonly pingMs?: number | undefined; readonly pongWaitMs?: number | undefined } | undefined;
  readonly answersPings: boolean;
  readonly origins: Origins;
  readonly logger: Logger;
  readonly wire: WireMeters;
  readonly limits: Limits;
  readonly codec: Codec;
  readonly heads: Heads;
  readonly tick: Tick;
  readonly sweeper: Sweeper<Connection>;
  readonly deadlines: Deadlines;
}

export function toHandling<Router extends AnyTRPCRouter>(options: WSSHandlerOptions<Router>): Handling {
  const { router, onError, keepAlive } = options;
  const limits = withDefaults(options);
  const { heartbeat, slowMs } = limits;
  const { experimental_encoder: encoder = jsonEncoder } = options;
  const codec = codecOf(router._def._config, encoder);
  const sweeper = new Sweeper<Connection>(
    slowMs,
    limits.authenticateMs,
    ...(heartbeat ? [heartbeat.pingMs, heartbeat.pongMs] : []),
  );
  return {
    router: withErrorDetails(router),
    realtimes: connectionsOf(router),
    refresh: new Message(encoder.encode({ id: null, method: "refresh" })),
    createContext: loggedContextMaker(options as Pick<Handling, "router" | "createContext"> & OriginOptions),
    onError: onError as Handling["onError"],
    keepAlive: keepAlive?.enabled ? keepAlive : undefined,
    answersPings: !options.dangerouslyDisablePong,
    origins: new Origins(options, tellerOf(router)),
    logger: loggerOf(router),
    wire: wireMetersOf(router),
    limits,
    codec,
    heads: new Heads(),
    tick: new Tick(() => codec.endTick()),
    sweeper,
    deadlines: deadlinesOf(sweeper, limits),
  };
}
