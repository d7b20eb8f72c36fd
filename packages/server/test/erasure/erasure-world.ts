import assert from "node:assert/strict";
import { type AnyFrame, formatPosition, type Position, parsePosition } from "@shoal/contract";
import { type Broker, type Locked, type Store, system, type TopicWrite } from "@shoal/server";
import { isTrackedEnvelope } from "@trpc/server";
import { expect } from "vitest";
import { varied } from "../support/nodes.ts";
import { eventually, turn } from "../support/recorder.ts";
import { board } from "./board.ts";
import { type Boards, type BoardsOptions, createBoards } from "./board-app.ts";

/** How the nodes of a world are set up, each with a broker of its own. */
export interface WorldOptions extends Omit<BoardsOptions, "store" | "broker"> {
  readonly broker: () => Broker;
}

type State = Parameters<(typeof board)["apply"]["posted"]>[0];

const home = { boardId: "home" };

export type Step =
  | { readonly do: "post"; readonly user: string; readonly node: number }
  | { readonly do: "remove"; readonly which: number; readonly node: number }
  | { readonly do: "erase"; readonly node: number }
  | { readonly do: "eraseUser"; readonly user: string; readonly node: number }
  | { readonly do: "join"; readonly seat: number; readonly node: number; readonly back: number }
  | { readonly do: "read"; readonly seat: number; readonly most: number }
  | { readonly do: "sweep"; readonly node: number }
  | { readonly do: "restart" }
  | { readonly do: "settle" };

interface Said {
  readonly text: string;
  readonly user: string;
  readonly commandId: string;
  readonly position: Position;
}

/** What one transaction did to the board. */
interface Committed {
  readonly epoch: string;
  readonly after: number;
  readonly events: TopicWrite["events"];
  readonly newEpoch: TopicWrite["newEpoch"] | undefined;
}

/** Everything there is on the disk, or in memory, as text. */
export type Dump = () => Promise<string>;

/** Boards on one store, whose texts are taken back in every way there is, and subscribers who read when they like. */
export class ErasureWorld {
  readonly #options: WorldOptions;
  readonly #open: () => Store;
  readonly #seats = [0, 1, 2].map(() => new Seat((position) => this.#states.get(formatPosition(position))));
  /** The state at each position, for who sees everything. */
  readonly #states = new Map<string, State>();
  readonly #gone = new Set<string>();
  #said: Said[] = [];
  #flights: Promise<void>[] = [];
  #nodes: readonly Boards[] = [];
  #state: State = board.initial(home);
  /** The place of `#state`, and what was committed after it and not followed yet. */
  #offset = 0;
  readonly #committed: Committed[] = [];
  #count = 0;

  constructor(open: () => Store, options: WorldOptions, nodes: number) {
    this.#open = open;
    this.#options = options;
    this.#start(nodes);
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "post":
        this.#flights.push(this.#post(step.user, this.#node(step.node)));
        return;
      case "remove":
        return await this.#remove(step.which, this.#node(step.node));
      case "erase":
        return await this.#takeBack(
          () => handle(this.#node(step.node)).erase(),
          () => true,
        );
      case "eraseUser":
        return await this.#takeBack(
          () => this.#node(step.node).realtime.eraseUser(step.user),
          ({ user }) => user === step.user,
        );
      case "join":
        return await this.#seat(step.seat).join(this.#node(step.node), step.back);
      case "read":
        return await this.#seat(step.seat).read(step.most, this.#gone);
      case "sweep":
        return await this.#node(step.node).realtime.sweep();
      case "restart":
        return await this.#restart();
      case "settle":
        return await this.#settle();
    }
  }

  /** Everybody comes back and reads on to the end, and nothing that was taken back is found anywhere. */
  async finish(dump: Dump): Promise<void> {
    await this.#settle();
    for (const node of this.#nodes) {
      expect(await handle(node).state()).toEqual(this.#state);
      expect(await node.as("ann").board.texts()).toEqual(this.#state.posts.map(({ text }) => text));
      this.#expectNothingOf(JSON.stringify(await handle(node).history({ limit: 1_000 })));
      for (const seat of this.#seats) {
        await seat.join(node, 0);
        await seat.read(1_000, this.#gone);
      }
    }
    for (const { text, user, commandId } of this.#said) {
      const outcome = await this.#node(0)
        .as(user)
        .board.post({ ...home, text, commandId });
      this.#expectNothingOf(JSON.stringify(outcome));
    }
    const effects = async () => !(await dump()).includes('"armed"');
    await eventually(effects, "what follows from the posts was done");
    this.#expectNothingOf(await dump());
  }

  async close(): Promise<void> {
    for (const seat of this.#seats) await seat.leave();
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
  }

  async #post(user: string, node: Boards): Promise<void> {
    this.#count += 1;
    const commandId = `c${this.#count}`;
    const text = `${this.#count % 4 === 0 ? "refuse " : ""}text-${this.#count}-of-${user}-0123456789`;
    const outcome = await node.as(user).board.post({ ...home, text, commandId });
    assert(outcome.ok);
    const head = parsePosition((await handle(node).snapshot()).position);
    this.#said.push({ text, user, commandId, position: { ...head, offset: outcome.offset } });
  }

  async #remove(which: number, node: Boards): Promise<void> {
    await this.#settle();
    const { posts } = this.#state;
    const post = posts[which % Math.max(1, posts.length)];
    if (!post) return;
    await this.#takeBack(
      () => node.as("ann").board.remove({ ...home, offsets: [post.offset] }),
      ({ text }) => text === post.text,
    );
  }

  /** What is erased is gone from the moment on in which every node knows it. */
  async #takeBack(erase: () => Promise<unknown>, isGone: (said: Said) => boolean): Promise<void> {
    await this.#settle();
    await erase();
    await this.#settle();
    for (const said of this.#said.filter(isGone)) this.#gone.add(said.text);
    const kept = new Set(this.#state.posts.map(({ text }) => text));
    expect(this.#said.filter((said) => isGone(said) && kept.has(said.text))).toEqual([]);
    // Who asked for the text again after the topic was erased would say it again.
    this.#said = this.#said.filter(({ position }) => this.#states.has(formatPosition(position)));
    for (const seat of this.#seats) await seat.takeWhatWasSent();
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#flights);
    this.#flights = [];
    for (const node of this.#nodes) {
      const there = async () => {
        const { position } = await handle(node).snapshot();
        return position === (await handle(this.#node(0)).snapshot()).position && this.#isLast(position);
      };
      await eventually(there, "every node is where the log is");
    }
  }

  #isLast(position: string): boolean {
    const wanted = formatPosition({ ...parsePosition(position), audience: "all" });
    return [...this.#states.keys()].at(-1) === wanted || this.#states.size === 0;
  }

  async #restart(): Promise<void> {
    const { length } = this.#nodes;
    await this.#settle();
    for (const seat of this.#seats) await seat.leave();
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
    this.#start(length);
  }

  #start(nodes: number): void {
    this.#nodes = Array.from({ length: nodes }, () =>
      createBoards({ ...this.#options, broker: this.#options.broker(), store: this.#witness(this.#open()) }),
    );
  }

  /** Follows what is committed, by the contract alone, in the order of the log: one node may hear later of what it committed earlier. */
  #witness(store: Store): Store {
    const isHome = (id: string) => id.includes('"board"');
    const keep = (epoch: string, offset: number) => {
      this.#states.set(formatPosition({ epoch, offset, audience: "all" }), this.#state);
    };
    const follow = ({ epoch, events, newEpoch }: Committed) => {
      for (const { type, data, offset } of events) {
        const apply = board.apply as Record<string, (state: State, data: unknown) => State>;
        this.#state = apply[type]?.(this.#state, data) ?? this.#state;
        this.#offset = offset;
        keep(epoch, offset);
      }
      if (newEpoch) keep(epoch, this.#offset);
    };
    const followAll = () => {
      for (;;) {
        const next = this.#committed.findIndex(({ after }) => after === this.#offset);
        if (next === -1) return;
        for (const one of this.#committed.splice(next, 1)) follow(one);
      }
    };
    return varied(store, {
      transaction: async (requests, decide, options) => {
        let written: Awaited<ReturnType<typeof decide>> = [];
        await store.transaction(
          requests,
          async (locked: Locked) => {
            written = await decide(locked);
            return written;
          },
          options,
        );
        for (const { topic, events, head, newEpoch } of written) {
          if (!isHome(topic.id)) continue;
          const { epoch } = await store.head(topic);
          this.#committed.push({ epoch, after: head.offset - events.length, events, newEpoch });
        }
        followAll();
      },
      erase: async (topic, project) => {
        await store.erase(topic, project);
        this.#state = board.initial(home);
        this.#offset = 0;
        this.#states.clear();
        keep((await store.head(topic)).epoch, 0);
      },
    });
  }

  #expectNothingOf(text: string): void {
    expect([...this.#gone].filter((one) => text.includes(one))).toEqual([]);
  }

  #node(which: number): Boards {
    return this.#nodes[which % this.#nodes.length] ?? assert.fail();
  }

  #seat(which: number): Seat {
    return this.#seats[which] ?? assert.fail();
  }
}

/** A subscriber by the rules of a client, who reads when it is told to. */
class Seat {
  readonly #stateAt: (position: Position) => State | undefined;
  readonly #positions: Position[] = [];
  #iterator: AsyncIterator<unknown> | undefined;
  /** Asked for and not taken yet: what comes by it was sent when it came. */
  #asked: Promise<IteratorResult<unknown>> | undefined;
  #state: State | undefined;
  #position: Position | undefined;

  constructor(stateAt: (position: Position) => State | undefined) {
    this.#stateAt = stateAt;
  }

  /** @param back - how many positions ago it was where it now says that it is; 0 for where it is, and more than there are for nowhere */
  async join(node: Boards, back: number): Promise<void> {
    await this.leave();
    const from = this.#positions.at(-1 - back);
    this.#position = from;
    this.#state = from && (this.#stateAt(from) ?? board.initial(home));
    const lastEventId = from && formatPosition(from);
    const watch = await node.as("ann").board.watch({ ...home, lastEventId });
    this.#iterator = watch[Symbol.asyncIterator]();
    await this.read(1, new Set());
  }

  async leave(): Promise<void> {
    await this.#iterator?.return?.();
    this.#iterator = undefined;
    this.#asked = undefined;
  }

  async read(most: number, gone: ReadonlySet<string>): Promise<void> {
    for (let count = 0; count < most && (await this.#readOne(gone)); count += 1);
  }

  /** What was handed out before something was taken back is not to be taken back any more. */
  async takeWhatWasSent(): Promise<void> {
    if (this.#asked) await this.#readOne(new Set());
  }

  async #readOne(gone: ReadonlySet<string>): Promise<boolean> {
    if (!this.#iterator) return false;
    this.#asked ??= this.#iterator.next();
    const received = await Promise.race([this.#asked, turns()]);
    if (!received || received.done) return false;
    this.#asked = undefined;
    assert(isTrackedEnvelope(received.value));
    const [id, frame] = received.value as unknown as [string, AnyFrame];
    const text = JSON.stringify(frame);
    expect([...gone].filter((one) => text.includes(one))).toEqual([]);
    this.#follow(parsePosition(id), frame);
    return true;
  }

  #follow(position: Position, frame: AnyFrame): void {
    if (frame.kind === "snapshot") this.#state = frame.state as State;
    if (frame.kind === "events") {
      expect(frame.from).toBe((this.#position?.offset ?? -1) + 1);
      for (const { type, data } of frame.events) {
        const apply = board.apply as Record<string, (state: State, data: unknown) => State>;
        this.#state = apply[type]?.(this.#state as State, data);
      }
    }
    this.#position = position;
    this.#positions.push(position);
    const state = this.#stateAt(position);
    if (state && position.offset > 0) expect(this.#state).toEqual(state);
  }
}

/** Long enough for what is ready to come. */
async function turns(): Promise<undefined> {
  for (let count = 0; count < 3; count += 1) await turn();
}

function handle({ realtime }: Boards) {
  return realtime.topic(board, home).as(system);
}
