import assert from "node:assert/strict";
import { type Frame, formatPosition, type Position } from "@shoal/contract";
import { createMemoryHub, createMemoryStore, type StoredEvent, serveChannel, topicRef } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type App, createApp } from "../support/app.ts";
import { shared } from "../support/nodes.ts";
import { Reader } from "../support/reader.ts";
import { eventually, inTime } from "../support/recorder.ts";
import {
  forNobody,
  forStaff,
  type Relay,
  type RelayAudience,
  relay,
  relays,
  relayView,
  tallies,
  tally,
} from "../support/relay.ts";
import { tries } from "../support/seed.ts";
import { witness } from "../support/witness.ts";

const relayIds = ["a", "b"] as const;
type RelayId = (typeof relayIds)[number];

/** What can happen next. `plan` names a timer by `n`, and one that is planned again is moved. */
type Step =
  | { readonly do: "level"; readonly node: number; readonly relayId: RelayId; readonly level: number }
  | { readonly do: "plan"; readonly node: number; readonly relayId: RelayId; readonly n: number; readonly inMs: number }
  | {
      readonly do: "join";
      readonly node: number;
      readonly who: number;
      readonly as: RelayAudience;
      readonly fresh: boolean;
    }
  | { readonly do: "pull"; readonly who: number; readonly most: number }
  | { readonly do: "restart"; readonly node: number }
  | { readonly do: "settle" };

const node = fc.nat(1);
const who = fc.nat(2);
const relayId = fc.constantFrom(...relayIds);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("level"), node, relayId, level: fc.nat(99) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("plan"),
      node,
      relayId,
      n: fc.nat(3),
      inMs: fc.integer({ min: -5, max: 15 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("join"),
      node,
      who,
      as: fc.constantFrom("staff", "public"),
      fresh: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("pull"), who, most: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart"), node }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("settle") }) },
) as fc.Arbitrary<Step>;

/** One who watches the relay "a", now as one audience and now as another, and applies what comes by the contract alone. */
class Follower {
  position: Position | null = null;
  readonly seen: { readonly offset: number; readonly audience: RelayAudience; readonly state: Relay["state"] }[] = [];
  readonly frames: { readonly audience: RelayAudience; readonly text: string }[] = [];
  reader: Reader | undefined;
  #audience: RelayAudience = "public";
  #given: Position | null = null;
  #opening = true;
  #state: Relay["state"] | undefined;

  open(audience: RelayAudience, given: Position | null, reader: Reader): void {
    this.#audience = audience;
    this.#given = given;
    this.#opening = true;
    this.reader = reader;
  }

  receive(position: Position, frame: Frame<Relay>): void {
    this.frames.push({ audience: this.#audience, text: JSON.stringify(frame) });
    assert.equal(position.audience, this.#audience, "a frame was cut for another audience");
    if (this.#opening) this.#checkOpening(frame);
    this.#opening = false;
    if (frame.kind === "snapshot") this.#state = frame.state;
    if (frame.kind === "events") {
      assert.equal(frame.from, (this.position?.offset ?? 0) + 1, "events do not follow one another");
      for (const { type, data } of frame.events) {
        this.#state = relay.apply[type](this.#state as Relay["state"], data as never);
      }
    }
    this.position = position;
    if (frame.kind === "resumed") return;
    this.seen.push({ offset: position.offset, audience: this.#audience, state: this.#state as Relay["state"] });
  }

  #checkOpening(frame: Frame<Relay>): void {
    if (frame.kind === "snapshot") {
      const changed = this.#given !== null && this.#given.audience !== this.#audience;
      const reasons = changed ? ["audience"] : this.#given ? ["expired", "overflow"] : ["initial", "overflow"];
      assert(reasons.includes(frame.reason), `a snapshot says "${frame.reason}"`);
    } else {
      assert.equal(frame.kind, "resumed", `a subscription opens with a ${frame.kind} frame`);
      assert.equal(this.#given?.audience, this.#audience, "one whose audience changed was resumed");
    }
  }
}

/** Two nodes on one store, and three who follow one relay. */
class World {
  readonly #witness = witness(createMemoryStore());
  readonly #hub = createMemoryHub();
  readonly #nodes: App[];
  readonly #followers = [new Follower(), new Follower(), new Follower()];
  readonly #commands: Promise<unknown>[] = [];

  private constructor() {
    this.#nodes = [this.#start(), this.#start()];
  }

  static async create(): Promise<World> {
    const world = new World();
    await Promise.all(world.#nodes.map(({ realtime }) => realtime.open()));
    return world;
  }

  async take(given: Step): Promise<void> {
    switch (given.do) {
      case "level":
        this.#send(given.node, given.relayId, (send) => send.level({ level: given.level }));
        return;
      case "plan":
        this.#send(given.node, given.relayId, (send) => send.plan({ n: given.n, inMs: given.inMs }));
        return;
      case "join":
        return await this.#join(given);
      case "pull":
        return await this.#pull(given.who, given.most);
      case "restart":
        return await this.#restart(given.node);
      case "settle":
        await Promise.all(this.#commands);
    }
  }

  /** All that is due has come, everybody reads to the end, and then everything has to be as the log says. */
  async finish(): Promise<void> {
    await Promise.all(this.#commands);
    const { store } = this.#witness;
    const pending = () => relayIds.some((id) => stateOf(this.#logOf(id)).planned.length > 0);
    await eventually(
      async () => !pending() && (await store.look(null)).effects.length === 0,
      "all that is due has come",
    );
    for (const follower of this.#followers) await this.#readOn(follower);
    for (const id of relayIds) expectTimersRang(this.#logOf(id));
    this.#expectEffects();
    for (const follower of this.#followers) this.#expectCut(follower);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reader } of this.#followers) await reader?.end();
    for (const { realtime } of this.#nodes) await realtime.close();
    await this.#witness.store.close();
  }

  #logOf(id: RelayId): readonly StoredEvent[] {
    return this.#witness.logOf(topicRef("relay", null, { relayId: id }).id);
  }

  /** Each effect came once, and those of one relay in the order of its events. */
  #expectEffects(): void {
    const counted = this.#witness.logOf(topicRef("tally", null, {}).id).map(({ data }) => data as { source: string });
    for (const source of relayIds) {
      const due = this.#logOf(source)
        .filter(({ type }) => type !== "planned")
        .flatMap(({ offset }) => [0, 1].map((index) => ({ source, offset, index })));
      expect(counted.filter((one) => one.source === source)).toEqual(due);
    }
  }

  /** At each offset a follower had what its audience may see of the state there, and no frame held anything else. */
  #expectCut({ seen, frames }: Follower): void {
    const log = this.#logOf("a");
    for (const { offset, audience, state } of seen) {
      const cut = relayView.state(stateOf(log.slice(0, offset)), audience);
      expect({ offset, audience, state }).toEqual({ offset, audience, state: cut });
    }
    for (const { audience, text } of frames) {
      expect(text).not.toContain(forNobody);
      if (audience === "public") expect(text).not.toContain(forStaff);
    }
  }

  #start(): App {
    const store = shared(this.#witness.store);
    const more = [relays, tallies];
    return createApp({ more, store, broker: this.#hub(), lookMs: 5, queue: 2, maxReplay: 6, snapshotEvery: 7 });
  }

  #send(index: number, relayId: RelayId, run: (send: SendOf) => Promise<unknown>): void {
    const { realtime } = this.#node(index);
    this.#commands.push(run(realtime.topic(relay, { relayId }).as({ id: "ann" }).send));
  }

  async #restart(index: number): Promise<void> {
    await Promise.all(this.#commands);
    await this.#node(index).realtime.close();
    this.#nodes[index] = this.#start();
    await this.#node(index).realtime.open();
  }

  async #join({ node: index, who: whose, as, fresh }: Extract<Step, { do: "join" }>): Promise<void> {
    const follower = this.#follower(whose);
    await follower.reader?.end();
    const given = fresh ? null : follower.position;
    const { router } = this.#node(index);
    const caller = router.createCaller({ user: { id: `${as}-${whose}` } }).realtime as unknown as RelayCaller;
    const input = { relayId: "a", ...(given && { lastEventId: formatPosition(given) }) };
    follower.open(as, given, new Reader(await caller.relay.watch(input)));
    void follower.reader?.ask();
  }

  async #pull(index: number, most: number): Promise<void> {
    const follower = this.#follower(index);
    for (let count = 0; count < most; count += 1) {
      const received = await follower.reader?.nextIfAny().catch(() => undefined);
      if (!received) return;
      follower.receive(received.position, received.frame as never);
    }
  }

  /** One whose node was restarted comes back on the other one. */
  async #readOn(follower: Follower): Promise<void> {
    const whose = this.#followers.indexOf(follower);
    const end = this.#logOf("a").length;
    const as = follower.position?.audience === "staff" ? "staff" : "public";
    await this.#join({ do: "join", node: 0, who: whose, as, fresh: false });
    do {
      const received = await inTime(follower.reader?.next() ?? Promise.resolve(undefined), "the rest");
      if (!received) throw new Error("The subscription ended");
      follower.receive(received.position, received.frame as never);
    } while (follower.position?.offset !== end);
  }

  #node(index: number): App {
    return this.#nodes[index] as App;
  }

  #follower(index: number): Follower {
    return this.#followers[index] as Follower;
  }
}

interface SendOf {
  level(input: { level: number }): Promise<unknown>;
  plan(input: { n: number; inMs: number }): Promise<unknown>;
}

interface RelayCaller {
  readonly relay: { watch(input: object): Promise<AsyncIterable<unknown>> };
}

function stateOf(log: readonly StoredEvent[]): Relay["state"] {
  return log.reduce<Relay["state"]>(
    (state, { type, data }) => relay.apply[type as keyof Relay["events"]](state, data as never),
    relay.initial({ relayId: "a" }),
  );
}

/** Each timer that was planned and not moved rang once, and none before its time. */
function expectTimersRang(log: readonly StoredEvent[]): void {
  const planned = new Map<number, number>();
  for (const { type, data, at } of log) {
    if (type === "planned") {
      const plan = data as { n: number; at: number };
      planned.set(plan.n, plan.at);
    }
    if (type !== "rang") continue;
    const { n } = data as { n: number };
    expect(planned.get(n)).toBeLessThanOrEqual(at);
    planned.delete(n);
  }
  expect([...planned]).toEqual([]);
}

describe("Whatever happens on two nodes", () => {
  test("each audience has its own cut and no more, timers ring once and in time, and effects come once and in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        await using world = await World.create();
        for (const one of steps) await world.take(one);
        await world.finish();
      }),
      { ...tries(60), endOnFailure: true },
    );
  }, 120_000);
});

describe("The effects of a topic", () => {
  test("wait for one of them that has to be tried again, those of later events too", async () => {
    let broken = true;
    const fragile = serveChannel(tally, {
      commands: {
        count({ input, emit }) {
          if (broken) throw new Error("not now");
          emit("counted", input);
        },
      },
    });
    await using w = testRealtime({ channels: [relays, fragile] });
    const { send } = await w.as({ id: "ann" }).topic(relay, { relayId: "a" });
    await send.level({ level: 1 });
    await w.settle();
    broken = false;
    await send.level({ level: 2 });
    await w.settle();
    expect(await w.log(tally, {})).toEqual([]);
    await w.advance("2s");
    const came = (await w.log(tally, {})).map(({ data }) => data as { offset: number; index: number });
    expect(came.map(({ offset, index }) => [offset, index])).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
  });
});
