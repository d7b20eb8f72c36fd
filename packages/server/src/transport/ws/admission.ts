import type { TRPCError } from "@trpc/server";
import { parseConnectionParamsFromUnknown } from "@trpc/server/http";
import type { Closable, Connections, Registration } from "../../security/connections.ts";
import { type Identity, refuseExpired } from "../../security/identity.ts";
import { isObject } from "./call.ts";
import { type ConnectionParams, Credentials } from "./credentials.ts";
import type { Handling } from "./handling.ts";
import type { Limits } from "./limits.ts";

const noOthers: readonly Registration[] = [];

/** How one connection is known to the realtimes of the router that it is served. */
export class Admission {
  readonly #first: Registration;
  /** Most routers have one realtime. */
  readonly #others: readonly Registration[];
  readonly #limits: Limits;
  /** Where it is known until when what the client signed in with is good. */
  readonly #credentials: Credentials | undefined;
  #renewed: ReadonlyMap<object, Identity> | undefined;

  /** @returns an error instead where this node has no room for one more, and nothing where there is no realtime */
  static of({ realtimes, limits }: Handling, connection: Closable): Admission | TRPCError | undefined {
    const [first, ...others] = realtimes;
    if (!first) return undefined;
    const full = realtimes.find((one) => one.isFull(limits));
    return full ? full.noRoom() : new Admission(first, others, connection, limits);
  }

  private constructor(first: Connections, others: readonly Connections[], connection: Closable, limits: Limits) {
    this.#limits = limits;
    this.#first = first.arrive(connection);
    this.#others = others.length > 0 ? others.map((one) => one.arrive(connection)) : noOthers;
    const expires = first.options.expires || others.some(({ options }) => options.expires);
    if (expires) this.#credentials = new Credentials(limits.refreshMs);
  }

  /** Whether the client may bring other credentials. */
  get isRenewable(): boolean {
    return this.#credentials !== undefined;
  }

  /** Whose it is now, by realtime, where that is another description than it began with. */
  get renewed(): ReadonlyMap<object, Identity> | undefined {
    return this.#renewed;
  }

  /**
   * Hears of the context of the connection.
   *
   * @throws {TRPCError} when it may not go on with it
   */
  async admit(ctx: unknown): Promise<void> {
    const identities = [await this.#first.admit(ctx, this.#limits)];
    for (const other of this.#others) identities.push(await other.admit(ctx, this.#limits));
    this.#hold(identities);
  }

  /**
   * Hears of another context, which is to take the place of the one before.
   *
   * @returns whether it is still the same user's, and so has taken its place
   * @throws what the base procedure throws, `UNAUTHORIZED` when it has expired already
   */
  async renew(ctx: unknown): Promise<boolean> {
    const renewed = new Map<object, Identity>();
    let isSame = true;
    for (const registration of [this.#first, ...this.#others]) {
      const identity = await registration.identify(ctx);
      refuseExpired(identity);
      renewed.set(registration.realtime, identity);
      isSame &&= registration.isOf(identity);
    }
    if (!isSame) return false;
    this.#renewed = renewed;
    this.#hold([...renewed.values()]);
    return true;
  }

  /**
   * Whether a message brings other credentials, and takes them.
   *
   * @throws when it does, and they are not what they must be
   */
  takes(message: unknown): boolean {
    if (!this.#credentials || !isObject(message) || message.method !== "connectionParams") return false;
    this.#credentials.offer(parseConnectionParamsFromUnknown(message.data));
    return true;
  }

  /** What is to be done now about the credentials; `undefined` where they do not expire. */
  step(stepMs: number): "wait" | "ask" | "end" | undefined {
    return this.#credentials?.step(Date.now(), stepMs);
  }

  /**
   * Begins a renewal with what was offered last, if there is something and the time has come.
   *
   * @returns what `make` returns
   */
  begin(make: (params: ConnectionParams) => Promise<boolean>): Promise<boolean> | undefined {
    const credentials = this.#credentials;
    const offered = credentials?.begin(Date.now());
    if (!credentials || !offered) return undefined;
    return make(offered.params).then(
      (isSame) => {
        credentials.done();
        return isSame;
      },
      (error) => {
        credentials.failed(Date.now());
        throw error;
      },
    );
  }

  end(): void {
    this.#first.end();
    for (const other of this.#others) other.end();
  }

  #hold(identities: readonly (Identity | undefined)[]): void {
    const ends = identities.flatMap((identity) => identity?.expiresAt ?? []);
    this.#credentials?.hold(ends.length > 0 ? Math.min(...ends) : undefined, Date.now());
  }
}
