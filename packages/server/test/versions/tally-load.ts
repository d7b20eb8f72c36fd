import assert from "node:assert/strict";
import type { Random } from "../durability/random.ts";
import { eventually } from "../support/recorder.ts";
import type { TallyProcess } from "./tally-process.ts";

const tallyIds = ["north", "east", "south", "west", "hall", "yard"] as const;
const senders = 10;
const patience = 30_000;

/** A command that somebody sends until it is answered, in the words of the version that the sender's page has. */
export interface Sent {
  readonly commandId: string;
  readonly name: "add" | "forward";
  readonly tallyId: string;
  readonly to: string;
  readonly amount: number;
  readonly version: 1 | 2;
}

type Outcome = { readonly ok: true; readonly offset: number; readonly result?: { sum?: number; total?: number } };

/** Those who use tallies while nodes are deployed: each sends again, to whichever node there is, what may be sent again. */
export class TallyLoad {
  readonly answers = new Map<Sent, Outcome>();
  readonly faults: unknown[] = [];
  /** The nodes that there are now. */
  nodes: readonly TallyProcess[] = [];
  /** The versions that pages have now. */
  pages: readonly (1 | 2)[] = [1];
  readonly #random: Random;
  #stopping = false;
  #next = 0;
  #running: readonly Promise<void>[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  begin(): void {
    this.#running = Array.from({ length: senders }, () => this.#run().catch((error) => void this.faults.push(error)));
  }

  /** Waits until so many more commands are acknowledged. */
  async more(count: number): Promise<void> {
    const wanted = this.answers.size + count;
    await eventually(
      () => this.answers.size >= wanted || this.faults.length > 0,
      `${count} more are answered`,
      patience,
    );
    assert.deepEqual(this.faults, []);
  }

  /** Begins nothing new, and waits until everything is answered. */
  async finish(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    assert.deepEqual(this.faults, []);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const sent = this.#pick();
      const first = await this.#acknowledged(sent);
      this.answers.set(sent, first);
      // Now and then the answer is lost, and the client sends what was done already.
      if (this.#random.oneIn(6)) assert.equal((await this.#acknowledged(sent)).offset, first.offset, "answered anew");
    }
  }

  async #acknowledged({ name, commandId, tallyId, to, amount, version }: Sent): Promise<Outcome> {
    const words = version === 1 ? { by: amount } : { amount };
    const input = { tallyId, commandId, version, ...words, ...(name === "forward" && { to }) };
    for (;;) {
      const node = this.nodes[this.#random.between(0, this.nodes.length - 1)];
      const answer = (await node?.send(name, input)) ?? { code: "SERVICE_UNAVAILABLE" };
      if ("outcome" in answer) return answer.outcome as Outcome;
      assert.equal(answer.code, "SERVICE_UNAVAILABLE", `${commandId} is refused`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #pick(): Sent {
    this.#next += 1;
    const any = <T>(items: readonly T[]): T => items[this.#random.between(0, items.length - 1)] as T;
    return {
      commandId: `command-${this.#next}`,
      name: this.#random.oneIn(8) ? "forward" : "add",
      tallyId: any(tallyIds),
      to: any(tallyIds),
      amount: this.#random.between(1, 9),
      version: any(this.pages),
    };
  }
}
