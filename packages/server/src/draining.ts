import { ShoalError } from "@shoal/contract";
import { spread } from "./spread.ts";

/** How a transport lets its clients go, in milliseconds from now. */
export interface DrainPlan {
  /** Within which all of them are told to go elsewhere, evenly and in a random order. */
  readonly spreadMs: number;
  /** After which none is there any more, whatever it waits for. */
  readonly deadlineMs: number;
  /** How long each may take to go once it is told to. */
  readonly graceMs: number;
}

/** What has clients of its own. */
export interface Drained {
  /** Sends its clients elsewhere, and takes no more. Called once. */
  drain(plan: DrainPlan): Promise<void>;
}

/** A subscription that somebody iterates. */
export interface Failing {
  fail(error: ShoalError): void;
}

export interface DrainingOptions {
  readonly spreadMs: number;
  /** Whether the realtime is closed, or closes. */
  readonly isClosed: () => boolean;
}

/** When all is over, whatever does not end by itself, in milliseconds. */
const limitMs = 10_000;
const plannedMs = 9_500;

/** For who does not say how. */
export const defaultPlan: DrainPlan = { spreadMs: 5_000, deadlineMs: plannedMs, graceMs: 1_000 };

/** For a realtime that is closed: there is nothing here to stay for. */
const noPlan: DrainPlan = { spreadMs: 0, deadlineMs: 0, graceMs: 0 };

/** The longest time over which clients are sent away. */
const maxSpreadMs = 7_500;

/** The property of a procedure by which a transport finds the {@link Draining} of its realtime. */
const property: unique symbol = Symbol.for("shoal.draining");

/** What a realtime's clients have under way on this node, and how it is brought to an end. */
export class Draining {
  readonly #options: DrainingOptions;
  readonly #transports = new Set<Drained>();
  readonly #iterated = new Set<Failing>();
  #running = 0;
  #becameIdle: (() => void) | undefined;
  #drained: Promise<void> | undefined;

  constructor(options: DrainingOptions) {
    this.#options = options;
  }

  get isDraining(): boolean {
    return this.#drained !== undefined;
  }

  /** Whether clients may come here. */
  get isReady(): boolean {
    return !this.#drained && !this.#options.isClosed();
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` when nothing more may begin */
  insist(): void {
    if (this.#drained) throw shuttingDown();
  }

  /** Does what a client waits for. */
  async during<R>(answer: () => Promise<R>): Promise<R> {
    this.insist();
    this.#running += 1;
    try {
      return await answer();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#becameIdle?.();
    }
  }

  /** @returns the function that takes it out again */
  register(transport: Drained): () => void {
    this.#transports.add(transport);
    return () => this.#transports.delete(transport);
  }

  /** The same for a subscription of a transport that knows nothing of this, such as one of tRPC's. */
  follow(subscription: Failing): () => void {
    this.#iterated.add(subscription);
    if (this.#drained) subscription.fail(shuttingDown());
    return () => this.#iterated.delete(subscription);
  }

  /** Begins nothing more, lets what is under way end and sends all clients elsewhere. */
  drain(): Promise<void> {
    this.#drained ??= Promise.resolve().then(() => this.#drain());
    return this.#drained;
  }

  async #drain(): Promise<void> {
    const spreadMs = Math.min(this.#options.spreadMs, maxSpreadMs);
    const plan = this.#options.isClosed() ? noPlan : { ...defaultPlan, spreadMs };
    let limit: NodeJS.Timeout | undefined;
    const over = Promise.allSettled([
      this.#idle(),
      spread(this.#iterated, plan.spreadMs, (subscription) => subscription.fail(shuttingDown())),
      ...[...this.#transports].map((transport) => transport.drain(plan)),
    ]);
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, limitMs);
    });
    await Promise.race([over, late]);
    clearTimeout(limit);
  }

  async #idle(): Promise<void> {
    if (this.#running === 0 || this.#options.isClosed()) return;
    await new Promise<void>((resolve) => {
      this.#becameIdle = resolve;
    });
  }
}

/** Lets a transport that serves this procedure find it. */
export function setDraining(procedure: object, draining: Draining): void {
  Object.assign(procedure, { [property]: draining });
}

/** That of every realtime in a router, each once. */
export function drainingsOf(router: { readonly _def: { readonly procedures: unknown } }): ReadonlySet<Draining> {
  const procedures = Object.values(router._def.procedures as Record<string, object>);
  return new Set(procedures.flatMap((procedure) => (Reflect.get(procedure, property) as Draining) ?? []));
}

function shuttingDown(): ShoalError {
  return new ShoalError("SERVICE_UNAVAILABLE", "The server is shutting down. Try again.");
}
