import type { Channel, CommandDefinition, PredictionContext, QueryDefinition } from "./channel.ts";
import { ShoalError } from "./errors.ts";
import type { TaggedEvent } from "./frame.ts";
import type { Json, ParamValue } from "./json.ts";
import type { AnyMigration, NeedsMigrate } from "./migrate.ts";
import type { Bare } from "./outcome.ts";
import type { Schema } from "./schema.ts";

/** The names that each channel's router, the client, or tRPC itself already uses. */
const reservedCommands = ["watch", "presence", "broadcast", "then", "call", "apply"] as const;
type ReservedCommand = (typeof reservedCommands)[number];
const reservedChannels = [
  "connection",
  "clock",
  "topic",
  "topics",
  "queue",
  "checkUser",
  "close",
  "then",
  "call",
  "apply",
] as const;
type ReservedChannel = (typeof reservedChannels)[number];
const reservedRejectionFields = ["ok", "reason"] as const;
type ReservedRejectionField = (typeof reservedRejectionFields)[number];

type NameCheck<Name extends string> = Name extends ReservedChannel
  ? `A channel cannot be named "${Name}": the client already has that name`
  : Name;

/** Each check is `unknown` when all is well, and else the sentence that the compiler then shows. */
type CommandCheck<K, Input, Rejections, Params, Queries> = K extends ReservedCommand
  ? `A command cannot be named "${K}": the router of each channel already has that name`
  : K extends keyof Queries & string
    ? `"${K}" is a query and a command: the router needs two names`
    : HasFields<Input> extends false
      ? "A command's input is an object: its fields travel beside the params"
      : FieldCheck<Input, Rejections, Params>;

type FieldCheck<Input, Rejections, Params> = keyof Input &
  (keyof Params | "commandId" | "clientId" | "version") extends never
  ? keyof Rejections extends never
    ? unknown
    : RejectionCheck<Rejections>
  : `The field "${keyof Input & (keyof Params | "commandId" | "clientId" | "version") & string}" is a param, the commandId, the clientId or the version: give the input's field another name`;

type RejectionCheck<Rejections> = {
  [J in keyof Rejections]: HasFields<Bare<Rejections[J]>>;
}[keyof Rejections] extends true
  ? RejectionFieldCheck<Rejections>
  : "A rejection is an object: its fields are those of the outcome";

type RejectionFieldCheck<Rejections> = {
  [J in keyof Rejections]: keyof Bare<Rejections[J]> & ReservedRejectionField;
}[keyof Rejections] extends never
  ? unknown
  : `A rejection cannot have a field "ok" or "reason": its outcome already has them`;

/** Whether it is an object with fields by name, which a list is not. What may be anything is taken for one. */
type HasFields<T> = 0 extends 1 & T
  ? true
  : [T] extends [object]
    ? [Extract<T, readonly unknown[]>] extends [never]
      ? true
      : false
    : false;

type QueryCheck<K> = K extends ReservedCommand
  ? `A query cannot be named "${K}": the router of each channel already has that name`
  : unknown;

/** What the procedures of a channel take beside its params. */
type ReservedParam<Pr, B> =
  | "lastEventId"
  | "presence"
  | "clientId"
  | "version"
  | "commandId"
  | "audience"
  | ([Pr] extends [never] ? never : "state")
  | ([keyof B] extends [never] ? never : "name" | "data");

type ParamsCheck<P> =
  HasFields<P> extends true ? unknown : "The params are an object: each of its fields is a part of a topic's name";

type ParamCheck<K, V, Pr, B> =
  K extends ReservedParam<Pr, B>
    ? `A param cannot be named "${K}": a procedure of each channel has that field`
    : [V] extends [ParamValue]
      ? unknown
      : "A param is a string, a number or a boolean, since the params name a topic";

type JsonCheck<D> = unknown extends D
  ? Json
  : [D] extends [Json]
    ? unknown
    : "This must be plain JSON: no Date, bigint, Map or class. An instant is its milliseconds, z.int()";

type VersionCheck<V extends number> = `${V}` extends "0" | `-${string}` | `${string}.${string}`
  ? `A version is a whole number from 1, not ${V}`
  : V;

/** From version 2 on, and where the compiler does not know the version, there must be a migration. */
type MigrationCheck<V extends number, S, E, CI, CO, R, J> = V extends 1
  ? { readonly migrate?: "A channel of version 1 has nothing to migrate: give it a version above 1" }
  : NeedsMigrate<S, E, CI, CO, R, J>;

/** The type as it is: what is no object has not been accepted as the type of params, events or broadcasts. */
type AsObject<T> = T extends object ? T : never;

/** What a channel speaks: one schema for each thing that travels or is kept. Everything is plain JSON. */
export interface ChannelSchemas<P, S, E, CI, CO, R, J, N, M, QI, QO, QR, Pr, B, V extends number> {
  /**
   * Which version of the contract this is. What an older one wrote is read by `migrate`, which then is required.
   * @default 1
   */
  readonly version?: VersionCheck<V>;
  /** What names a topic: a flat object of strings, numbers and booleans, such as `{ counterId }`. */
  readonly params: Schema<
    P & NoInfer<ParamsCheck<P>> & { readonly [K in keyof P]: NoInfer<ParamCheck<K, P[K], Pr, B>> }
  >;
  /** What a subscriber holds. It should be bounded: a window of a long list, not the list. */
  readonly state: Schema<S & NoInfer<JsonCheck<S>>>;
  /** What can happen to a topic, in the past tense. */
  readonly events: { readonly [K in keyof E]: Schema<E[K] & NoInfer<JsonCheck<E[K]>>> };
  /** What can be asked of a topic, in the imperative. */
  readonly commands?: NoInfer<{
    readonly [K in keyof CO]: CommandCheck<K, Bare<CO[K]>, K extends keyof J ? Bare<J[K]> : {}, Bare<P>, QR>;
  }> & { readonly [K in keyof CI]: { readonly input?: Schema<unknown, CI[K]> } } & {
    readonly [K in keyof CO]: { readonly input?: Schema<CO[K] & NoInfer<JsonCheck<CO[K]>>> };
  } & { readonly [K in keyof R]: { readonly result?: Schema<R[K] & NoInfer<JsonCheck<R[K]>>> } } & {
    readonly [K in keyof J]: {
      readonly rejections?: { readonly [F in keyof J[K]]: Schema<J[K][F] & NoInfer<JsonCheck<J[K][F]>>> };
    };
  } & { readonly [K in keyof N]: { readonly internal?: N[K] } } & {
    readonly [K in keyof M]: { readonly creates?: M[K] };
  };
  /**
   * What can be read besides the state, typically page by page. Where the answer may be `large`, such as a whole document, clients ask
   * for it over HTTP, so that it holds up nothing else on their connection.
   */
  readonly queries?: { readonly [K in keyof QI]: { readonly input?: Schema<unknown, QI[K]> } } & {
    readonly [K in keyof QO]: { readonly input?: Schema<QO[K] & NoInfer<JsonCheck<QO[K]>>> };
  } & {
    readonly [K in keyof QR]: { readonly output: Schema<QR[K] & NoInfer<JsonCheck<QR[K]>>>; readonly large?: boolean };
  } & NoInfer<{
      readonly [K in keyof QR]: QueryCheck<K>;
    }>;
  /** The small state that each client on a topic shares with the others, such as `{ typing: boolean }`. */
  readonly presence?: Schema<Pr & NoInfer<JsonCheck<Pr>>>;
  /** Messages to whoever is on a topic now; they are carried and not kept. */
  readonly broadcasts?: { readonly [K in keyof B]: Schema<B[K] & NoInfer<JsonCheck<B[K]>>> };
}

/** How a channel's state comes to be: pure functions, run on the server and in the browser alike. */
export interface ChannelFunctions<P, S, E, CO, N> {
  /** The state before the first event. */
  readonly initial: (params: P) => NoInfer<S>;
  /** One function for each event. It returns a new state and never changes the one it was given. */
  readonly apply: { readonly [K in keyof E]: (state: S, data: Bare<E[K]>) => S };
  /** What a command will probably emit, shown at once and taken back if the server decides otherwise. */
  readonly optimistic?: {
    readonly [K in keyof CO as K extends keyof N ? (N[K] extends true ? never : K) : K]?: (
      input: Bare<CO[K]>,
      context: PredictionContext<S>,
    ) => readonly TaggedEvent<E>[];
  };
}

/**
 * Defines a channel: its name, its schemas and its pure functions, with all types inferred from them.
 *
 * @param name - its one name: in the router, in the client and on disk
 * @throws {ShoalError} `BAD_REQUEST` when a name or a field is one that the router already uses, or the version is none or has no
 * whole migration
 *
 * @example
 * ```ts
 * export const counter = defineChannel("counter", {
 *   params: z.object({ counterId: z.string() }),
 *   state: z.object({ value: z.int() }),
 *   events: { added: z.object({ by: z.int() }) },
 *   commands: { add: { input: z.object({ by: z.int() }) } },
 * }, {
 *   initial: () => ({ value: 0 }),
 *   apply: { added: (state, { by }) => ({ value: state.value + by }) },
 * });
 * ```
 */
export function defineChannel<
  const Name extends string,
  P,
  S,
  E,
  CI = {},
  CO = {},
  R = {},
  J = {},
  const N = {},
  const M = {},
  QI = {},
  QO = {},
  QR = {},
  Pr = never,
  B = {},
  const V extends number = 1,
>(
  name: NameCheck<Name>,
  schemas: ChannelSchemas<P, S, E, CI, CO, R, J, N, M, QI, QO, QR, Pr, B, V>,
  functions: NoInfer<ChannelFunctions<P, S, E, CO, N> & MigrationCheck<V, S, E, CI, CO, R, J>>,
): Channel<{
  name: Name;
  version: V;
  params: AsObject<Bare<P>>;
  state: S;
  events: AsObject<E>;
  commands: {
    [K in keyof CO]: {
      send: K extends keyof CI ? Bare<CI[K]> : {};
      input: Bare<CO[K]>;
      result: K extends keyof R ? R[K] : unknown;
      rejections: K extends keyof J ? Bare<J[K]> : {};
      internal: K extends keyof N ? (N[K] extends true ? true : false) : false;
      creates: K extends keyof M ? (M[K] extends true ? true : false) : false;
    };
  };
  queries: {
    [K in keyof QR]: {
      send: K extends keyof QI ? Bare<QI[K]> : {};
      input: K extends keyof QO ? Bare<QO[K]> : {};
      output: QR[K];
    };
  };
  presence: Pr;
  broadcasts: AsObject<B>;
}> {
  const commands: Readonly<Record<string, CommandDefinition>> = schemas.commands ?? {};
  const queries: Readonly<Record<string, QueryDefinition>> = schemas.queries ?? {};
  const { version = 1 }: { readonly version?: number } = schemas as object;
  const { migrate } = functions as { readonly migrate?: AnyMigration };
  checkNames(name, commands, queries);
  checkVersion(name, version, migrate, schemas.events, commands);
  return {
    name,
    version,
    migrate,
    params: schemas.params,
    state: schemas.state,
    events: schemas.events,
    commands,
    queries,
    presence: schemas.presence,
    broadcasts: schemas.broadcasts ?? {},
    initial: functions.initial,
    apply: functions.apply,
    optimistic: functions.optimistic ?? {},
  } as never;
}

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Postgres keeps it in four bytes. */
const highestVersion = 2 ** 31 - 1;

/** The same as the compiler's checks, for programs without types. */
function checkVersion(
  channel: string,
  version: number,
  migrate: AnyMigration | undefined,
  events: object,
  commands: object,
): void {
  const refuse = (why: string): never => {
    throw new ShoalError("BAD_REQUEST", `Channel "${channel}": ${why}`);
  };
  if (!Number.isInteger(version) || version < 1 || version > highestVersion) {
    refuse(`a version is a whole number from 1, not ${version}.`);
  }
  if (version === 1) return;
  if (!migrate) throw refuse(`version ${version} needs \`migrate\`, which reads what older versions wrote.`);
  for (const type of Object.keys(events)) {
    if (!Object.hasOwn(migrate.events, type)) refuse(`\`migrate.events\` leaves out the event "${type}".`);
    if (Object.hasOwn(migrate.former ?? {}, type)) refuse(`"${type}" is an event of today, and no former one.`);
  }
  for (const name of Object.keys(commands)) {
    if (!Object.hasOwn(migrate.commands, name)) refuse(`\`migrate.commands\` leaves out the command "${name}".`);
  }
}

function checkNames(
  channel: string,
  commands: Readonly<Record<string, CommandDefinition>>,
  queries: Readonly<Record<string, QueryDefinition>>,
): void {
  const refuse = (why: string): never => {
    throw new ShoalError("BAD_REQUEST", `Channel "${channel}": ${why}`);
  };
  if (!namePattern.test(channel))
    refuse("a name starts with a letter and has at most 64 letters, digits and underscores.");
  if (includes(reservedChannels, channel)) refuse("the name is taken by the client or by tRPC.");
  for (const name of [...Object.keys(commands), ...Object.keys(queries)]) {
    if (!namePattern.test(name)) refuse(`"${name}" is no name: letters, digits and underscores, a letter first.`);
    if (includes(reservedCommands, name)) refuse(`"${name}" is the name of a procedure that each channel already has.`);
  }
  for (const name of Object.keys(commands)) {
    if (Object.hasOwn(queries, name)) refuse(`"${name}" is a query and a command; the router needs two names.`);
  }
}

function includes(list: readonly string[], name: string): boolean {
  return list.includes(name);
}
