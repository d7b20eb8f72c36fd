import { formatPosition, type Position } from "@shoal/contract";
import { type Broker, createMemoryHub, createMemoryStore, system } from "@shoal/server";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { type App, createApp } from "../support/app.ts";
import { type Counter, counter } from "../support/counter.ts";
import { shared } from "../support/nodes.ts";
import { Reader } from "../support/reader.ts";
import { eventually, inTime, turn } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { type Allows, Subscriber } from "../support/subscriber.ts";
import { witness } from "../support/witness.ts";

const home = { counterId: "home" };
const homeId = topicRef("counter", null, home).id;

/** How long anybody waits for what is missing, in milliseconds: short, since a failure is tried again to make it small. */
const patience = 1_000;

/** What a place in the log may be called by who was never there. */
const claims = ["fresh", "own", "ahead", "otherTopic", "otherAudience"] as const;
type Claim = (typeof claims)[number];

interface Setting {
  readonly ring: number;
  readonly maxReplay: number;
  readonly queue: number;
  readonly snapshotEvery: number;
  readonly keep: number | undefined;
  readonly idleMs: number;
}

type Step =
  | { readonly do: "add"; readonly node: number; readonly times: number }
  | { readonly do: "clear"; readonly node: number }
  | { readonly do: "refuse"; readonly node: number }
  | { readonly do: "join"; readonly who: number; readonly node: number; readonly claim: Claim; readonly shown: boolean }
  | { readonly do: "pull"; readonly who: number; readonly most: number }
  | { readonly do: "drop"; readonly who: number }
  | { readonly do: "cheer"; readonly node: number }
  | { readonly do: "lose"; readonly node: number; readonly loses: boolean }
  | { readonly do: "sweep" }
  | { readonly do: "newEpoch" }
  | { readonly do: "restart"; readonly node: number }
  | { readonly do: "turn" }
  | { readonly do: "settle" };

const small = (...values: number[]) => fc.constantFrom(...values);

const setting: fc.Arbitrary<Setting> = fc.record({
  ring: small(0, 1, 2, 3, 1_000),
  maxReplay: small(0, 1, 2, 4, 1_000),
  queue: small(1, 2, 3, 5, 1_000),
  snapshotEvery: small(1, 2, 3, 500),
  keep: fc.constantFrom(undefined, undefined, 0, 1, 3),
  idleMs: small(0, 30_000),
});

const node = fc.nat(1);
const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("add"), node, times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear"), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse"), node }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("join"),
      who,
      node,
      claim: fc.constantFrom("own", "own", "own", "own", ...claims),
      shown: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pull"), who, most: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("drop"), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cheer"), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose"), node, loses: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sweep") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("newEpoch") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart"), node }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("turn") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("settle") }) },
) as fc.Arbitrary<Step>;

/** Two nodes on one store and one hub, and three subscribers who come, go and read as they like. */
class World implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #witness = witness(createMemoryStore());
  readonly #hub = createMemoryHub();
  readonly #apps: App[];
  readonly #losing = [false, false];
  readonly #commands: Promise<unknown>[] = [];
  readonly #subscribers: readonly Subscriber[];
  readonly #readers: (Reader | undefined)[] = [undefined, undefined, undefined];
  readonly #places: number[] = [0, 0, 0];
  readonly #shown: boolean[] = [false, false, false];

  private constructor(given: Setting) {
    this.#setting = given;
    this.#apps = [this.#start(0), this.#start(1)];
    this.#subscribers = [0, 1, 2].map(() => new Subscriber(this.#allows));
  }

  static async create(given: Setting): Promise<World> {
    const world = new World(given);
    await world.#witness.store.open();
    return world;
  }

  async take(given: Step): Promise<void> {
    switch (given.do) {
      case "add":
        return this.#send(
          this.#app(given.node)
            .as("writer")
            .counter.add({ ...home, by: 1, times: given.times }),
        );
      case "refuse":
        return this.#send(
          this.#app(given.node)
            .as("writer")
            .counter.add({ ...home, by: 5_000 }),
        );
      case "clear":
        return this.#send(this.#app(given.node).realtime.topic(counter, home).as(system).send.clear());
      case "cheer":
        return this.#send(
          this.#app(given.node)
            .as("writer")
            .counter.broadcast({ ...home, name: "wave", data: {} }),
        );
      case "join":
        return await this.#join(given.who, given.node, given.claim, given.shown);
      case "pull":
        return await this.#pull(given.who, given.most);
      case "drop":
        return await this.#drop(given.who);
      case "lose":
        this.#losing[given.node] = given.loses;
        return;
      case "sweep":
        return await this.#app(0).realtime.sweep();
      case "newEpoch":
        await this.#witness.store.newEpoch();
        // Nodes learn of it with what is written next.
        return this.#send(
          this.#app(0)
            .as("writer")
            .counter.add({ ...home, by: 1 }),
        );
      case "restart":
        return await this.#restart(given.node);
      case "turn":
        return await turn();
      case "settle":
        await Promise.all(this.#commands);
    }
  }

  /** Everybody reads to the end, and then everything has to agree. */
  async finish(): Promise<void> {
    this.#losing.fill(false);
    await Promise.all(this.#commands);
    const states = this.#states();
    const head = await this.#witness.store.head(topicRef("counter", null, home));
    expect(head.offset).toBe(states.length - 1);
    for (const [index, reader] of this.#readers.entries()) {
      const subscriber = this.#subscribers[index];
      while (reader && subscriber && !isAt(subscriber.position, head)) await this.#receive(index);
    }
    for (const { history } of this.#subscribers) {
      for (const { offset, state } of history) expect({ offset, state }).toEqual({ offset, state: states[offset] });
    }
    for (const { realtime } of this.#apps) {
      const topic = realtime.topic(counter, home).as(system);
      await eventually(
        async () => (await topic.state()).added.length === states.at(-1)?.added.length,
        "a node caught up",
        patience,
      );
      expect(await topic.state()).toEqual(states.at(-1));
    }
    await this.#meetAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) await reader?.end();
    for (const app of this.#apps) await app[Symbol.asyncDispose]();
  }

  /** Each subscriber knows in the end who else is there on its node. */
  async #meetAll(): Promise<void> {
    for (const [index, reader] of this.#readers.entries()) {
      const place = this.#places[index];
      const here = this.#readers.flatMap((other, at) =>
        other && this.#shown[at] && this.#places[at] === place ? [`user-${at}`] : [],
      );
      const members = this.#subscribers[index]?.members ?? new Set();
      const agree = () => here.length === members.size && here.every((id) => members.has(id));
      while (reader && !agree()) await this.#receive(index);
    }
  }

  #send(command: Promise<unknown>): void {
    this.#commands.push(command);
  }

  #start(place: number): App {
    const { keep, ...options } = this.#setting;
    return createApp({
      ...options,
      ...(keep !== undefined && { retention: { events: keep } }),
      // The store outlives the nodes.
      store: shared(this.#witness.store),
      broker: this.#lossy(this.#hub(), place),
      lookMs: 5,
    });
  }

  async #restart(place: number): Promise<void> {
    for (const [index, at] of this.#places.entries()) if (at === place) await this.#drop(index);
    await Promise.all(this.#commands);
    await this.#apps[place]?.realtime.close();
    this.#apps[place] = this.#start(place);
  }

  async #join(index: number, place: number, claim: Claim, shown: boolean): Promise<void> {
    await this.#drop(index);
    const subscriber = this.#subscriber(index);
    const given = await this.#claimed(subscriber, claim);
    subscriber.open(given);
    const watch = await this.#app(place)
      .as(`user-${index}`)
      .counter.watch({
        ...home,
        ...(given && { lastEventId: formatPosition(given) }),
        ...(shown && { presence: { typing: false }, clientId: `client-${index}` }),
      });
    this.#places[index] = place;
    this.#shown[index] = shown;
    this.#readers[index] = new Reader(watch);
    void this.#readers[index]?.ask();
  }

  async #claimed({ position }: Subscriber, claim: Claim): Promise<Position | null> {
    if (!position || claim === "fresh") return null;
    if (claim === "ahead") return { ...position, offset: position.offset + 1_000 };
    if (claim === "otherAudience") return { ...position, audience: "insiders" };
    if (claim === "own") return position;
    const { epoch } = await this.#witness.store.head(topicRef("counter", null, { counterId: "elsewhere" }));
    return { ...position, epoch };
  }

  async #drop(index: number): Promise<void> {
    await this.#readers[index]?.end();
    this.#readers[index] = undefined;
    this.#shown[index] = false;
  }

  /** Takes what is there, and does not wait for more. */
  async #pull(index: number, most: number): Promise<void> {
    for (let count = 0; count < most; count += 1) {
      const received = await this.#readers[index]?.nextIfAny();
      if (!received) return;
      this.#subscriber(index).receive(received);
    }
  }

  async #receive(index: number): Promise<void> {
    const next = this.#readers[index]?.next() ?? Promise.reject(new Error("Nobody reads"));
    const received = await inTime(
      next,
      `what subscriber ${index} misses: ${JSON.stringify(this.#subscribers[index])}`,
      patience,
    );
    if (!received) throw new Error("The subscription ended");
    this.#subscriber(index).receive(received);
  }

  readonly #allows: Allows = (reason, at, from) => {
    const { queue, maxReplay, keep } = this.#setting;
    switch (reason) {
      case "initial":
        return from === null;
      case "expired":
        return from?.epoch === at.epoch && (at.offset - from.offset > maxReplay || keep !== undefined);
      case "epoch":
        return from !== null && from.epoch !== at.epoch;
      case "ahead":
        return from !== null && from.offset > at.offset;
      case "audience":
        return from?.audience === "insiders";
      case "overflow":
        return queue < 1_000;
    }
  };

  /** The state at each offset, by the contract alone. */
  #states(): Counter["state"][] {
    const states = [counter.initial(home)];
    for (const { type, data } of this.#witness.logOf(homeId)) {
      const last = states.at(-1) ?? counter.initial(home);
      states.push(
        type === "added" ? counter.apply.added(last, data as { by: number }) : counter.apply.cleared(last, {}),
      );
    }
    return states;
  }

  #lossy(broker: Broker, index: number): Broker {
    return {
      ...broker,
      publish: (topicId, message) => {
        if (!this.#losing[index]) broker.publish(topicId, message);
      },
    };
  }

  #app(index: number): App {
    return this.#apps[index] as App;
  }

  #subscriber(index: number): Subscriber {
    return this.#subscribers[index] as Subscriber;
  }
}

function isAt(
  position: Position | null,
  { epoch, offset }: { readonly epoch: string; readonly offset: number },
): boolean {
  return position?.epoch === epoch && position.offset === offset;
}

describe("Whatever happens, each subscriber", () => {
  test("applies each event once and in order, or is told why it starts anew, and ends where the server is", async () => {
    await fc.assert(
      fc.asyncProperty(setting, fc.array(step, { maxLength: 80, size: "max" }), async (given, steps) => {
        await using world = await World.create(given);
        for (const one of steps) await world.take(one);
        await world.finish();
      }),
      tries(150),
    );
  }, 300_000);
});
