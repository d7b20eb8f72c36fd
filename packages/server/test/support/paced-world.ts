import type { Channel } from "@shoal/contract";
import { type Actor, createMemoryHub, createMemoryStore, system, type TopicHandle, type User } from "@shoal/server";
import { type Definition, toDefinition } from "../../src/channel/definition.ts";
import { Engine } from "../../src/channel/engine.ts";
import { Erasure } from "../../src/channel/erasure.ts";
import { WatchedHooks } from "../../src/channel/lasting-hooks.ts";
import { Lifecycle } from "../../src/channel/lifecycle.ts";
import type { AnyServed } from "../../src/channel/serve-options.ts";
import { Service } from "../../src/channel/service.ts";
import { handOf, topicFor } from "../../src/channel/topic-handle.ts";
import type { Watch } from "../../src/channel/watch.ts";
import { withDefaults } from "../../src/realtime-options.ts";
import { Gate } from "../../src/security/gate.ts";
import { Delays } from "../../src/testing/delays.ts";
import { TestTopic } from "../../src/testing/test-topic.ts";
import type { TopicRef } from "../../src/topic-ref.ts";
import { type Gauges, gauges } from "./gauges.ts";
import { Logged } from "./logged.ts";

export interface PacedWatch {
  readonly user?: User;
  readonly audience?: string | undefined;
  readonly lastEventId?: string | undefined;
}

/** Gauges on one node, with a time of their own: nothing waits, and a test moves it. */
export class PacedWorld {
  readonly delays = new Delays(() => this.now);
  readonly logged = new Logged();
  readonly store = createMemoryStore();
  readonly definition;
  readonly service: Service;
  now = 0;
  readonly #engine: Engine;

  constructor(served: AnyServed, { ring = 1_000 }: { readonly ring?: number } = {}) {
    const { store, delays } = this;
    const settings = withDefaults({ store, broker: createMemoryHub()(), logger: this.logged.logger, ring });
    const definition = toDefinition(served, settings.logger);
    const definitions = new Map([[definition.name, definition]]);
    const lifecycle = new Lifecycle(settings.logger);
    const identify = () => Promise.reject(new Error("There are no connections here."));
    const gate = new Gate({ ...settings, identify, expires: false, hooks: {}, lifecycle });
    const hand = (of: Definition, ref: TopicRef) => handOf(this.service, of, ref);
    this.definition = definition;
    this.#engine = new Engine({
      ...settings,
      definitions,
      lifecycle,
      after: delays.after,
      revoked: () => {},
      hand,
    });
    this.service = new Service({
      ...settings,
      engine: this.#engine,
      gate,
      watchedHooks: new WatchedHooks({ ...settings, lifecycle, hand }),
      erasure: new Erasure({ ...settings, engine: this.#engine, definitions }),
    });
  }

  get send(): TopicHandle<Gauges>["send"] {
    return this.as(system).send;
  }

  as(who: Actor): TopicHandle<Gauges> {
    return topicFor(this.service, this.definition, {}, undefined).as(who) as unknown as TopicHandle<Gauges>;
  }

  add(by: number, name = "a") {
    return this.send.add({ name, by });
  }

  async erase(): Promise<void> {
    await this.service.erase(this.definition, { user: null, ctx: undefined, system: true }, {});
  }

  async cheer(): Promise<void> {
    const caller = { user: { id: "fan" }, ctx: undefined };
    await this.service.broadcast(this.definition, caller, {}, { name: "cheer", data: {} });
  }

  watch({ user = { id: "ann" }, ...fields }: PacedWatch = {}): Promise<Watch> {
    return this.service.watch(this.definition, { user, ctx: undefined }, {}, fields);
  }

  /** One who watches as a client of the audience does, and fails the test when a frame breaks the rules. */
  async topic(audience?: string, user: User = { id: "ann" }): Promise<TestTopic<Gauges>> {
    const open = (lastEventId: string | undefined) => this.watch({ user, audience, lastEventId });
    const topic = new TestTopic<Gauges>(gauges as Channel<Gauges>, this.as(user), open);
    await topic.watch();
    return topic;
  }

  /** Moves time forward; what is due on the way happens at its own instant. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let { next } = this.delays; next !== undefined && next <= end; { next } = this.delays) {
      this.now = next;
      this.delays.run();
    }
    this.now = end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close();
  }
}
