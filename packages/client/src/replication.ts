import type { AnyFrame } from "@shoal/contract";
import type { LooseChannel, LooseTypes } from "./loose.ts";
import { type Replica, reduce } from "./replica.ts";
import type { BeginningState } from "./topic.ts";

/** What a topic has heard from its subscriptions, one after the other, and where the next one goes on. */
export class Replication {
  readonly #contract: LooseChannel;
  #replica: Replica | undefined;
  #position: string | undefined;
  #opened = false;
  /** The offset at which the replica has caught up with the server. */
  #liveAt = 0;

  constructor(contract: LooseChannel) {
    this.#contract = contract;
  }

  get replica(): Replica | undefined {
    return this.#replica;
  }

  /** Where to go on from; undefined where only a snapshot helps. */
  get position(): string | undefined {
    return this.#position;
  }

  /** Whether the server has begun to answer the present subscription. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Whether the replica has all that the server had when the present subscription began, and what came since. */
  get live(): boolean {
    return this.#opened && this.#replica !== undefined && this.#replica.offset >= this.#liveAt;
  }

  /**
   * Takes what the server sent.
   *
   * @returns whether it follows what came before; if not, something is missing
   * @throws what the contract's `apply` throws
   */
  take(position: string, frame: AnyFrame): boolean {
    const replica = reduce(this.#contract, this.#replica, frame);
    if (!replica) return false;
    this.#replica = replica;
    this.#position = position;
    if (frame.kind === "snapshot" || frame.kind === "resumed") {
      this.#opened = true;
      this.#liveAt = frame.kind === "resumed" ? replica.offset + frame.replayed : replica.offset;
    }
    return true;
  }

  /** Starts from a state that came in another way, unless there is one that is as new, or that is being gone on from. */
  hydrate({ state, offset, at = 0, position }: BeginningState<LooseTypes>, watched: boolean): boolean {
    if (this.#replica && (watched || this.#replica.offset >= offset)) return false;
    this.#replica = { state, offset, at, members: [] };
    this.#position = position;
    return true;
  }

  /** To be called when the present subscription has ended, or is being replaced. */
  interrupt(): void {
    this.#opened = false;
  }

  /** Gives up the position: the state is good for nothing but to be looked at until a snapshot comes. */
  forgetPosition(): void {
    this.#position = undefined;
  }

  /** Gives up the state, too. */
  clear(): void {
    this.#opened = false;
    this.#replica = undefined;
    this.#position = undefined;
  }
}
