import { userKey } from "../../security/identity.ts";
import { noRoom } from "../../security/too-many.ts";
import type { User } from "../../user.ts";
import type { Limits } from "./limits.ts";

/** How many streams one handler has open, in all and of each user who is signed in. */
export class StreamCounts {
  readonly #limits: Limits;
  readonly #ofUsers = new Map<string, number>();
  #size = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Counts one more.
   *
   * @returns what is called once, when it has ended
   * @throws {ShoalError} `TOO_MANY_REQUESTS` when there is no room for it
   */
  enter(user: User | null): () => void {
    const { maxStreams, maxStreamsPerUser } = this.#limits;
    const key = user ? userKey(user.id, user.tenant) : undefined;
    const own = key === undefined ? 0 : (this.#ofUsers.get(key) ?? 0);
    if (this.#size >= maxStreams) throw noRoom("This server has as many streams as it may have. Try again later.");
    if (own >= maxStreamsPerUser) throw noRoom(`You have ${own} streams open, the most that one may have. Close one.`);
    this.#size += 1;
    if (key !== undefined) this.#ofUsers.set(key, own + 1);
    return () => this.#leave(key);
  }

  #leave(key: string | undefined): void {
    this.#size -= 1;
    if (key === undefined) return;
    const left = (this.#ofUsers.get(key) ?? 0) - 1;
    if (left > 0) this.#ofUsers.set(key, left);
    else this.#ofUsers.delete(key);
  }
}
