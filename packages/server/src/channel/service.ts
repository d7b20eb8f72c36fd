import { randomUUID } from "node:crypto";
import { type AnyOutcome, type Position, parse, ShoalError } from "@shoal/contract";
import type { Broker } from "../broker.ts";
import { toTRPCError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Gate } from "../security/gate.ts";
import { refuseExpired } from "../security/identity.ts";
import type { Question } from "../security/question.ts";
import type { CommandRecord, SqlExecutor } from "../store.ts";
import { topicRef } from "../topic-ref.ts";
import { toSender } from "../user.ts";
import { authorizeQuery, authorizeTopic, type Caller, refuseStrangers } from "./access.ts";
import { parseSent, refuseOtherVersion } from "./client-version.ts";
import { type AudienceName, cutState } from "./cut.ts";
import type { Command } from "./decide.ts";
import { repeat } from "./deciding.ts";
import { type AnyReader, audienceOf, type Definition } from "./definition.ts";
import type { Engine } from "./engine.ts";
import type { Erasure } from "./erasure.ts";
import type { FrameQueueOptions } from "./frame-queue.ts";
import { readHistory } from "./history.ts";
import type { WatchedHooks } from "./lasting-hooks.ts";
import type { LiveTopic } from "./live-topic.ts";
import { misuse } from "./misuse.ts";
import { openWatch } from "./open-watch.ts";
import { isPrepared, prepare } from "./prepare.ts";
import {
  digestOf,
  mintedId,
  parseAudience,
  parseCommandId,
  parseLastEventId,
  parseMember,
  parseText,
  parseVersion,
  senderOf,
} from "./requests.ts";
import { snapshotOf } from "./snapshot-of.ts";
import { Watch, type WatchParts } from "./watch.ts";

export interface ServiceOptions {
  readonly engine: Engine;
  readonly erasure: Erasure;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly gate: Gate;
  readonly watchedHooks: WatchedHooks;
  /** How many frames wait for a subscriber that does not pull, before it is resynchronised. */
  readonly queue: number;
}

/** Whose watches are to end. */
export interface RevokeCall {
  readonly userId: unknown;
  readonly tenant?: unknown;
  readonly params?: object | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Who iterates a watch, what ends it, and where its frames are counted. */
export interface Iteration extends Partial<Pick<FrameQueueOptions, "signal" | "follow" | "wire">> {
  /**
   * Whether everything is told at once, whatever the pace of its audience.
   * @default false
   */
  readonly prompt?: boolean;
}

/** How a command is sent: by what id, from which client, in whose transaction. */
export interface SendOptions {
  readonly commandId?: unknown;
  readonly clientId?: unknown;
  /** The version of the contract that the client has; today's when it does not say. */
  readonly version?: unknown;
  readonly tx?: SqlExecutor | undefined;
}

/** What callers may ask of the channels, behind the router: each method validates, authorizes and then acts. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #toError: (error: unknown) => Error;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#toError = (error) => toTRPCError(error, options.logger);
  }

  async watch(
    definition: Definition,
    caller: Caller,
    params: object,
    fields: Fields,
    iteration: Iteration = {},
  ): Promise<Watch> {
    refuseOtherVersion(definition, parseVersion(fields.version));
    const position = parseLastEventId(fields.lastEventId);
    const asked = parseAudience(definition, fields.audience);
    const member =
      fields.presence === undefined ? undefined : parseMember(definition, fields.clientId, fields.presence);
    refuseStrangers(definition, caller, "watch");
    refuseExpired(caller);
    const { engine, gate, queue, watchedHooks } = this.#options;
    const ref = refOf(definition, caller, params);
    let question: Question | undefined;
    const allow = async (live: LiveTopic): Promise<void> => {
      question = await gate.admit(live, caller, isOn(live, position));
    };
    await engine.use(definition, ref, allow, () => {}, caller.hook);
    const hold = () => engine.hold(definition, ref, caller.hook);
    const { signal, follow, wire, prompt = false } = iteration;
    const seating = (now: Caller) => ({ audience: audienceFor(definition, now, ref.params, asked), paced: !prompt });
    const subscribed = (live: LiveTopic) => watchedHooks.subscribed(live);
    const open: WatchParts["open"] = (sink, now, graceMs) =>
      openWatch({ gate, hold, question, position, member, asked, seating, subscribed }, sink, now, graceMs);
    return new Watch({ realtime: gate, caller, open, queue, signal, follow, wire, toError: this.#toError });
  }

  async command(
    definition: Definition,
    caller: Caller,
    params: object,
    name: string,
    fields: object,
    options: SendOptions,
  ): Promise<AnyOutcome> {
    const command = this.#parseCommand(definition, caller, name, fields, options);
    const digest = digestOf(name, fields);
    const since = Date.now();
    const began = performance.now();
    const outcome = await this.#use(definition, caller, params, name, async (live) => {
      const { engine } = this.#options;
      if (!isPrepared(definition, name)) return await engine.submit(live, command, digest, since, options.tx);
      const earlier = definition.prepareAgain.includes(name) ? null : await this.#recorded(live, command);
      if (earlier) return repeat(definition, live.ref, earlier, { command, digest });
      const context = { caller, live, read: engine.reader, now: await engine.now() };
      const prepared = await prepare(definition, command, context);
      return await engine.submit(live, { ...command, prepared }, digest, Date.now(), options.tx);
    });
    definition.meters.decided(outcome.ok, performance.now() - began);
    return outcome;
  }

  /** The answer that the command had before, if it comes again; the topic here is then as new as the answer. */
  async #recorded(live: LiveTopic, { sender, commandId }: Command): Promise<CommandRecord | null> {
    const record = sender === null ? null : await live.record({ sender, commandId });
    if (record) await live.catchUp();
    return record;
  }

  /** Sends a command to the topic that it makes. */
  async create(
    definition: Definition,
    caller: Caller,
    name: string,
    fields: object,
    options: SendOptions,
  ): Promise<AnyOutcome> {
    const { input, user, sender, commandId } = this.#parseCommand(definition, caller, name, fields, options);
    const id = mintedId(definition.name, sender, commandId);
    const params = this.#mint(definition, name, { id, input, user });
    const outcome = await this.command(definition, caller, params, name, fields, { ...options, commandId });
    return outcome.ok ? { ...outcome, params } : outcome;
  }

  /** What `mint` makes must fit the channel; when it does not, it is not the caller's bad request. */
  #mint(definition: Definition, name: string, call: object): object {
    const minted = definition.mints[name]?.(call) ?? {};
    try {
      return this.parseParams(definition, minted);
    } catch (cause) {
      throw misuse(`The \`mint\` of "${definition.name}.${name}" made params that its contract refuses.`, cause);
    }
  }

  #parseCommand(
    definition: Definition,
    { user, system }: Caller,
    name: string,
    fields: object,
    { commandId, clientId, version }: SendOptions,
  ): Command {
    if (definition.commands[name]?.internal && !system) {
      throw new ShoalError("FORBIDDEN", `"${definition.name}.${name}" is internal: only the system may send it.`);
    }
    return {
      name,
      input: parseSent(definition, name, fields, parseVersion(version)),
      user,
      sender: system ? (commandId === null ? null : "system") : senderOf(user, clientId),
      commandId: parseCommandId(commandId),
    };
  }

  async query(definition: Definition, caller: Caller, name: string, raw: unknown): Promise<unknown> {
    const schema = definition.queries[name]?.input;
    const input = schema ? parse(schema, raw, `input of "${definition.name}.${name}"`) : {};
    await authorizeQuery(definition, caller, name, input);
    const topic = (params: object): AnyReader => this.reader(definition, caller, params);
    const { engine } = this.#options;
    const now = await engine.now();
    const call = { input, user: caller.user, ctx: caller.ctx, now, read: engine.reader, topic };
    const answer = await definition.queryHandlers[name]?.(call);
    return parseOutput(definition, name, answer);
  }

  async presence(definition: Definition, caller: Caller, params: object, fields: Fields): Promise<void> {
    const { clientId, state } = parseMember(definition, fields.clientId, fields.state);
    await this.#use(definition, caller, params, "presence", (live) =>
      live.presence.update(caller.user, clientId, state),
    );
  }

  async broadcast(definition: Definition, caller: Caller, params: object, { name, data }: Fields): Promise<void> {
    const { broadcasts, name: channel } = definition;
    const schema = typeof name === "string" && Object.hasOwn(broadcasts, name) ? broadcasts[name] : undefined;
    if (!schema || typeof name !== "string") {
      throw new ShoalError("BAD_REQUEST", `Channel "${channel}" declares no broadcast of that name.`);
    }
    const message = parse(schema, data ?? {}, `broadcast "${channel}.${name}"`) as object;
    await this.#use(definition, caller, params, "broadcast", (live) => {
      const from = toSender(caller.user);
      live.broadcast(name, message, from);
      this.#options.broker.publish(live.ref.id, { kind: "broadcast", name, data: message, from });
    });
  }

  /** @throws {ShoalError} `BAD_REQUEST` when the params do not fit the channel */
  parseParams({ name, params: schema }: Definition, params: object): object {
    return parse(schema, params, `params of "${name}"`);
  }

  /** @throws {ShoalError} `FORBIDDEN` unless it is the system that asks */
  async erase(definition: Definition, caller: Caller, params: object): Promise<void> {
    if (!caller.system) throw new ShoalError("FORBIDDEN", "Only the system may erase a topic.");
    const valid = this.parseParams(definition, params);
    await this.#options.erasure.eraseTopic(definition, refOf(definition, caller, valid));
  }

  /**
   * Ends what a user was let into: here before anything else happens, and on other nodes with their next look. It is written even if
   * nothing runs here.
   *
   * @throws {ShoalError} `BAD_REQUEST` when it makes no sense
   */
  async revoke(definition: Definition | undefined, { userId, tenant, params }: RevokeCall): Promise<void> {
    if (!definition && params !== undefined) {
      throw new ShoalError("BAD_REQUEST", "`params` name a topic of a channel. Give the `channel`, too.");
    }
    const revocation = {
      id: randomUUID(),
      userId: parseText("userId", userId),
      tenant: tenant === undefined || tenant === null ? null : parseText("tenant", tenant),
      channel: definition?.name ?? null,
      params:
        definition && params !== undefined ? topicRef("", null, this.parseParams(definition, params)).params : null,
    };
    this.#options.gate.revoke(revocation);
    await this.#options.engine.revoke(revocation);
  }

  /** A topic to read from, for who may watch it. */
  reader(definition: Definition, caller: Caller, params: object): AnyReader {
    const valid = this.parseParams(definition, params);
    const audience = audienceFor(definition, caller, valid);
    const read = <R>(run: (live: LiveTopic) => R | Promise<R>) => this.#use(definition, caller, valid, "watch", run);
    return {
      state: () => read((live) => cutState(definition, live.folded.state, audience)),
      snapshot: () => read((live) => snapshotOf(live, audience)),
      history: (options) => read((live) => readHistory(live, audience, options)),
    };
  }

  /** Holds the topic, asks whether the caller may do this to it, and then does it. Who is refused in any state loads none. */
  async #use<R>(
    definition: Definition,
    caller: Caller,
    params: object,
    action: string,
    run: (live: LiveTopic) => Promise<R> | R,
  ): Promise<R> {
    refuseStrangers(definition, caller, action);
    const allow = (live: LiveTopic): Promise<void> => authorizeTopic(live, caller, action);
    return await this.#options.engine.use(definition, refOf(definition, caller, params), allow, run, caller.hook);
  }
}

/** What leaves is what the contract declares, and nothing else that a handler found. */
function parseOutput({ name: channel, queries }: Definition, name: string, answer: unknown): unknown {
  const schema = queries[name]?.output;
  if (!schema) return answer;
  try {
    return parse(schema, answer, `answer of "${channel}.${name}"`);
  } catch (cause) {
    throw new ShoalError("INTERNAL_SERVER_ERROR", `"${channel}.${name}" answered what its contract does not.`, {
      cause,
    });
  }
}

/** Whether a position is one of the topic's, as far as this node knows. */
function isOn({ folded: { epoch, offset } }: LiveTopic, position: Position | null): boolean {
  return position !== null && position.epoch === epoch && position.offset <= offset;
}

function audienceFor(definition: Definition, { user, system }: Caller, params: object, asked?: string): AudienceName {
  return system ? null : audienceOf(definition, user, params, asked);
}

function refOf({ name }: Definition, { user, tenant }: Caller, params: object) {
  return topicRef(name, tenant ?? user?.tenant ?? null, params);
}
