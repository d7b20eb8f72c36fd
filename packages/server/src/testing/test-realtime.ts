import { type Channel, type ChannelTypes, type Duration, ShoalError, toMilliseconds } from "@shoal/contract";
import { createMemoryHub } from "../broker/memory.ts";
import type { Caller } from "../channel/access.ts";
import { type Definition, toDefinition } from "../channel/definition.ts";
import { Engine } from "../channel/engine.ts";
import { type ErasedUserReport, Erasure } from "../channel/erasure.ts";
import { WatchedHooks } from "../channel/lasting-hooks.ts";
import { Lifecycle } from "../channel/lifecycle.ts";
import type { AnyServed } from "../channel/serve-options.ts";
import { Service } from "../channel/service.ts";
import {
  type Actor,
  type ChannelFor,
  channelFor,
  handOf,
  type SystemTopicHandle,
  system,
  type TopicHandle,
  topicFor,
} from "../channel/topic-handle.ts";
import type { Logger } from "../logger.ts";
import { withDefaults } from "../realtime-options.ts";
import { Gate } from "../security/gate.ts";
import { createMemoryStore } from "../store/memory.ts";
import type { StoredEvent, StoredRevocation } from "../store.ts";
import { type TopicRef, topicRef } from "../topic-ref.ts";
import type { User } from "../user.ts";
import { Delays } from "./delays.ts";
import { TestTopic } from "./test-topic.ts";

export interface TestRealtimeOptions {
  readonly channels: readonly AnyServed[];
  /**
   * When the test begins: what `Date` takes. Time stands still but for `advance`.
   * @default "2026-01-01T00:00:00Z"
   */
  readonly now?: number | string | Date;
  /** What `ctx` is for `authorize`, `prepare` and queries. */
  readonly ctx?: unknown;
}

/** A line that the server logged. */
export interface LoggedLine {
  readonly level: "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface TestTopicOptions {
  /** Which of the channel's audiences to ask for. */
  readonly audience?: string;
}

/** A client of the test: one user on one connection, which can be cut and restored. */
export interface TestClient {
  /** The topic, watched: when it is fulfilled, the replica has its first state. Each audience is a topic of its own. */
  topic<T extends ChannelTypes>(
    channel: Channel<T>,
    params: T["params"],
    options?: TestTopicOptions,
  ): Promise<TestTopic<T>>;
  /** The channel, for commands that make a topic. */
  channel<T extends ChannelTypes>(channel: Channel<T>): ReturnType<ChannelFor<T>["as"]>;
  /** Cuts the connection: nothing arrives any more. Commands still go through, as those of another connection would. */
  cut(): void;
  /** Restores it. When it is fulfilled, everything that was missed has arrived, or a snapshot in its place. */
  restore(): Promise<void>;
}

/** The world of a test: real channels on a real store in memory, and a time that the test moves. */
export interface TestRealtime extends AsyncDisposable {
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
  /** What the server logged, faults and parked effects among it. */
  readonly logged: readonly LoggedLine[];
  /** A new client of a user, or of nobody who is signed in. */
  as(user: User | null): TestClient;
  /** A topic in the server's own hand, as the system. */
  system<T extends ChannelTypes>(channel: Channel<T>, params: T["params"], tenant?: string): SystemTopicHandle<T>;
  /** Erases a user from every topic of a tenant, or of none. */
  eraseUser(userId: string, tenant?: string): Promise<ErasedUserReport>;
  /** Moves time forward: every timer fires, every effect runs and every paced audience is told at its own instant, in order. */
  advance(duration: Duration): Promise<void>;
  /** Runs what is due now: effects that a command had. */
  settle(): Promise<void>;
  /** Every event of a topic, as the log keeps it. */
  log<T extends ChannelTypes>(
    channel: Channel<T>,
    params: T["params"],
    tenant?: string,
  ): Promise<readonly StoredEvent[]>;
}

/**
 * Serves channels for a test: the real code, on a store in memory, with clients by user and a time that stands still.
 *
 * @example
 * ```ts
 * await using w = testRealtime({ channels: [auctions] });
 * const lot = await w.as({ id: "ada" }).topic(auction, { lotId: "1" });
 * await lot.send.placeBid({ amount: 100 });
 * await w.advance("5m");
 * expect(lot.state?.status).toBe("closed");
 * ```
 */
export function testRealtime({ channels, now = "2026-01-01T00:00:00Z", ctx }: TestRealtimeOptions): TestRealtime {
  let time = new Date(now).getTime();
  const logged: LoggedLine[] = [];
  const store = createMemoryStore({ now: () => time });
  const delays = new Delays(() => time);
  const settings = withDefaults({ store, broker: createMemoryHub()(), logger: loggerTo(logged) });
  const definitions = new Map(channels.map((served) => [served.channel.name, toDefinition(served, settings.logger)]));
  const lifecycle = new Lifecycle(settings.logger);
  const gate = new Gate({
    ...settings,
    identify: () => Promise.reject(new Error("There are no connections in a test.")),
    expires: false,
    hooks: {},
    lifecycle,
  });
  const hand = (definition: Definition, ref: TopicRef) => handOf(service, definition, ref);
  const revoked = (revocation: StoredRevocation) => gate.revoke(revocation);
  const engine = new Engine({ ...settings, definitions, lifecycle, after: delays.after, revoked, hand });
  const watchedHooks = new WatchedHooks({ ...settings, lifecycle, hand });
  const erasure = new Erasure({ ...settings, engine, definitions });
  const service: Service = new Service({ ...settings, engine, erasure, gate, watchedHooks });

  const served = (name: string): Definition => {
    const definition = definitions.get(name);
    if (definition) return definition;
    throw new ShoalError("NOT_FOUND", `Channel "${name}" is not among the channels of this test.`);
  };
  const handleOf = <T extends ChannelTypes>(channel: Channel<T>, params: T["params"], who: Actor, tenant?: string) =>
    topicFor(service, served(channel.name), params, tenant).as(who) as unknown as TopicHandle<T>;
  const nextDue = async (): Promise<number> => {
    const { rows } = await store.sql.query(
      `SELECT min(due) AS due FROM (
         SELECT next_due AS due FROM topics UNION ALL SELECT due FROM effects WHERE status = 'armed') WHERE due > ?`,
      [time],
    );
    const due = (rows[0]?.due as number | null) ?? Number.POSITIVE_INFINITY;
    return Math.min(due, delays.next ?? Number.POSITIVE_INFINITY);
  };

  return {
    get now() {
      return time;
    },
    logged,
    as: (user) => createTestClient(service, served, handleOf, { user, ctx }),
    system: (channel, params, tenant) => handleOf(channel, params, system, tenant) as never,
    eraseUser: (userId, tenant = undefined) => erasure.eraseUser(userId, tenant ?? null),
    async advance(duration) {
      const end = time + toMilliseconds(duration);
      await engine.settle();
      for (let due = await nextDue(); due <= end; due = await nextDue()) {
        time = Math.max(time, due);
        await engine.settle();
        delays.run();
      }
      time = end;
    },
    settle: () => engine.settle(),
    async log({ name }, params, tenant) {
      await engine.open();
      const topic = topicRef(name, tenant ?? null, params);
      return served(name).lifts.events(topic, await store.read(topic, 1, Number.MAX_SAFE_INTEGER));
    },
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

function createTestClient(
  service: Service,
  served: (name: string) => Definition,
  handleOf: <T extends ChannelTypes>(channel: Channel<T>, params: T["params"], who: Actor) => TopicHandle<T>,
  caller: Caller,
): TestClient {
  const topics = new Map<string, TestTopic<ChannelTypes>>();
  return {
    async topic(channel, params, { audience } = {}) {
      const definition = served(channel.name);
      const id = JSON.stringify([topicRef(channel.name, null, params).id, audience]);
      const open = (lastEventId: string | undefined) =>
        service.watch(definition, caller, service.parseParams(definition, params), { lastEventId, audience });
      const known = topics.get(id) as TestTopic<never> | undefined;
      const topic = known ?? new TestTopic(channel, handleOf(channel, params, caller.user), open);
      topics.set(id, topic as never);
      await topic.watch();
      return topic as never;
    },
    channel: ({ name }) => channelFor(service, served(name), undefined).as(caller.user) as never,
    cut() {
      for (const topic of topics.values()) topic.cut();
    },
    async restore() {
      for (const topic of topics.values()) await topic.watch();
    },
  };
}

function loggerTo(lines: LoggedLine[]): Logger {
  const log = (level: LoggedLine["level"]) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as LoggedLine["fields"], message });
  };
  return { info: log("info"), warn: log("warn"), error: log("error") };
}
