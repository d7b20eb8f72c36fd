import { type AnyOutcome, formatPosition } from "@shoal/contract";
import { createPostgresStore } from "@shoal/server/postgres";
import { describe, expect, test } from "vitest";
import { hasPostgresServer, startPostgres } from "../support/postgres.ts";
import { quiet } from "../support/quiet.ts";
import { type Received, readAll } from "../support/reader.ts";
import { eventually } from "../support/recorder.ts";
import { Subscriber } from "../support/subscriber.ts";
import { createVolatileApp, type VolatileApp } from "./volatile-app.ts";

/** A topic that is written to all the time, and one that nobody writes to after the crash. */
const busy = { counterId: "busy" };
const still = { counterId: "still" };
const patience = 30_000;

describe.skipIf(!hasPostgresServer)("Two nodes on one Postgres, with a channel that is not durable,", () => {
  test.each(["kill", "crash"] as const)(
    "go on after a %s of the server under load: anew where it is not, and without a loss where it is",
    async (how) => {
      await using server = await startPostgres();
      const startNode = () =>
        createVolatileApp({ store: createPostgresStore({ connectionString: server.url, logger: quiet }) });
      await using a = startNode();
      await using b = startNode();
      await a.counter("still").send.add({ by: 7 });
      const watchAll = async (app: VolatileApp, topic: typeof busy) =>
        readAll(await app.as("ann").counter.watch(topic));
      const seen = await Promise.all([a, b].flatMap((app) => [watchAll(app, busy), watchAll(app, still)]));
      for (const { frames } of seen) await frames.count(2);
      const load = new Load([a, b]);
      await load.until(40);
      await server[how]();
      load.afterCrash = true;
      await load.until(load.answered + 40);
      await load.end();

      for (const { frames } of seen) await eventually(() => lastOf(frames.items).epochs === 2, "it hears of it");
      const ends = () => seen.filter((_, index) => index % 2 === 0).map(({ frames }) => lastOf(frames.items));
      await eventually(() => ends().every(({ offset }) => offset === load.head), "all hear of the last event");
      const { state } = await a.counter("busy").snapshot();
      for (const end of ends()) expect(end.state).toEqual(state);
      const stillStates = seen.filter((_, index) => index % 2 === 1).map(({ frames }) => lastOf(frames.items).state);
      expect(stillStates).toEqual([{ added: [] }, { added: [] }]);
      await load.audit();
      const old = seen[0]?.frames.items[0]?.position;
      const returning = readAll(await b.as("ann").counter.watch({ ...busy, lastEventId: old && formatPosition(old) }));
      const [first] = await returning.frames.count(1);
      expect(first?.frame).toMatchObject({ kind: "snapshot", reason: "epoch", state });
      for (const { end } of [...seen, returning]) await end();
    },
    90_000,
  );
});

/** Where a subscriber is who took these frames, each of which has to follow the one before it. */
function lastOf(frames: readonly Received[]) {
  const subscriber = new Subscriber((reason, at, from) =>
    from ? reason === "epoch" && at.epoch !== from.epoch : reason === "initial",
  );
  subscriber.open(null);
  for (const frame of frames) subscriber.receive(frame);
  const epochs = new Set(frames.map(({ position }) => position.epoch)).size;
  return { epochs, state: subscriber.state, offset: subscriber.position?.offset };
}

interface Sent {
  readonly commandId: string;
  readonly outcome: AnyOutcome;
}

/** Commands to both channels on every node, each sent again under its id until it is answered. */
class Load {
  /** Whether what is sent from now on comes after the crash. */
  afterCrash = false;
  answered = 0;
  readonly #apps: readonly VolatileApp[];
  readonly #notes: string[] = [];
  readonly #added: Sent[] = [];
  readonly #callers: Promise<void>;
  #ending = false;

  constructor(apps: readonly VolatileApp[]) {
    this.#apps = apps;
    const callers = apps.flatMap((app, node) => [this.#note(app, node), this.#add(app, node)]);
    this.#callers = Promise.all(callers).then(() => {});
  }

  /** The last offset that was answered after the crash. */
  get head(): number {
    return Math.max(...this.#added.map(({ outcome }) => (outcome.ok ? outcome.offset : 0)));
  }

  until(answered: number): Promise<void> {
    return eventually(() => this.answered >= answered, "commands are answered", patience);
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#callers;
  }

  /** Every note is there once; and of the counter's commands, each after the crash is where its answer says, once. */
  async audit(): Promise<void> {
    const [app] = this.#apps;
    const notes = async () => (await app?.journal("busy").state())?.notes.toSorted();
    await expect.poll(notes, { timeout: patience }).toEqual(this.#notes.toSorted());
    const history = (await app?.counter("busy").history({ limit: 100_000 })) ?? [];
    expect(new Set(history.map(({ commandId }) => commandId)).size).toBe(history.length);
    const at = new Map(history.map(({ offset, commandId }) => [offset, commandId]));
    expect(this.#added.length).toBeGreaterThan(5);
    for (const { commandId, outcome } of this.#added) expect(outcome.ok && at.get(outcome.offset)).toBe(commandId);
  }

  async #note(app: VolatileApp, node: number): Promise<void> {
    for (let count = 0; !this.#ending; count += 1) {
      const note = `${node}-${count}`;
      await this.#answer(() => app.journal("busy").send.note({ note }, { commandId: note }));
      this.#notes.push(note);
    }
  }

  async #add(app: VolatileApp, node: number): Promise<void> {
    for (let count = 0; !this.#ending; count += 1) {
      const commandId = `${node}-${count}`;
      const { afterCrash } = this;
      const outcome = await this.#answer(() => app.counter("busy").send.add({ by: 0 }, { commandId }));
      if (afterCrash) this.#added.push({ commandId, outcome });
    }
  }

  async #answer(send: () => Promise<AnyOutcome>): Promise<AnyOutcome> {
    const answers: AnyOutcome[] = [];
    const isAnswered = () =>
      send().then(
        (outcome) => answers.push(outcome) > 0,
        (error) => {
          expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
          return false;
        },
      );
    await eventually(isAnswered, "a command is answered", patience);
    this.answered += 1;
    return answers[0] as AnyOutcome;
  }
}
