import type { AnyFrame } from "@shoal/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandQueue } from "../src/command-queue.ts";
import {
  accept,
  confirm,
  depart,
  ofUser,
  type Predictions,
  predict,
  predictedState,
  type SentCommand,
  shownCommands,
  withdraw,
} from "../src/predictions.ts";
import { type Replica, reduce } from "../src/replica.ts";
import { TopicCommands } from "../src/topic-commands.ts";
import { userKey } from "../src/user-key.ts";
import { type Added, eventsFrame, looseCounter, snapshotFrame, stateAfter } from "./support/frames.ts";
import { frozen } from "./support/frozen.ts";

function adding(commandId: string, by: number): SentCommand {
  return { commandId, command: "add", input: { by }, user: null, now: 0 };
}

function shown(log: readonly Added[], predictions: Predictions): unknown {
  return predictedState(looseCounter, stateAfter(log), shownCommands(predictions));
}

function idsOf(predictions: Predictions): string[] {
  return predictions.map(({ sent }) => sent.commandId);
}

/** A client and a server, and all that is on its way between them. Each step is one thing that can happen next. */
class Exchange {
  readonly log: Added[] = [];
  replica: Replica | undefined = reduce(looseCounter, undefined, snapshotFrame([], 0));
  predictions: Predictions = [];
  #sent: SentCommand[] = [];
  #answers: { readonly commandId: string; readonly offset: number | undefined }[] = [];

  readonly steps: Readonly<Record<string, (n: number) => void>> = {
    send: (n) => {
      const prediction = adding(`c${n}-${this.log.length}-${this.#sent.length}-${this.#answers.length}`, n % 10);
      this.predictions = predict(frozen(this.predictions), prediction);
      this.#sent.push(prediction);
    },
    depart: (n) => this.#depart(this.#sent[n % Math.max(1, this.#sent.length)]),
    decide: (n) => this.#decide(n),
    answer: (n) => this.#answer(n),
    other: (n) => void this.log.push({ by: n % 10 }),
    deliver: (n) => this.#deliver(n),
    resynchronise: (n) => {
      const missing = this.log.length - this.#offset;
      this.#take(snapshotFrame(this.log, this.#offset + (missing === 0 ? 0 : n % (missing + 1))));
    },
  };

  get #offset(): number {
    return this.replica?.offset ?? 0;
  }

  /** Everything arrives. */
  finish(): void {
    while (this.#sent.length > 0) this.#decide(0);
    while (this.#answers.length > 0) this.#answer(0);
    if (this.#offset < this.log.length) this.#take(eventsFrame(this.log, this.#offset, this.log.length));
  }

  get shown(): unknown {
    return predictedState(looseCounter, frozen(this.replica?.state), shownCommands(frozen(this.predictions)));
  }

  #depart(sent: SentCommand | undefined): void {
    if (sent) this.predictions = depart(frozen(this.predictions), sent.commandId, this.#offset);
  }

  #decide(n: number): void {
    const prediction = this.#sent.shift();
    if (!prediction) return;
    this.#depart(prediction);
    const { commandId, input } = prediction;
    const accepted = n % 3 !== 0;
    // What the server decides need not be what was predicted, nor say which command it came from.
    if (accepted) this.log.push({ by: (input as Added).by + (n % 2), commandId: n % 5 === 0 ? undefined : commandId });
    this.#answers.push({ commandId, offset: accepted ? this.log.length : undefined });
  }

  #answer(n: number): void {
    const [answer] = this.#answers.splice(n % Math.max(1, this.#answers.length), 1);
    if (!answer) return;
    const { commandId, offset } = answer;
    this.predictions =
      offset === undefined
        ? withdraw(this.predictions, commandId)
        : accept(this.predictions, commandId, offset, this.#offset);
  }

  #deliver(n: number): void {
    const missing = this.log.length - this.#offset;
    if (missing > 0) this.#take(eventsFrame(this.log, this.#offset, this.#offset + 1 + (n % missing)));
  }

  #take(frame: AnyFrame): void {
    this.replica = reduce(looseCounter, this.replica, frame);
    this.predictions = confirm(frozen(this.predictions), frame, this.#offset);
  }
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom("send", "depart", "decide", "answer", "other", "deliver", "resynchronise"),
    fc.nat({ max: 999 }),
  ),
  { maxLength: 60 },
);

describe("predictions", () => {
  test("are all gone once everything has arrived, and what is shown is then what the server has", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const exchange = new Exchange();
        for (const [step, n] of taken) exchange.steps[step]?.(n);
        exchange.finish();
        expect(exchange.predictions).toEqual([]);
        expect(exchange.shown).toBe(exchange.replica?.state);
        expect(exchange.shown).toEqual(stateAfter(exchange.log));
      }),
      { numRuns: 500 },
    );
  });

  test("show the confirmed state with the pending commands over it, in the order in which they were sent", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const exchange = new Exchange();
        for (const [step, n] of taken) exchange.steps[step]?.(n);
        const pending = shownCommands(exchange.predictions).map(({ input }) => (input as Added).by);
        const confirmed = stateAfter(exchange.log.slice(0, exchange.replica?.offset));
        expect(exchange.shown).toMatchObject({ history: [...confirmed.history, ...pending] });
      }),
    );
  });

  test("show a command at once and take it back when it is withdrawn", () => {
    const sent = predict([], adding("a", 3));
    expect(shown([{ by: 1 }], sent)).toEqual({ value: 4, history: [1, 3] });
    expect(shown([{ by: 1 }], withdraw(sent, "a"))).toEqual({ value: 1, history: [1] });
  });

  test("move behind the events that arrive before their own", () => {
    const sent = predict([], adding("a", 3));
    const log = [{ by: 1 }, { by: 2 }];
    expect(confirm(sent, eventsFrame(log, 1, 2), 2)).toBe(sent);
    expect(shown(log, sent)).toMatchObject({ history: [1, 2, 3] });
  });

  test("end with the event of their command, before the answer", () => {
    expect(confirm(predict([], adding("a", 3)), eventsFrame([{ by: 3, commandId: "a" }], 0, 1), 1)).toEqual([]);
  });

  test("end when the replica reaches the answer's offset, also where the event itself is hidden", () => {
    const answered = accept(predict([], adding("a", 3)), "a", 2, 0);
    expect(confirm(answered, { kind: "events", from: 1, to: 1, events: [] }, 1)).toBe(answered);
    expect(confirm(answered, { kind: "events", from: 1, to: 2, events: [] }, 2)).toEqual([]);
  });

  test("end with an answer whose offset the replica has passed", () => {
    expect(accept(predict([], adding("a", 3)), "a", 2, 2)).toEqual([]);
  });

  test("outlive a snapshot from before their effect", () => {
    const answered = accept(predict([], adding("a", 3)), "a", 2, 0);
    expect(confirm(answered, snapshotFrame([{ by: 1 }], 1), 1)).toBe(answered);
    expect(confirm(answered, snapshotFrame([{ by: 1 }, { by: 3 }], 2), 2)).toEqual([]);
  });

  test("that were answered end with a snapshot of another generation, whatever its offset", () => {
    const predictions = predict(accept(predict([], adding("a", 3)), "a", 9, 0), adding("b", 4));
    const frame: AnyFrame = { kind: "snapshot", reason: "epoch", state: stateAfter([]), offset: 0, at: 0 };
    expect(idsOf(confirm(predictions, frame, 0))).toEqual(["b"]);
  });

  test("of a command that the server may have end with a further snapshot to the eye, and with the answer for good", () => {
    const sent = depart(predict([], adding("a", 3)), "a", 1);
    const log = [{ by: 1 }, { by: 3 }];
    const after = confirm(sent, snapshotFrame(log, 2), 2);
    expect(shown(log, after)).toEqual({ value: 4, history: [1, 3] });
    expect(idsOf(after)).toEqual(["a"]);
    expect(accept(after, "a", 2, 2)).toEqual([]);
    expect(accept(after, "a", 3, 2)).toEqual([]);
    expect(withdraw(after, "a")).toEqual([]);
    expect(confirm(after, eventsFrame([...log, { by: 3, commandId: "a" }], 2, 3), 3)).toEqual([]);
  });

  test("of a command that the server may have outlive a snapshot that is no further than they were", () => {
    const sent = depart(depart(predict([], adding("a", 3)), "a", 1), "a", 0);
    expect(confirm(sent, snapshotFrame([{ by: 1 }], 1), 1)).toBe(sent);
    expect(shown([{ by: 1 }], sent)).toEqual({ value: 4, history: [1, 3] });
  });

  test("of a command of which the server cannot know outlive every snapshot", () => {
    const given = predict([], adding("a", 3));
    const frame: AnyFrame = { kind: "snapshot", reason: "epoch", state: stateAfter([{ by: 1 }]), offset: 1, at: 0 };
    expect(confirm(given, frame, 1)).toBe(given);
  });

  test("of a command that the server may have end with a snapshot of another generation, whatever offset it is answered with", () => {
    const sent = depart(predict([], adding("a", 3)), "a", 5);
    const frame: AnyFrame = { kind: "snapshot", reason: "epoch", state: stateAfter([]), offset: 0, at: 0 };
    const after = confirm(sent, frame, 0);
    expect(shown([], after)).toEqual(stateAfter([]));
    expect(accept(after, "a", 900, 0)).toEqual([]);
  });

  test("of a command that is given again keep their place and what is known of them", () => {
    const sent = depart(predict(predict([], adding("a", 3)), adding("b", 1)), "a", 1);
    expect(predict(sent, adding("a", 3))).toBe(sent);
  });

  test("are of one user each", () => {
    const bobs = { ...adding("b", 4), user: { id: "bob" } };
    const both = predict(predict([], adding("a", 3)), bobs);
    expect(idsOf(ofUser(both, undefined))).toEqual(["a"]);
    expect(idsOf(ofUser(both, userKey({ id: "bob" })))).toEqual(["b"]);
    expect(ofUser(both, userKey({ id: "bob", tenant: "acme" }))).toEqual([]);
  });

  test("of a command without a predicting function change nothing that is shown", () => {
    const quiet = { ...adding("a", 3), command: "addQuietly" };
    const state = stateAfter([{ by: 1 }]);
    expect(predictedState(looseCounter, state, [quiet])).toBe(state);
  });
});

describe("the state that a topic's commands show", () => {
  test("keeps its reference when the answer comes before the event", async () => {
    const userKey = () => undefined;
    const commands = new TopicCommands({
      contract: looseCounter,
      queue: new CommandQueue({ open: () => true, userKey, maxQueued: 1, maxQueuedMs: 60_000 }),
      lane: "home",
      user: () => null,
      userKey,
      now: () => 0,
      offset: () => 0,
      watched: () => true,
      changed: () => {},
      mutate: async () => ({ ok: true, offset: 1 }),
    });
    const confirmed = stateAfter([]);
    const sent = commands.send("add", { by: 3 });
    const before = commands.show(confirmed);
    expect(before).toEqual({ value: 3, history: [3] });
    await sent;
    expect(commands.pending).toBe(1);
    expect(commands.show(confirmed)).toBe(before);
  });
});
