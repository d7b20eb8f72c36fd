import { ShoalError } from "@shoal/contract";
import { refusal } from "../channel/access.ts";
import { audienceOf } from "../channel/definition.ts";
import { tellFault } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Authorizations } from "./authorizations.ts";
import { added, listOf, without } from "./few.ts";
import { expired, userKey } from "./identity.ts";
import { concerns, type Revocation } from "./revocations.ts";
import { RunningWatch, type WatchKeeper, type WatchOptions } from "./running-watch.ts";
import type { Visitors } from "./visitors.ts";

export interface WatchesOptions {
  readonly realtime: object;
  readonly authorizations: Authorizations;
  readonly visitors: Visitors;
  readonly logger: Logger;
}

/** The watches that run on a node: by users, to be ended when they may not go on. */
export class Watches implements WatchKeeper {
  readonly #options: WatchesOptions;
  readonly #expiring = new Set<RunningWatch>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  get realtime(): object {
    return this.#options.realtime;
  }

  /** How many end by themselves. */
  get expiring(): number {
    return this.#expiring.size;
  }

  /** A watch begins to run. What must be so is found out before, and nothing waits in between. */
  start(options: WatchOptions): RunningWatch {
    const watch = new RunningWatch(options, this);
    const owner = ownerOf(watch);
    const { user } = watch.caller;
    if (owner !== undefined && user) {
      const visitor = this.#options.visitors.visit(owner, user);
      visitor.watches = added(visitor.watches, watch);
    }
    if (watch.question) this.#options.authorizations.add(watch.question, watch);
    this.#timed(watch);
    return watch;
  }

  opened({ live: { definition } }: RunningWatch): void {
    definition.meters.watched += 1;
    definition.meters.subscribers += 1;
  }

  ended(watch: RunningWatch): void {
    const { visitors } = this.#options;
    if (watch.isOpen) watch.live.definition.meters.subscribers -= 1;
    const owner = ownerOf(watch);
    const visitor = owner === undefined ? undefined : visitors.get(owner);
    if (visitor) {
      visitor.watches = without(visitor.watches, watch);
      visitors.leave(visitor);
    }
    if (watch.question) this.#options.authorizations.delete(watch.question, watch);
    this.#expiring.delete(watch);
  }

  untold({ live }: RunningWatch, error: unknown): void {
    this.#options.logger.error({ error, topic: live.ref.id }, "a subscriber could not be told why its watch ended");
  }

  renewed(watch: RunningWatch): void {
    this.#timed(watch);
    if (watch.question) watch.question = this.#options.authorizations.move(watch.question, watch);
    const { definition, ref } = watch.live;
    try {
      watch.show(audienceOf(definition, watch.caller.user, ref.params, watch.asked));
    } catch (error) {
      watch.end(toEnd(error, ref.id, this.#options.logger));
    }
  }

  /** Ends what a user was let into. */
  revoke(revocation: Revocation): void {
    for (const watch of listOf(this.#options.visitors.get(revocation.user)?.watches)) {
      const { ref } = watch.live;
      if (concerns(revocation, ref)) watch.end(refusal(watch.caller.user, ref.channel, "watch"));
    }
  }

  /** Ends what has expired by now, in milliseconds since the epoch. */
  step(now: number): void {
    for (const watch of this.#expiring) {
      if (watch.endsAt <= now) watch.end(expired());
    }
  }

  #timed(watch: RunningWatch): void {
    if (watch.endsAt < Number.POSITIVE_INFINITY) this.#expiring.add(watch);
    else this.#expiring.delete(watch);
  }
}

/** Whose it is; `undefined` where nobody is signed in. A user who acts on the topics of a tenant is one of the tenant's. */
function ownerOf({ caller: { user }, live }: RunningWatch): string | undefined {
  return user ? userKey(user.id, live.ref.tenant) : undefined;
}

function toEnd(error: unknown, topic: string, logger: Logger): ShoalError {
  if (error instanceof ShoalError && error.code !== "INTERNAL_SERVER_ERROR") return error;
  return tellFault(logger, { error, topic }, "a watch could not go on for the user as they are now");
}
