import assert from "node:assert/strict";
import { formatPosition } from "@shoal/contract";
import { createSqliteStore, type StoredEvent, system } from "@shoal/server";
import { TRPCError } from "@trpc/server";
import { expect } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { type App, createApp } from "../support/app.ts";
import { counter } from "../support/counter.ts";
import { Reader } from "../support/reader.ts";
import { eventually, inTime, turn } from "../support/recorder.ts";
import { type Allows, Subscriber } from "../support/subscriber.ts";
import { witness } from "../support/witness.ts";
import { type Came, Model, type Sent } from "./restarts-model.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { measure } from "./wrap-store.ts";

const home = { counterId: "home" };
const homeRef = topicRef("counter", null, home);

export interface Setting {
  readonly ring: number;
  readonly maxReplay: number;
  readonly queue: number;
  readonly snapshotEvery: number;
  readonly keep: number | undefined;
  readonly idleMs: number;
}

export type Step =
  | { readonly do: "send"; readonly sent: Sent }
  | { readonly do: "join"; readonly who: number; readonly from: "nowhere" | "where it was" }
  | { readonly do: "read"; readonly who: number; readonly most: number }
  | { readonly do: "drop"; readonly who: number }
  | { readonly do: "sweep" }
  | { readonly do: "restart" }
  | { readonly do: "unload" }
  | { readonly do: "turn" }
  | { readonly do: "settle" };

interface Flight {
  readonly sent: Sent;
  readonly came: Promise<Came>;
}

interface Server {
  readonly app: App;
  readonly counts: { readonly load: number };
  /** What this server committed to a topic. */
  logOf(topicId: string): readonly StoredEvent[];
}

interface Seat {
  readonly subscriber: Subscriber;
  reader: Reader | undefined;
}

/** A counter on a SQLite file whose server is closed and started as it comes, with three subscribers who outlive it. */
export class World implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>;
  readonly #model = new Model();
  readonly #seats: readonly Seat[];
  /** What the servers of the past committed. */
  readonly #past: StoredEvent[] = [];
  #server: Server;
  /** In the order in which they were sent. */
  #flights: Flight[] = [];

  private constructor(setting: Setting, folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.#setting = setting;
    this.#folder = folder;
    this.#seats = [0, 1, 2].map(() => ({ subscriber: new Subscriber(this.#allows), reader: undefined }));
    this.#server = this.#start();
  }

  static async create(setting: Setting): Promise<World> {
    return new World(setting, await temporaryFolder());
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "send":
        this.#flights.push({ sent: step.sent, came: this.#send(step.sent) });
        return;
      case "join":
        return await this.#join(step.who, step.from === "where it was");
      case "read":
        return await this.#read(step.who, step.most);
      case "drop":
        return await this.#drop(this.#seat(step.who));
      case "sweep":
        return await this.#server.app.realtime.sweep();
      case "restart":
        return await this.#restart();
      case "unload":
        return await this.#unload();
      case "turn":
        return await turn();
      case "settle":
        return await this.#settle();
    }
  }

  /** Everybody reads to the end, and then everything has to agree, also when all that may be deleted is, and after another start. */
  async finish(): Promise<void> {
    await this.#settle();
    const states = this.#model.states();
    for (const { reader, subscriber } of this.#seats) {
      while (reader && subscriber.position?.offset !== states.length - 1) await receive(reader, subscriber);
      for (const { offset, state } of subscriber.history)
        expect({ offset, state }).toEqual({ offset, state: states[offset] });
    }
    await this.#server.app.realtime.sweep();
    await this.#compare();
    await this.#restart();
    await this.#compare();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const seat of this.#seats) await this.#drop(seat);
    await this.#server.app[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  #start(): Server {
    const { keep, ...options } = this.#setting;
    const { store, counts } = measure(createSqliteStore({ path: this.#folder.file("shoal.db") }));
    const seen = witness(store);
    const retention = keep === undefined ? {} : { retention: { events: keep } };
    return { ...seen, counts, app: createApp({ ...options, ...retention, store: seen.store }) };
  }

  /** The server closes with whatever is under way, and what it refused for that is sent again to the next one. */
  async #restart(): Promise<void> {
    await this.#server.app.realtime.close();
    this.#past.push(...this.#server.logOf(homeRef.id));
    this.#server = this.#start();
    const flights = this.#flights;
    this.#flights = [];
    for (const { sent, came } of flights) {
      const outcome = await came;
      const refused = outcome === "SERVICE_UNAVAILABLE";
      this.#flights.push({ sent, came: refused ? this.#send(sent) : Promise.resolve(outcome) });
    }
    for (const { reader, subscriber } of this.#seats) if (reader) await leave(reader, subscriber);
    for (const seat of this.#seats) seat.reader = undefined;
  }

  async #settle(): Promise<void> {
    const flights = this.#flights;
    this.#flights = [];
    for (const { sent, came } of flights) {
      expect({ sent, came: await came }).toEqual({ sent, came: this.#model.expect(sent) });
    }
  }

  async #compare(): Promise<void> {
    const { log } = this.#model;
    const committed = [...this.#past, ...this.#server.logOf(homeRef.id)];
    const wanted = log.map(({ by, user, commandId }, index) => ({
      offset: index + 1,
      type: "added",
      data: { by },
      commandId,
      userId: user,
    }));
    expect(committed.map(({ at: _, secret: _none, version: _one, ...event }) => event)).toEqual(wanted);
    const topic = this.#server.app.realtime.topic(counter, home).as(system);
    expect(await topic.state()).toEqual(this.#model.states().at(-1));
    const kept = await topic.history({ limit: 1_000 });
    expect(kept.map(({ at: _, ...event }) => event)).toEqual(wanted.slice(wanted.length - kept.length).toReversed());
    if (this.#setting.keep === undefined) expect(kept).toHaveLength(wanted.length);
    else expect(kept.length).toBeGreaterThanOrEqual(Math.min(this.#setting.keep, wanted.length));
  }

  async #send({ user, commandId, by, times }: Sent): Promise<Came> {
    try {
      return await this.#server.app.as(user).counter.add({ ...home, by, times, commandId });
    } catch (error) {
      if (error instanceof TRPCError) return error.code;
      throw error;
    }
  }

  async #join(who: number, goesOn: boolean): Promise<void> {
    const seat = this.#seat(who);
    await this.#drop(seat);
    const given = goesOn ? seat.subscriber.position : null;
    seat.subscriber.open(given);
    const lastEventId = given && formatPosition(given);
    seat.reader = new Reader(await this.#server.app.as(`user-${who}`).counter.watch({ ...home, lastEventId }));
    void seat.reader.ask();
  }

  async #drop(seat: Seat): Promise<void> {
    await seat.reader?.end();
    seat.reader = undefined;
  }

  /** Takes what is there, and does not wait for more. */
  async #read(who: number, most: number): Promise<void> {
    const { reader, subscriber } = this.#seat(who);
    for (let count = 0; reader && count < most; count += 1) {
      const received = await reader.nextIfAny();
      if (!received) return;
      subscriber.receive(received);
    }
  }

  /** Waits until the topic has left the memory, where it does when nobody uses it. */
  async #unload(): Promise<void> {
    if (this.#setting.idleMs > 0) return;
    for (const seat of this.#seats) await this.#drop(seat);
    await this.#settle();
    const before = this.#server.counts.load;
    const topic = this.#server.app.realtime.topic(counter, home).as(system);
    await eventually(async () => {
      await topic.state();
      return this.#server.counts.load > before;
    }, "the topic is loaded again");
  }

  readonly #allows: Allows = (reason, at, from) => {
    const { queue, maxReplay, keep } = this.#setting;
    if (reason === "initial") return from === null;
    if (reason === "expired") return from !== null && (at.offset - from.offset > maxReplay || keep !== undefined);
    return reason === "overflow" && queue < 1_000;
  };

  #seat(who: number): Seat {
    return this.#seats[who] ?? assert.fail("nobody sits there");
  }
}

async function receive(reader: Reader, subscriber: Subscriber): Promise<void> {
  const received = await inTime(reader.next(), `what a subscriber misses: ${JSON.stringify(subscriber)}`);
  subscriber.receive(received ?? assert.fail("the subscription ended"));
}

/** Reads what a server still sent before it closed, to the error with which it closes. */
async function leave(reader: Reader, subscriber: Subscriber): Promise<void> {
  await expect(
    (async () => {
      for (;;) await receive(reader, subscriber);
    })(),
  ).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
}
