import { type Channel, type ChannelTypes, type CommandDefinition, ShoalError } from "@shoal/contract";
import { wrongIn } from "../security/rates.ts";
import type { User } from "../user.ts";
import type { NoPrivate, PrivateTypes } from "./define-private.ts";
import type { RequiredHandlers, ServedChannel, ServeOptions, ServeSettings } from "./serve-options.ts";

/**
 * Puts a contract together with the handlers that decide its commands. Applications use the one that `initRealtime`
 * returns, which knows their user and context; a library that serves a channel for everybody uses this one.
 *
 * @throws {ShoalError} `BAD_REQUEST` when a declared command or query has no handler, or options do not go together
 */
export function serveChannel<
  T extends ChannelTypes,
  W extends User | null = User | null,
  C = object,
  Pd = {},
  X extends PrivateTypes = NoPrivate,
  const A extends string = "all",
  Ld = {},
  DB = unknown,
  V = unknown,
>(
  channel: Channel<T>,
  options: ServeOptions<T, W, C, Pd, X, A, Ld, DB, V> & RequiredHandlers<T>,
): ServedChannel<T, W, C> {
  const settings = options as unknown as ServeSettings;
  const refuse = (why: string): never => {
    throw new ShoalError("BAD_REQUEST", `Channel "${channel.name}": ${why}`);
  };
  const {
    commands = {},
    queries = {},
    mint = {},
  } = settings as Partial<Record<"commands" | "queries" | "mint", object>>;
  for (const name of Object.keys(channel.commands)) {
    if (!Object.hasOwn(commands, name)) refuse(`the command "${name}" has no handler. Add it to serveChannel.`);
  }
  for (const [name, { creates }] of Object.entries(channel.commands as Record<string, CommandDefinition>)) {
    if (creates && !Object.hasOwn(mint, name)) refuse(`the command "${name}" makes topics. Name them in \`mint\`.`);
  }
  for (const name of Object.keys(channel.queries)) {
    if (!Object.hasOwn(queries, name)) refuse(`the query "${name}" has no handler. Add it to serveChannel.`);
  }
  for (const part of ["tables", "project", "load", "derive"] as const) {
    if (options.durable === false && options[part] !== undefined) {
      refuse(`with \`durable: false\` it cannot have \`${part}\`: rows outlive a crash, and its events do not.`);
    }
  }
  if (options.derive && !options.tables) refuse("`derive` writes into the channel's own tables. Give it `tables`.");
  if ((options.join || options.leave) && !channel.presence) {
    refuse("`join` and `leave` hear of members. Declare `presence` in the contract.");
  }
  if (channel.version > 1 && options.private && !options.private.migrate) {
    refuse(`version ${channel.version} needs \`migrate\` in definePrivate, which reads what older versions kept.`);
  }
  if (options.merge && !options.conflate) refuse("`merge` is of events with one key. Give `conflate`, too.");
  for (const name of options.prepareAgain ?? []) {
    if (!Object.hasOwn(options.prepare ?? {}, name))
      refuse(`\`prepareAgain\` names "${String(name)}", which has no \`prepare\`.`);
  }
  const { gatherMs = 0, load } = options;
  if (!(gatherMs >= 0 && gatherMs <= longestGatherMs)) refuse(`\`gatherMs\` is from 0 to ${longestGatherMs}.`);
  if (gatherMs > 0 && load) refuse("with a `load` it decides one command at a time, and there is nothing to gather.");
  const wrong = options.rates && wrongIn(options.rates);
  if (wrong) refuse(wrong);
  const { audiences, audience, view, pace } = options;
  if (view && !(audiences && audience))
    refuse("a `view` needs `audiences`, and `audience`, which says who is of which.");
  if (audience && !audiences) refuse("`audience` names one of `audiences`. Declare them.");
  if (audiences && !view && !pace)
    refuse("`audiences` see otherwise by a `view`, or at another `pace`. Give one of them.");
  if (audiences?.length === 0) refuse("`audiences` has none. Name one, or leave it out.");
  for (const [name, ms] of Object.entries(pace ?? {})) {
    if (!(audiences as readonly string[] | undefined)?.includes(name))
      refuse(`\`pace\` names "${name}", which is not among its audiences.`);
    if (ms !== undefined && !isPace(ms))
      refuse(`the pace of "${name}" must be a whole number of milliseconds, from 1 to a day.`);
  }
  for (const name of audiences ?? []) {
    if (name === "system") refuse('an audience cannot be named "system": that is the server itself.');
    if (!audiencePattern.test(name)) refuse(`"${name}" is no audience: 1 to 64 letters, digits, - and _.`);
  }
  return { channel, options: settings, "~serves": undefined };
}

const audiencePattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Far below the time after which a command without an answer fails. */
const longestGatherMs = 1_000;

const longestPace = 24 * 60 * 60 * 1_000;

function isPace(ms: unknown): boolean {
  return Number.isInteger(ms) && Number(ms) >= 1 && Number(ms) <= longestPace;
}
