import type { StoredRevocation } from "../store.ts";
import { type TopicRef, topicRef } from "../topic-ref.ts";
import { added, type Few, listOf, without } from "./few.ts";
import { userKey } from "./identity.ts";

/** How long revocations are kept, in milliseconds: many times as long as nodes are away from their store. */
export const revocationsMs = 60 * 60 * 1_000;

/** A revocation as a node has heard of it. */
export interface Revocation extends StoredRevocation {
  /** Whose it is. */
  readonly user: string;
  /** The topic that it is about alone. */
  readonly topicId: string | undefined;
  /** How many this node had heard of by then. */
  readonly moment: number;
  /** When, by `performance.now()`. */
  readonly at: number;
}

/**
 * The revocations that a node heard of in the last while. What was found out about a user before one of them is to be found out again.
 */
export class Revocations {
  readonly #keptMs: number;
  readonly #known = new Map<string, Revocation>();
  readonly #byUser = new Map<string, Few<Revocation>>();
  #moment = 0;

  /** @param keptMs - for how long they are known, in milliseconds */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** Now, as it is counted by revocations. */
  get moment(): number {
    return this.#moment;
  }

  /** @returns it as this node knows it; `undefined` when it was known before */
  hear(stored: StoredRevocation): Revocation | undefined {
    this.#forget();
    if (this.#known.has(stored.id)) return undefined;
    const { channel, params, tenant, userId } = stored;
    const topicId = channel !== null && params !== null ? topicRef(channel, tenant, params).id : undefined;
    this.#moment += 1;
    const user = userKey(userId, tenant);
    const revocation = { ...stored, user, topicId, moment: this.#moment, at: performance.now() };
    this.#known.set(stored.id, revocation);
    this.#byUser.set(user, added(this.#byUser.get(user), revocation));
    return revocation;
  }

  /**
   * Whether something of a user was revoked after a moment.
   *
   * @param ref - a topic that must be concerned; without it, all of the user
   */
  since(moment: number, user: string | undefined, ref?: TopicRef): boolean {
    if (user === undefined || moment === this.#moment) return false;
    return listOf(this.#byUser.get(user)).some((one) => one.moment > moment && concerns(one, ref));
  }

  #forget(): void {
    const oldest = performance.now() - this.#keptMs;
    for (const [id, revocation] of this.#known) {
      if (revocation.at > oldest) return;
      this.#known.delete(id);
      const left = without(this.#byUser.get(revocation.user), revocation);
      if (left) this.#byUser.set(revocation.user, left);
      else this.#byUser.delete(revocation.user);
    }
  }
}

/** Whether a revocation is about a topic; without one, whether it is about all of the user. */
export function concerns({ channel, topicId }: Revocation, ref: TopicRef | undefined): boolean {
  if (channel === null) return true;
  return ref !== undefined && channel === ref.channel && (topicId === undefined || topicId === ref.id);
}
