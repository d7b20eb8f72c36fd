import { createHash } from "node:crypto";
import { type AnyOutcome, parse, parsePosition, ShoalError } from "@shoal/contract";
import { v7 as uuidv7 } from "uuid";
import type { Broker } from "../broker.ts";
import type { Logger } from "../logger.ts";
import type { Store } from "../store.ts";
import { topicRef } from "../topic-ref.ts";
import { toSender } from "../user.ts";
import { authorizeQuery, authorizeTopic, type Caller } from "./access.ts";
import { Commands } from "./commands.ts";
import type { AnyReader, Definition } from "./definition.ts";
import type { Attachment, FrameSink } from "./frame-sink.ts";
import { readHistory } from "./history.ts";
import type { LiveTopic } from "./live-topic.ts";
import { Topics, type TopicsOptions } from "./topics.ts";
import { Watch } from "./watch.ts";

export interface NodeOptions extends TopicsOptions {
  readonly store: Store;
  readonly broker: Broker;
  readonly logger: Logger;
  /** How many frames wait for a subscriber that does not pull, before it is resynchronised. */
  readonly queue: number;
}

/** How a subscription starts: where it was, and as which member. */
export interface WatchRequest {
  readonly lastEventId?: unknown;
  readonly presence?: unknown;
  readonly clientId?: unknown;
}

const maxIdLength = 128;

/** What a node does for callers, behind the router: each method validates, authorizes and then acts. */
export class ShoalNode {
  readonly #options: NodeOptions;
  readonly #topics: Topics;
  readonly #commands: Commands;
  #opened: Promise<void> | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#topics = new Topics(options);
    this.#commands = new Commands({
      store: options.store,
      logger: options.logger,
      publish: ({ ref }, epoch, events) => options.broker.publish(ref.id, { kind: "events", epoch, events }),
    });
  }

  /** Nothing is opened before the first use. */
  #open(): Promise<void> {
    this.#opened ??= this.#options.store.open();
    return this.#opened;
  }

  async watch(definition: Definition, caller: Caller, params: object, request: WatchRequest): Promise<Watch> {
    const position = typeof request.lastEventId === "string" ? parsePosition(request.lastEventId) : null;
    const member = this.#parseMember(definition, request);
    await this.#use(definition, caller, params, (live) => authorizeTopic(live, caller, "watch"));
    const ref = topicRef(definition.name, caller.user?.tenant ?? null, params);
    const open = async (sink: FrameSink): Promise<Attachment> => {
      const hold = this.#topics.hold(definition, ref);
      try {
        const live = await hold.live;
        const leave = member && live.presence.join(caller.user, member.clientId, member.state);
        const unsubscribe = await live.join(sink, position);
        const detach = (): void => {
          unsubscribe();
          leave?.();
          hold.done();
        };
        return { detach, resync: () => live.resync(sink) };
      } catch (error) {
        hold.done();
        throw error;
      }
    };
    return new Watch(open, this.#options.queue);
  }

  async command(
    definition: Definition,
    caller: Caller,
    params: object,
    name: string,
    fields: object,
    id: unknown,
  ): Promise<AnyOutcome> {
    const commandId = parseCommandId(id);
    const schema = definition.commands[name]?.input;
    const input = schema ? (parse(schema, fields, `input of "${definition.name}.${name}"`) as object) : {};
    return await this.#use(definition, caller, params, async (live) => {
      await authorizeTopic(live, caller, name);
      return await this.#commands.submit(live, { name, input, user: caller.user, commandId }, digest(name, fields));
    });
  }

  async query(definition: Definition, caller: Caller, name: string, raw: unknown): Promise<unknown> {
    const { input: inputSchema } = definition.queries[name] ?? {};
    const what = `"${definition.name}.${name}"`;
    const input = inputSchema ? parse(inputSchema, raw, `input of ${what}`) : {};
    await authorizeQuery(definition, caller, name, input);
    const topic = (params: object): AnyReader => this.#reader(definition, caller, params);
    return await definition.queryHandlers[name]?.({ input, user: caller.user, ctx: caller.ctx, topic });
  }

  async presence(
    definition: Definition,
    caller: Caller,
    params: object,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const member = this.#parseMember(definition, { clientId: fields.clientId, presence: fields.state });
    if (!member)
      throw new ShoalError("BAD_REQUEST", `Invalid input of "${definition.name}.presence": state is missing.`);
    await this.#use(definition, caller, params, async (live) => {
      await authorizeTopic(live, caller, "presence");
      live.presence.update(caller.user, member.clientId, member.state);
    });
  }

  async broadcast(
    definition: Definition,
    caller: Caller,
    params: object,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { name, data } = fields;
    const schema =
      typeof name === "string" && Object.hasOwn(definition.broadcasts, name) ? definition.broadcasts[name] : undefined;
    if (!schema)
      throw new ShoalError("BAD_REQUEST", `Channel "${definition.name}" declares no broadcast "${String(name)}".`);
    const message = parse(schema, data ?? {}, `broadcast "${definition.name}.${String(name)}"`) as object;
    await this.#use(definition, caller, params, async (live) => {
      await authorizeTopic(live, caller, "broadcast");
      const from = toSender(caller.user);
      live.broadcast(String(name), message, from);
      this.#options.broker.publish(live.ref.id, { kind: "broadcast", name: String(name), data: message, from });
    });
  }

  /** Ends what is under way and closes what was opened. */
  async close(): Promise<void> {
    await this.#commands.idle();
    await this.#topics.close();
    await this.#options.broker.close();
    if (this.#opened) await this.#options.store.close();
  }

  #reader(definition: Definition, caller: Caller, params: object): AnyReader {
    const valid = parse(definition.params, params, `params of "${definition.name}"`);
    const read = <R>(run: (live: LiveTopic) => Promise<R> | R): Promise<R> =>
      this.#use(definition, caller, valid, async (live) => {
        await authorizeTopic(live, caller, "watch");
        return await run(live);
      });
    return {
      state: () => read((live) => live.folded.state),
      history: (options) => read((live) => readHistory(this.#options.store, live, options)),
    };
  }

  async #use<R>(
    definition: Definition,
    caller: Caller,
    params: object,
    run: (live: LiveTopic) => Promise<R> | R,
  ): Promise<R> {
    await this.#open();
    return await this.#topics.use(definition, topicRef(definition.name, caller.user?.tenant ?? null, params), run);
  }

  #parseMember(
    { name, presence }: Definition,
    request: WatchRequest,
  ): { clientId: string; state: unknown } | undefined {
    if (request.presence === undefined) return undefined;
    if (!presence) throw new ShoalError("BAD_REQUEST", `Channel "${name}" declares no presence.`);
    const { clientId } = request;
    if (typeof clientId !== "string" || clientId.length < 1 || clientId.length > maxIdLength) {
      throw new ShoalError("BAD_REQUEST", `Presence on "${name}" needs a clientId of 1 to ${maxIdLength} characters.`);
    }
    return { clientId, state: parse(presence, request.presence, `presence of "${name}"`) };
  }
}

function parseCommandId(id: unknown): string {
  if (id === undefined || id === null) return uuidv7();
  if (typeof id === "string" && id.length >= 1 && id.length <= maxIdLength) return id;
  throw new ShoalError("BAD_REQUEST", `commandId must be a string of 1 to ${maxIdLength} characters.`);
}

/** The same for the same command with the same fields, in whatever order they came. */
function digest(name: string, fields: object): string {
  return createHash("sha256")
    .update(JSON.stringify([name, fields], sortKeys))
    .digest("base64url");
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
