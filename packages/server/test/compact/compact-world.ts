import assert from "node:assert/strict";
import type { AnyFrame } from "@shoal/contract";
import { createMemoryHub, type Store } from "@shoal/server";
import { isTrackedEnvelope } from "@trpc/server";
import { expect } from "vitest";
import { shared } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";
import { type Entry, entriesOf, type Journal, journal } from "./journal.ts";
import { createJournals, HeldCompactions, home, type Journals, storedSnapshot } from "./journal-app.ts";

type State = Journal["state"];

export type Step =
  | { readonly do: "write"; readonly node: number; readonly times: number }
  | { readonly do: "take back"; readonly node: number; readonly which: number }
  | { readonly do: "end" | "fail" | "restart" | "unload" | "sweep"; readonly node: number }
  | { readonly do: "erase"; readonly node: number }
  | { readonly do: "turn" | "settle" };

/** How the nodes of a world reach their data: each its own store, or all the same one. */
export interface Stores {
  /** Where the test itself looks. */
  readonly store: Store;
  readonly open: () => Promise<Store>;
}

export interface Setting {
  readonly ring: number;
  readonly snapshotEvery: number;
  readonly keep: number | undefined;
}

interface Node {
  app: Journals;
  readonly held: HeldCompactions;
  watching: AsyncIterator<unknown>;
  state: State | undefined;
  offset: number;
}

/** The event of each offset, from 1: what was written, or the id of what was taken back. */
type Log = (Entry | { readonly gone: string })[];

/** A journal on two nodes whose compactions end, fail and are cut off as it comes, and a model of it that knows only of entries. */
export class CompactWorld {
  readonly #stores: Stores;
  readonly #setting: Setting;
  readonly #hub = createMemoryHub();
  readonly #nodes: Node[] = [];
  #log: Log = [];
  #written = 0;

  private constructor(stores: Stores, setting: Setting) {
    this.#stores = stores;
    this.#setting = setting;
  }

  static async create(stores: Stores, setting: Setting): Promise<CompactWorld> {
    const world = new CompactWorld(stores, setting);
    for (const _ of [0, 1]) {
      const held = new HeldCompactions();
      const node = { app: await world.#start(held), held, state: undefined, offset: 0 };
      world.#nodes.push(await world.#watch(node));
    }
    return world;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        for (let count = 0; count < step.times; count += 1) await this.#write(this.#node(step.node));
        return;
      case "take back":
        return await this.#takeBack(this.#node(step.node), step.which);
      case "end":
        return this.#node(step.node).held.end();
      case "fail":
        return this.#node(step.node).held.end(new Error("no worker"));
      case "restart":
        return await this.#restart(step.node);
      case "unload":
        return await this.#rewatch(step.node);
      case "sweep":
        return await this.#node(step.node).app.realtime.sweep();
      case "erase":
        await this.#node(step.node).app.home.erase();
        this.#log = [];
        return;
      case "turn":
        return await new Promise((resolve) => setImmediate(resolve));
      case "settle":
        return await this.#compare();
    }
  }

  async finish(): Promise<void> {
    await this.#compare();
    for (const node of this.#nodes) node.held.end();
    await this.#compare();
    await this.#restart(0);
    await this.#compare();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { app } of this.#nodes) await app[Symbol.asyncDispose]();
  }

  async #start(held: HeldCompactions): Promise<Journals> {
    const { keep, ...setting } = this.#setting;
    const retention = keep === undefined ? {} : { events: keep };
    const store = shared(await this.#stores.open());
    return createJournals({
      ...setting,
      retention,
      compact: held.compact,
      store,
      broker: this.#hub(),
      lookMs: 50,
      idleMs: 0,
    });
  }

  /** A subscriber who takes nothing on trust. */
  async #watch(node: Omit<Node, "watching">): Promise<Node> {
    const watched = (await node.app.as("ann").watch(home)) as AsyncIterable<unknown>;
    const followed: Node = Object.assign(node, { watching: watched[Symbol.asyncIterator]() });
    const { watching } = followed;
    const follow = async (): Promise<void> => {
      for (let next = await watching.next(); !next.done; next = await watching.next()) {
        if (isTrackedEnvelope(next.value)) apply(followed, next.value[1] as AnyFrame);
      }
    };
    follow().catch(() => {});
    return followed;
  }

  async #write({ app }: Node): Promise<void> {
    this.#written += 1;
    const entry = { id: `e${this.#written}`, text: `text ${this.#written}.` };
    const outcome = await app.home.send.write(entry);
    this.#log.push(entry);
    expect(outcome).toEqual({ ok: true, offset: this.#log.length });
  }

  async #takeBack({ app }: Node, which: number): Promise<void> {
    const places = this.#log.flatMap((one, index) => ("text" in one && one.text !== "" ? index : []));
    const index = places[which % Math.max(1, places.length)];
    const entry = index === undefined ? undefined : this.#log[index];
    if (index === undefined || !entry || !("text" in entry)) return;
    await app.home.send.takeBack({ id: entry.id, offset: index + 1 });
    this.#log[index] = { id: entry.id, text: "" };
    this.#log.push({ gone: entry.id });
  }

  async #restart(which: number): Promise<void> {
    const node = this.#node(which);
    await node.app.realtime.close();
    node.app = await this.#start(node.held);
    await this.#watch(Object.assign(node, { state: undefined, offset: 0 }));
  }

  async #rewatch(which: number): Promise<void> {
    const node = this.#node(which);
    await node.watching.return?.();
    await this.#watch(Object.assign(node, { state: undefined, offset: 0 }));
  }

  /** What is in the journal after so many of the log's events. */
  #entriesAt(offset: number): readonly string[] {
    const ids: string[] = [];
    for (const one of this.#log.slice(0, offset)) {
      if ("gone" in one) ids.splice(ids.indexOf(one.gone), 1);
      else ids.push(one.id);
    }
    return ids;
  }

  async #compare(): Promise<void> {
    const { length } = this.#log;
    const wanted = this.#entriesAt(length);
    for (const node of this.#nodes) {
      const place = () => `node ${this.#nodes.indexOf(node)} follows to ${length}, and is at ${node.offset}`;
      await eventually(
        async () => node.offset === length && node.state !== undefined && same(node.state, wanted),
        place(),
      );
      const { state, offset } = await node.app.home.snapshot();
      expect([offset, idsOf(state)]).toEqual([length, wanted]);
      // Told of the log: what cannot be read, or is compacted wrongly, is not among it.
      const told = node.app.logged
        .errors()
        .filter((message) => !/^a topic (was not|could not be) compacted/.test(message));
      expect(told).toEqual([]);
    }
    expect(await this.#nodes[0]?.app.home.send.count()).toMatchObject({ result: { entries: wanted.length } });
    const stored = await storedSnapshot(this.#stores.store);
    if (!stored) return;
    expect(idsOf(stored.state)).toEqual(this.#entriesAt(stored.offset));
    expect(stored.offset + stored.after).toBe(length);
    expect(stored.private.written).toBe(this.#log.slice(0, stored.offset).filter((one) => "text" in one).length);
    for (const one of this.#log) {
      if ("text" in one && one.text === "")
        expect(JSON.stringify(stored.state)).not.toContain(`${one.id.replace("e", "text ")}.`);
    }
  }

  #node(which: number): Node {
    return this.#nodes[which] ?? assert.fail("there is no such node");
  }
}

function apply(node: Node, frame: AnyFrame): void {
  if (frame.kind === "snapshot") {
    node.state = frame.state as State;
    node.offset = frame.offset;
  }
  if (frame.kind !== "events") return;
  assert.equal(frame.from, node.offset + 1, "events do not follow one another");
  for (const { type, data } of frame.events) {
    const applies = journal.apply as Record<string, (state: State, data: unknown) => State>;
    node.state = applies[type]?.(node.state ?? assert.fail("events come before a state"), data);
  }
  node.offset = frame.to;
}

function idsOf(state: State): readonly string[] {
  return entriesOf(state).map(({ id }) => id);
}

function same(state: State, wanted: readonly string[]): boolean {
  return JSON.stringify(idsOf(state)) === JSON.stringify(wanted);
}
