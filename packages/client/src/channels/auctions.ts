import { isRetryable, ShoalError } from "@shoal/contract";
import { type Auctions, minimumBid } from "@shoal/contract/auctions";
import type { AnyClient } from "../client.ts";
import { type Readable, Store } from "../store.ts";
import type { Query, Send, Topic } from "../topic.ts";

type State = Auctions["state"];
type PlaceBid = Send<Auctions>["placeBid"];

/** What somebody knows of their own bids in an auction, and nobody else does. */
export interface OwnBid {
  /** Who they are among its bidders; null for who has not bid, and until the server has told. */
  readonly bidder: string | null;
  /** Their maximum, or without proxies their last amount, in minor units. */
  readonly maximum: number | null;
}

const none: OwnBid = { bidder: null, maximum: null };

/** The least time between two questions to the server, in milliseconds. */
const pause = 2_000;

/**
 * What the user of a client has bid in an auction. It is learned from the outcomes of bids, and asked of the server at first and whenever
 * something has changed in the auction that may be of this user: they may bid in another tab, too.
 */
export class OwnBids implements Readable<OwnBid> {
  readonly #topic: Topic<Auctions>;
  readonly #ask: Query<Auctions>["mine"];
  readonly #own = new Store<OwnBid>(none);
  #leave: (() => void) | undefined;
  #users = 0;
  /** Grows when another user has come, or another generation of the auction: what was asked before is of no use. */
  #life = 0;
  /** What was told last, which is `current` once the auction's state is as new. */
  #told = none;
  /** What was known by then: an offset, and how many bidders there were. */
  #known = { at: -1, bidders: -1 };
  #refused = false;
  #asking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(topic: Topic<Auctions>, ask: Query<Auctions>["mine"]) {
    this.#topic = topic;
    this.#ask = ask;
  }

  get current(): OwnBid {
    return this.#own.current;
  }

  /** Follows the auction as long as somebody listens. */
  readonly subscribe = (listener: () => void): (() => void) => {
    // Of its own for each call, since one listener may come twice.
    const stop = this.#own.subscribe(() => listener());
    this.#users += 1;
    this.#leave ??= this.#follow();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      stop();
      this.#users -= 1;
      if (this.#users === 0) this.#rest();
    };
  };

  /** Bids, and learns from the outcome where somebody listens. */
  readonly placeBid: PlaceBid = async (input, options) => {
    const life = this.#life;
    const outcome = await this.#topic.send.placeBid(input, options);
    if (outcome.ok && life === this.#life && this.#leave) {
      const { bidder, maximum } = outcome.result;
      this.#learn({ bidder, maximum }, outcome.offset);
    }
    return outcome;
  };

  #follow(): () => void {
    const stop = this.#topic.subscribe(() => this.#look());
    const stopResets = this.#topic.onReset((reason) => {
      if (reason === "epoch" || reason === "ahead") this.#forget();
      this.#look();
    });
    this.#look();
    return () => {
      stop();
      stopResets();
    };
  }

  #rest(): void {
    this.#leave?.();
    this.#leave = undefined;
    // Without listening, it would not be learned that another user has come.
    this.#forget();
  }

  /** @param due - whether it has waited since something happened; at first it need not */
  #look(due = this.#askedAt === Number.NEGATIVE_INFINITY): void {
    const { status, state, offset } = this.#topic.current;
    if (state === undefined) this.#forget();
    this.#show();
    // What was not answered is asked again once there is a connection.
    if (status !== "live") this.#refused = false;
    if (status !== "live" || this.#asking || this.#refused || this.#timer !== undefined) return;
    if (!mayBeMine(state, offset, this.#told, this.#known)) return;
    if (due) {
      void this.#askOnce(offset, state.bidders);
      return;
    }
    const wait = Math.max(0, this.#askedAt + pause - performance.now());
    // Everybody who watches sees the same bid: they are not to ask all at once.
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#look(true);
      },
      wait + Math.random() * pause,
    );
  }

  async #askOnce(offset: number, bidders: number): Promise<void> {
    const life = this.#life;
    this.#asking = true;
    this.#askedAt = performance.now();
    try {
      const { bidder, maximum } = await this.#ask(this.#topic.params);
      if (life !== this.#life) return;
      this.#known = { ...this.#known, bidders };
      this.#learn({ bidder, maximum }, offset);
    } catch (error) {
      // Who is not signed in has not bid.
      if (life === this.#life) this.#refused = !(error instanceof ShoalError && isRetryable(error.code));
    } finally {
      if (life === this.#life) this.#asking = false;
    }
    if (this.#leave) this.#look();
  }

  /** An answer that was late does not take the place of what is newer. */
  #learn(own: OwnBid, at: number): void {
    if (at < this.#known.at) return;
    this.#known = { ...this.#known, at };
    this.#told = own;
    this.#show();
  }

  /** Over a state without their bid, whoever has just bid would look outbid. */
  #show(): void {
    const { offset = -1 } = this.#topic.current;
    const { bidder, maximum } = this.#told;
    if (offset < this.#known.at || (bidder === this.current.bidder && maximum === this.current.maximum)) return;
    this.#own.set(this.#told);
  }

  #forget(): void {
    this.#life += 1;
    this.#told = none;
    this.#known = { at: -1, bidders: -1 };
    this.#refused = false;
    this.#asking = false;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.current !== none) this.#own.set(none);
  }
}

/** Whether something happened since what is known that may be of the user: a first bid, a bid of theirs, a greater maximum as the leader. */
function mayBeMine(
  { bidders, leader, recent }: State,
  offset: number,
  { bidder }: OwnBid,
  known: { readonly at: number; readonly bidders: number },
): boolean {
  if (known.at < 0) return true;
  if (bidder === null) return bidders !== known.bidders;
  if (leader?.bidder === bidder) return offset > known.at;
  return recent.some((bid) => bid.bidder === bidder && bid.offset > known.at);
}

const ownBids = new WeakMap<Topic<Auctions>, OwnBids>();

/**
 * What the client's user has bid in an auction: one for all who use its topic.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the client was created without the auctions
 */
export function ownBidsOf(client: AnyClient, topic: Topic<Auctions>): OwnBids {
  const known = ownBids.get(topic);
  if (known) return known;
  const { auctions } = client as AnyClient & { readonly auctions?: { readonly query: Query<Auctions> } };
  if (!auctions) {
    const message = 'The client has no channel "auctions". Add it to `channels` of createClient.';
    throw new ShoalError("BAD_REQUEST", message);
  }
  const created = new OwnBids(topic, auctions.query.mine);
  ownBids.set(topic, created);
  return created;
}

/** The least that this user may bid now, in minor units; null while there is no lot. Who leads raises their own maximum. */
export function minimumBidOf(state: State, { bidder, maximum }: OwnBid): number | null {
  const leads = bidder !== null && state.leader?.bidder === bidder;
  return leads && state.lot?.proxy && maximum !== null ? maximum + 1 : minimumBid(state);
}
