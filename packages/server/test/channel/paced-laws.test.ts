import assert from "node:assert/strict";
import type { Frame } from "@shoal/contract";
import { attach, type SharedFrame, system } from "@shoal/server";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Room } from "../../src/channel/room.ts";
import type { Watch } from "../../src/channel/watch.ts";
import { WireMeters } from "../../src/observe/wire-meters.ts";
import { PushedFrames } from "../../src/transport/pushed-frames.ts";
import type { Waiter } from "../../src/transport/waiter.ts";
import { type Gauges, gauges, pace, pacedGauges, viewedGauges } from "../support/gauges.ts";
import { PacedWorld } from "../support/paced-world.ts";
import { turn } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";

type State = Gauges["state"];

/** A way to serve the gauges: who may watch them, how often, and what they may see. */
interface Serving {
  readonly served: typeof pacedGauges | typeof viewedGauges;
  readonly audiences: readonly string[];
  readonly pace: Readonly<Record<string, number>>;
  readonly cut: (state: State, audience: string) => State;
}

const servings: Readonly<Record<string, Serving>> = {
  "that see the same": {
    served: pacedGauges,
    audiences: ["live", "calm", "background", "prompt"],
    pace,
    cut: (state) => state,
  },
  "that may not all see the same": {
    served: viewedGauges,
    audiences: ["staff", "public"],
    pace: { public: 100 },
    cut: (state, audience) => (audience === "staff" ? state : { ...state, notes: {} }),
  },
};

const names = ["a", "b"] as const;

type Step =
  | { readonly do: "add"; readonly name: string; readonly by: number }
  | { readonly do: "note" | "forget" | "cheer" | "erase" }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "join"; readonly who: number; readonly as: number; readonly fresh: boolean }
  | { readonly do: "leave" | "block" | "unblock"; readonly who: number };

const who = fc.nat(3);
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("add"), name: fc.constantFrom(...names), by: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("note", "forget", "cheer") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("erase") }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("advance"), ms: fc.constantFrom(1, 40, 100, 350, 1_000, 70_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("join"), who, as: fc.nat(3), fresh: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("leave", "block", "unblock"), who }) },
) as fc.Arbitrary<Step>;

/** A connection that takes nothing while it is blocked, and then what waits. */
class Writer {
  blocked = false;
  readonly #waiters = new Set<Waiter>();

  wait(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  unblock(): void {
    this.blocked = false;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.proceed();
  }
}

/** A subscription as Shoal's transports hold one, which trusts no frame that it is sent. */
class Client extends PushedFrames {
  readonly audience: string;
  readonly #given: string | undefined;
  readonly #world: World;
  readonly #writer: Writer;
  position: string | undefined;
  state: State | undefined;
  offset = -1;
  opened = false;
  /** Whether its opening is over. */
  begun = false;
  /** When it was sent events by a beat, since it last was blocked. */
  readonly beats: number[] = [];

  constructor(
    world: World,
    watch: Watch,
    audience: string,
    given: { position: string; state: State; offset: number } | undefined,
  ) {
    const writer = new Writer();
    super({ writer, queue: 3, room: new Room(400), wire: new WireMeters() }, watch);
    this.#world = world;
    this.#writer = writer;
    this.audience = audience;
    this.#given = given?.position;
    this.state = given?.state;
    this.offset = given?.offset ?? -1;
  }

  override push(frame: SharedFrame): void {
    this.#world.try(() => this.begun && this.#world.made(this, frame));
    super.push(frame);
  }

  get where() {
    return { position: this.position, ended: this.ended, waits: this.waits };
  }

  block(): void {
    this.#writer.blocked = true;
    this.beats.length = 0;
  }

  unblock(): void {
    this.#writer.unblock();
    this.beats.length = 0;
  }

  leave(): void {
    this.end();
  }

  protected override send(frame: SharedFrame): void {
    this.#world.try(() => this.#receive(frame));
  }

  #receive({ id, frame: sent }: SharedFrame): void {
    const frame = sent as Frame<Gauges>;
    if (!this.opened)
      assert(frame.kind === "snapshot" || (frame.kind === "resumed" && this.#given), `opens with ${frame.kind}`);
    this.opened = true;
    if (frame.kind === "snapshot") {
      this.state = frame.state;
      this.offset = frame.offset;
    }
    if (frame.kind === "events") {
      assert.equal(frame.from, this.offset + 1, "events do not follow one another");
      for (const { type, data } of frame.events) this.state = gauges.apply[type](this.state as State, data as never);
      this.offset = frame.to;
    }
    const [, offset, audience] = id.split(":");
    assert.equal(audience, this.audience, "a frame is of another audience");
    assert.equal(Number(offset), this.offset, `a ${frame.kind} frame has another position than its receiver`);
    this.position = id;
    this.#world.check(this);
  }

  protected override failed(error: Error): void {
    this.#world.try(() => assert.fail(error));
  }
}

/** Gauges, four who watch them, and one who sees everything at once, by whom the others are judged. */
class World extends PacedWorld {
  readonly #clients: (Client | undefined)[] = [];
  readonly #gone: (Client | undefined)[] = [];
  /** The state at each end of a commit, by position. */
  readonly #states = new Map<string, string>();
  readonly #made = new Map<string, Set<object>>();
  readonly #notes: string[] = [];
  #state: State | undefined;
  #head = "";
  #broken: Error | undefined;
  #step = 0;
  /** Whether something is under way that sends what is held before its time. */
  #forced = false;

  readonly #serving: Serving;

  constructor(serving: Serving) {
    super(serving.served, { ring: 12 });
    this.#serving = serving;
  }

  /** What breaks a law where frames are pushed is told after the step: there it would be taken for a fault of the subscriber's. */
  try(run: () => unknown): void {
    try {
      run();
    } catch (error) {
      this.#broken ??= error as Error;
    }
  }

  async begin(): Promise<void> {
    const watch = await this.service.watch(this.definition, { user: null, ctx: undefined, system: true }, {}, {});
    await watch[attach]({ push: (frame) => this.#record(frame), fail: () => {} });
  }

  #record({ id, frame: sent }: SharedFrame): void {
    const frame = sent as Frame<Gauges>;
    if (frame.kind === "snapshot") this.#state = frame.state;
    if (frame.kind === "events") {
      for (const { type, data } of frame.events) this.#state = gauges.apply[type](this.#state as State, data as never);
    }
    this.#head = id.slice(0, id.lastIndexOf(":"));
    this.#states.set(this.#head, JSON.stringify(this.#state));
  }

  /** At each of its offsets a subscriber has the state that the log gives there. */
  check({ audience, position = "", state }: Client): void {
    const at = position.slice(0, position.lastIndexOf(":"));
    const whole = JSON.parse(this.#states.get(at) ?? assert.fail(`nobody was ever at ${at}`)) as State;
    assert.deepEqual(state, this.#serving.cut(whole, audience), `the state at ${at}`);
  }

  /** In each step and at each instant an audience's frame from one offset to another is one and the same. */
  made(client: Client, { frame }: SharedFrame): void {
    if (frame.kind !== "events") return;
    const key = `${this.#step} ${this.now} ${client.audience} ${frame.from} ${frame.to}`;
    const made = this.#made.get(key) ?? new Set();
    this.#made.set(key, made.add(frame));
    assert.equal(made.size, 1, "a frame of an audience was made twice");
    const ms = this.#serving.pace[client.audience];
    if (ms === undefined || this.#forced) return;
    const passed = this.now - (client.beats.at(-1) ?? Number.NEGATIVE_INFINITY);
    assert(passed >= ms, `${client.audience} was sent ${key} after ${passed} ms`);
    client.beats.push(this.now);
  }

  async take(given: Step): Promise<void> {
    await this.#take(given);
    if (this.#broken) throw this.#broken;
  }

  async #take(given: Step): Promise<void> {
    this.#step += 1;
    this.#forced = given.do === "cheer" || given.do === "erase";
    switch (given.do) {
      case "add":
        await this.add(given.by, given.name);
        return;
      case "note": {
        const { offset } = (await this.send.note({ text: "x" })) as { offset: number };
        this.#notes.push(`${offset}`);
        return;
      }
      case "forget":
        await this.send.forget({ id: this.#notes.pop() ?? "" });
        return;
      case "cheer":
        return await this.cheer();
      case "erase":
        this.#notes.length = 0;
        return await this.erase();
      case "advance":
        return this.advance(given.ms);
      case "join":
        return await this.#join(given);
      case "leave":
        return this.#leave(given.who);
      case "block":
        return this.#clients[given.who]?.block();
      case "unblock":
        return this.#clients[given.who]?.unblock();
    }
  }

  /** Whoever was slow reads again; in the end everybody has everything, and nothing is left to wait for. */
  async finish(): Promise<void> {
    for (const client of this.#clients) client?.unblock();
    this.advance(10 * 60_000);
    if (this.#broken) throw this.#broken;
    const behind = this.#clients.flatMap((client) =>
      client && !client.position?.startsWith(`${this.#head}:`) ? [client.where] : [],
    );
    expect({ head: this.#head, behind }).toEqual({ head: this.#head, behind: [] });
    expect(this.delays.size).toBe(0);
    await this.add(1);
    for (const index of this.#clients.keys()) this.#leave(index);
    expect(this.delays.size).toBe(0);
    const { offset } = await this.as(system).snapshot();
    expect(this.#head).toMatch(new RegExp(`:${offset}$`));
  }

  async #join({ who: index, as, fresh }: Extract<Step, { do: "join" }>): Promise<void> {
    this.#leave(index);
    const before = fresh ? undefined : this.#gone[index];
    const { position, state, offset = 0 } = before ?? {};
    const given = position !== undefined && state ? { position, state, offset } : undefined;
    const { audiences } = this.#serving;
    const audience = audiences[as % audiences.length] as string;
    const user = { id: `${audience}-${index}` };
    const watch = await this.watch({ user, audience, ...(given && { lastEventId: given.position }) });
    const client = new Client(this, watch, audience, given);
    this.#clients[index] = client;
    client.start();
    while (!client.opened) await turn();
    client.begun = true;
  }

  #leave(index: number): void {
    const client = this.#clients[index];
    if (!client) return;
    client.leave();
    this.#gone[index] = client;
    this.#clients[index] = undefined;
  }
}

test.each(Object.keys(servings))(
  "Of audiences %s each subscriber has the state of its offset, misses nothing, and shares its frames",
  async (which) => {
    const serving = servings[which] as Serving;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
        await using world = new World(serving);
        await world.begin();
        for (const one of steps) await world.take(one);
        await world.finish();
      }),
      { ...tries(200), endOnFailure: true },
    );
  },
  120_000,
);
