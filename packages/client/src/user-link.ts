import { ShoalError } from "@shoal/contract";
import type { ClientUser } from "./client-options.ts";
import { type ConnectionState, initialConnectionState } from "./connection.ts";
import { unanswered } from "./errors.ts";
import type { Link, SubscriptionHandlers, SubscriptionRequest } from "./link.ts";
import { Store } from "./store.ts";
import { userKey } from "./user-key.ts";

export interface UserLinkOptions {
  /** Who the user is now. */
  readonly user: () => ClientUser | null;
  /**
   * Makes the link of one user. It must call `check` before it asks for a token and after: when that throws, the token
   * would be somebody else's.
   */
  readonly create: (check: () => void) => Link;
  /** Called when another user has taken the place of the one before, with the new link in place and before the old one closes. */
  readonly changed: () => void;
}

/**
 * A link for whoever is the user: each has a link, and so a connection, of their own. It looks who the user is whenever it is
 * used or its connection changes, and nothing that was asked for one user is sent on the connection of another.
 */
export class UserLink implements Link {
  readonly connection = new Store<ConnectionState>(initialConnectionState);
  readonly #options: UserLinkOptions;
  #userKey: string | undefined;
  #link: Link | undefined;
  #closed = false;

  constructor(options: UserLinkOptions) {
    this.#options = options;
  }

  /** Names the user whose connection this is; undefined for nobody. */
  get userKey(): string | undefined {
    return this.#userKey;
  }

  /** Looks who the user is, and connects anew when it is another one than before. Returns who it is. */
  check(): string | undefined {
    if (!this.#closed) this.#become(userKey(this.#options.user()));
    return this.#userKey;
  }

  subscribe(path: string, request: () => SubscriptionRequest, handlers: SubscriptionHandlers): () => void {
    const link = this.#present;
    return link.subscribe(path, request, {
      data: (id, data) => handlers.data(id, data),
      ended: (error, lost) =>
        this.#left(link, error) ? handlers.ended(unanswered(error), true) : handlers.ended(error, lost),
    });
  }

  mutate(path: string, input: object, signal?: AbortSignal): Promise<unknown> {
    return this.#request((link) => link.mutate(path, input, signal));
  }

  query(path: string, input: object | undefined, signal?: AbortSignal, large?: boolean): Promise<unknown> {
    // What one user has asked for is not shown to the next one, who may be here when it comes.
    return this.#request((link) => link.query(path, input, signal, large).finally(() => this.#stillOf(link)));
  }

  retry(): void {
    this.#present.retry?.();
  }

  async close(): Promise<void> {
    const link = this.#present;
    this.#closed = true;
    await link.close();
  }

  get #present(): Link {
    this.check();
    return this.#link as Link;
  }

  #become(key: string | undefined): void {
    const before = this.#link;
    if (before && key === this.#userKey) return;
    this.#userKey = key;
    const link = this.#options.create(() => this.#stillOf(link));
    this.#link = link;
    link.connection.subscribe(() => this.#follow(link));
    if (!before) return;
    this.#options.changed();
    this.#follow(link);
    void before.close();
  }

  async #request(ask: (link: Link) => Promise<unknown>): Promise<unknown> {
    const link = this.#present;
    try {
      return await ask(link);
    } catch (error) {
      throw this.#left(link, error) ? unanswered(error) : error;
    }
  }

  /** Whether something ended only because another user came. */
  #left(link: Link, error: unknown): boolean {
    return link !== this.#link && error instanceof ShoalError && error.code === "CLOSED";
  }

  #follow(link: Link): void {
    this.check();
    if (link === this.#link) this.connection.set(link.connection.current);
  }

  /** @throws {ShoalError} when the user of this link is not the user any more */
  #stillOf(link: Link): void {
    this.check();
    if (link !== this.#link) throw unanswered(undefined);
  }
}
