import type { AnyDashboard, DashboardTypes } from "@shoal/contract/dashboards";
import * as z from "zod/mini";
import type { CommandCall } from "../channel/command-call.ts";
import { definePrivate, type PrivatePart } from "../channel/define-private.ts";

/** The types of any dashboard, as its server sees it. */
export interface DashboardTopicTypes extends DashboardTypes<string> {}

const holder = z.object({ node: z.string(), until: z.number() });
const batch = z.object({ from: z.string(), number: z.int() });

type Batch = z.output<typeof batch>;

export interface DashboardPrivate {
  state: { lease: z.output<typeof holder> | null; batches: Batch[] };
  secrets: { leased: z.output<typeof holder>; updated: Batch | null };
}

/** Of so many who send updates it is known which was their last, of those who sent last. */
const mostBatches = 100;

/**
 * Which node collects for all, and until when nobody else may, by the store's clock; and which updates came, so that one may be sent again
 * when nobody knows what became of it.
 */
export function dashboardPrivate(dashboard: AnyDashboard) {
  const part = definePrivate(
    dashboard,
    {
      state: z.object({ lease: z.nullable(holder), batches: z.array(batch) }),
      secrets: { leased: holder, updated: z.nullable(batch) },
    },
    {
      initial: () => ({ lease: null, batches: [] }),
      apply: {
        leased: (state, _leased, lease) => ({ ...state, lease }),
        updated: (state, _updated, batch) =>
          batch ? { ...state, batches: batchesAfter(state.batches, batch) } : state,
      },
    },
  );
  return part as unknown as PrivatePart<DashboardTopicTypes, DashboardPrivate>;
}

function batchesAfter(batches: readonly Batch[], batch: Batch): Batch[] {
  return [...batches.filter(({ from }) => from !== batch.from), batch].slice(-mostBatches);
}

/** Whether an update came before. */
export function isKnown({ batches }: DashboardPrivate["state"], batch: Batch | undefined): boolean {
  return batches.some(({ from, number }) => from === batch?.from && number >= batch.number);
}

type ClaimCall = CommandCall<DashboardTopicTypes, "claim", unknown, undefined, undefined, DashboardPrivate>;

/** Gives the lease to a node that asks, unless another one holds it. A lease of no time gives it back. */
export function decideClaim({
  private: { lease },
  input,
  now,
  emit,
}: Pick<ClaimCall, "private" | "input" | "now" | "emit">) {
  const { node, leaseMs } = input;
  const isOthers = lease !== null && lease.node !== node && lease.until > now;
  if (isOthers) return { held: false };
  const isRelease = leaseMs <= 0;
  if (isRelease && lease?.node !== node) return { held: false };
  emit("leased", {}, { node, until: now + leaseMs });
  return { held: !isRelease };
}

/** What a lease needs of its topic. */
export interface LeaseOptions {
  /** Asks for the lease. @returns whether it is held then */
  readonly claim: (leaseMs: number) => Promise<boolean>;
  /** After how long without a sign of life another node may have it, in milliseconds. */
  readonly leaseMs: number;
}

/**
 * A node's side of the lease: it asks, again and again, while anybody here needs it. When two nodes hold it for a moment, both collect, and
 * that harms nothing.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #gained = new Set<() => void>();
  #users = 0;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #timeout: NodeJS.Timeout | undefined;
  #asking: Promise<void> = Promise.resolve();

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /** Needs the lease from now on. @returns what ends that, and gives the lease back if nobody here needs it any more */
  join(): () => Promise<void> {
    this.#users += 1;
    if (this.#users === 1) this.#asking = this.#asking.then(() => this.#ask());
    return async () => {
      this.#users -= 1;
      if (this.#users > 0) return;
      clearTimeout(this.#timeout);
      this.#asking = this.#asking.then(() => this.#release());
      await this.#asking;
    };
  }

  /** Calls back whenever the lease comes to this node. @returns what ends that */
  onGained(listener: () => void): () => void {
    this.#gained.add(listener);
    return () => this.#gained.delete(listener);
  }

  /** What cannot be asked now is asked again soon. */
  async #ask(): Promise<void> {
    if (this.#users === 0) return;
    const { claim, leaseMs } = this.#options;
    const asked = performance.now();
    const had = this.isHeld;
    const held = await claim(leaseMs).catch(() => undefined);
    if (held !== undefined) this.#heldUntil = held ? asked + leaseMs : Number.NEGATIVE_INFINITY;
    if (held && !had) for (const tell of this.#gained) tell();
    if (this.#users === 0) return;
    this.#timeout = setTimeout(() => {
      this.#asking = this.#asking.then(() => this.#ask());
    }, leaseMs / 3).unref();
  }

  async #release(): Promise<void> {
    if (this.#users > 0) return;
    const had = this.isHeld;
    this.#heldUntil = Number.NEGATIVE_INFINITY;
    if (had) await this.#options.claim(0).catch(() => undefined);
  }
}
