import type { PriceBand, SoftClose } from "@shoal/contract/auctions";

/** The terms of a lot, as far as they decide. */
export interface ModelTerms {
  readonly startPrice: number;
  readonly increments: PriceBand[];
  readonly proxy: boolean;
  readonly reserve: number | null;
  readonly softClose: SoftClose | null;
  readonly endsAt: number;
}

export interface ModelBid {
  readonly who: string;
  readonly amount: number;
  readonly at: number;
}

/**
 * An auction as a clerk with a pile of slips would hold it: for each slip the whole pile is gone through again. It knows nothing of how the
 * real one is written.
 */
export class ModelAuction {
  readonly #terms: ModelTerms;
  readonly #slips: ModelBid[] = [];
  price: number | null = null;
  endsAt: number;
  /** How many bids everybody saw. */
  visible = 0;

  constructor(terms: ModelTerms) {
    this.#terms = terms;
    this.endsAt = terms.endsAt;
  }

  get taken(): readonly ModelBid[] {
    return this.#slips;
  }

  /** Who gave most, of those who gave as much who gave it first. */
  get leader(): ModelBid | undefined {
    const most = Math.max(...this.#slips.map(({ amount }) => amount));
    return this.#slips.find(({ amount }) => amount === most);
  }

  get minimum(): number {
    return this.price === null ? this.#terms.startPrice : this.price + this.#step(this.price);
  }

  get sold(): boolean {
    const { reserve } = this.#terms;
    return this.leader !== undefined && (reserve === null || this.leader.amount >= reserve);
  }

  /** @returns whether it was taken, or the least that would have been */
  bid(slip: ModelBid): "taken" | "ended" | number {
    if (slip.at >= this.endsAt) return "ended";
    const raises = this.#terms.proxy && this.leader?.who === slip.who;
    const least = raises ? (this.leader?.amount ?? 0) + 1 : this.minimum;
    if (slip.amount < least) return least;
    const before = this.price;
    this.#slips.push(slip);
    this.price = raises ? before : this.#priceOfPile();
    const { reserve } = this.#terms;
    if (this.sold && reserve !== null && (this.price ?? 0) < reserve) this.price = reserve;
    if (raises && this.price === before) return "taken";
    this.visible += 1;
    this.#extend(slip.at);
    return "taken";
  }

  #priceOfPile(): number {
    const { startPrice, proxy } = this.#terms;
    const first = this.leader;
    if (!first) return startPrice;
    if (!proxy) return first.amount;
    const others = this.#slips.filter(({ who }) => who !== first.who).map(({ amount }) => amount);
    if (others.length === 0) return this.price ?? startPrice;
    const second = Math.max(...others);
    return Math.max(this.price ?? 0, Math.min(first.amount, second + this.#step(second)));
  }

  #extend(at: number): void {
    const { softClose, endsAt } = this.#terms;
    if (!softClose || this.endsAt - at > softClose.windowMs) return;
    const wanted = this.endsAt + softClose.extendMs;
    this.endsAt = softClose.maxTotalMs === null ? wanted : Math.min(wanted, endsAt + softClose.maxTotalMs);
  }

  #step(price: number): number {
    let by = 0;
    for (const band of this.#terms.increments) if (price >= band.from) by = band.by;
    return by;
  }
}
