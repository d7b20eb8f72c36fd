import assert from "node:assert/strict";
import type { AnyOutcome } from "@shoal/contract";
import { eventually } from "../support/recorder.ts";
import { Follower } from "./follower.ts";
import type { FromWriter, SentCommand } from "./messages.ts";
import type { Random } from "./random.ts";
import type { WriterProcess } from "./writer-process.ts";

const ledgerIds = ["north", "east", "south"] as const;
const users = ["ann", "ben"] as const;
const mostInFlight = 24;
/** How long the end may take, in milliseconds. */
const patience = 20_000;

/**
 * Those who use a server that is killed again and again: they keep it busy, send again what was not acknowledged, repeat
 * what was, and come back to where they were.
 */
export class Load {
  /** The first answer to each command. */
  readonly answers = new Map<string, AnyOutcome>();
  readonly commands = new Map<string, SentCommand>();
  readonly followers = ledgerIds.map((ledgerId) => new Follower(ledgerId));
  /** What went wrong. */
  readonly faults: unknown[] = [];
  readonly #random: Random;
  readonly #acknowledged: string[] = [];
  readonly #unanswered = new Map<string, SentCommand>();
  #writer: WriterProcess | undefined;
  #stopping = false;
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Goes on with a server that has just been started. */
  begin(writer: WriterProcess): void {
    this.#writer = writer;
    writer.hear((message) => {
      if (this.#writer === writer) this.#hear(message);
    });
    for (const follower of this.followers) {
      follower.reopen();
      writer.tell({ kind: "watch", ledgerId: follower.ledgerId, lastEventId: follower.lastEventId });
    }
    for (const command of this.#unanswered.values()) writer.tell({ kind: "send", command });
    this.#fill();
  }

  /** Waits until so many more commands were answered. */
  async answer(more: number): Promise<void> {
    const enough = this.answers.size + more;
    await eventually(() => this.answers.size >= enough, `${more} more commands are answered`, patience);
  }

  /** Begins nothing new, and waits until all is answered and every follower has heard of what was acknowledged last. */
  async finish(): Promise<void> {
    this.#stopping = true;
    await eventually(() => this.#unanswered.size === 0, "everything is answered", patience);
    for (const follower of this.followers) {
      const end = this.#lastOffset(follower.ledgerId);
      await eventually(() => follower.offset >= end, `the follower of ${follower.ledgerId} is at the end`, patience);
    }
  }

  #hear(message: FromWriter): void {
    try {
      if (message.kind === "answered") this.#answered(message.commandId, message.outcome);
      if (message.kind === "failed") assert.fail(`${message.commandId} failed: ${message.message}`);
      if (message.kind === "frame") this.#framed(message);
    } catch (error) {
      this.faults.push(error);
    }
  }

  #answered(commandId: string, outcome: AnyOutcome): void {
    const first = this.answers.get(commandId);
    if (first) assert.deepEqual(outcome, first, `${commandId} gets another answer`);
    else this.#acknowledged.push(commandId);
    this.answers.set(commandId, outcome);
    this.#unanswered.delete(commandId);
    this.#fill();
  }

  #framed({ ledgerId, id, frame }: Extract<FromWriter, { kind: "frame" }>): void {
    this.followers.find((follower) => follower.ledgerId === ledgerId)?.receive(id, frame);
  }

  #fill(): void {
    while (!this.#stopping && this.#unanswered.size < mostInFlight) this.#send(this.#pick());
  }

  #send(command: SentCommand): void {
    this.commands.set(command.commandId, command);
    this.#unanswered.set(command.commandId, command);
    this.#writer?.tell({ kind: "send", command });
  }

  /** Mostly a new command; now and then one that was acknowledged, perhaps in an earlier life. */
  #pick(): SentCommand {
    const repeated = this.#random.oneIn(12) ? this.commands.get(this.#any(this.#acknowledged) ?? "") : undefined;
    if (repeated && !this.#unanswered.has(repeated.commandId)) return repeated;
    this.#next += 1;
    return {
      commandId: `command-${this.#next}`,
      ledgerId: this.#any(ledgerIds) ?? "north",
      user: this.#any(users) ?? "ann",
      entry: this.#random.oneIn(10) ? -this.#next : this.#next,
      times: this.#random.between(1, 3),
    };
  }

  #lastOffset(ledgerId: string): number {
    let last = 0;
    for (const [commandId, outcome] of this.answers) {
      if (outcome.ok && this.commands.get(commandId)?.ledgerId === ledgerId) last = Math.max(last, outcome.offset);
    }
    return last;
  }

  #any<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.#random.between(0, items.length - 1)];
  }
}
