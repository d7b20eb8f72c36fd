import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { callOverHttp, callOverWebSocket } from "./callers.ts";
import { Tab } from "./person.ts";
import { openWebDemo } from "./stage.ts";

const patience = 20_000;

/** What one writes into the form of a lot. */
export interface LotForm {
  readonly title?: string;
  readonly startPrice?: string;
  readonly reserve?: string;
  readonly minutes?: string;
  readonly softClose?: string;
}

/** One tab in the auction house. */
export class BidderTab extends Tab {
  async go(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.page.url()).href);
  }

  async fillLot({ title, startPrice, reserve, minutes, softClose }: LotForm): Promise<void> {
    const fields = { "What is it?": title, "Start price": startPrice, Reserve: reserve, "Minutes it is open": minutes };
    for (const [label, text] of Object.entries(fields))
      if (text !== undefined) await this.page.getByLabel(label).fill(text);
    if (softClose) await this.page.getByLabel("Late bids move the end by").selectOption(softClose);
  }

  /** Offers a lot by the form, whose page it opens. */
  async offer(lot: LotForm): Promise<void> {
    await this.go("/auctions/new");
    await this.fillLot(lot);
    await this.press("Offer it");
    if (lot.title?.trim()) await this.page.getByRole("heading", { level: 1, name: lot.title }).waitFor();
  }

  async bid(amount: string): Promise<void> {
    await this.page.getByLabel(/^Your (maximum|bid)$/).fill(amount);
    await this.page.getByRole("button", { name: "Bid", exact: true }).click();
  }

  /** Waits until the page says so of how its user stands. */
  async stands(text: string): Promise<void> {
    const standing = this.page.getByRole("status", { name: "Your standing" });
    await expect.poll(() => standing.textContent(), { timeout: 90_000 }).toBe(text);
  }

  /** Waits until the page says so at once, to who listens as well. */
  async alerted(text: string): Promise<void> {
    await this.page.getByRole("alert").getByText(text, { exact: true }).waitFor();
  }

  async costs(price: string): Promise<void> {
    await this.page.getByRole("region", { name: "Price" }).getByText(price, { exact: true }).waitFor();
  }

  /** The bids that the server has confirmed, newest first. */
  async bids(): Promise<readonly string[]> {
    const rows = await this.page.locator('[data-bid="placed"]').allInnerTexts();
    return rows.map((text) => `${text.trim().split(/\s/)[0]} ${/€[\d,.]+/.exec(text)?.[0]}`);
  }

  /** Exactly these have the lot open. */
  async watches(...names: string[]): Promise<void> {
    const watching = this.page.getByRole("list", { name: "Watching now" }).locator("[data-person]");
    await expect.poll(async () => (await watching.allInnerTexts()).toSorted(), { timeout: patience }).toEqual(names);
  }
}

/** Somebody at a browser of their own, whose clock may be wrong. */
export class Bidder implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #url: string;

  private constructor(context: BrowserContext, url: string) {
    this.#context = context;
    this.#url = url;
  }

  static async at(browser: Browser, url: string, { clockAheadMs = 0 } = {}): Promise<Bidder> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US" });
    if (clockAheadMs !== 0) await context.addInitScript(shiftClock, clockAheadMs);
    return new Bidder(context, url);
  }

  async open(path: string): Promise<BidderTab> {
    const page: Page = await this.#context.newPage();
    await page.goto(`${this.#url}${path}`);
    return new BidderTab(page);
  }

  async [Symbol.asyncDispose]() {
    await this.#context.close();
  }
}

/** Runs in the page: its clock is set wrong, and goes on as it does. */
function shiftClock(aheadMs: number): void {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [RealDate.now() + aheadMs] : given) as [number]));
    }

    static override now(): number {
      return RealDate.now() + aheadMs;
    }
  } as DateConstructor;
}

export interface House<Names extends readonly string[]> extends AsyncDisposable {
  readonly demo: Awaited<ReturnType<typeof openWebDemo>>;
  readonly tabs: { readonly [K in keyof Names]: BidderTab };
  /** Opens the auction of a lamp, from €20.00 in steps of €1.00 and more, and returns its path. */
  open(terms: object, openMs: number): Promise<string>;
  /** The same, sold by who is signed in there. */
  openOf(seller: BidderTab, terms: object, openMs: number): Promise<string>;
  /** Bids so often for what is at the path, from €20.00 in steps of €1.00. */
  bidOften(path: string, times: number): Promise<void>;
}

/** A running demo, with people who are signed in and look at the auctions. */
export async function meetAtTheHouse<const Names extends readonly string[]>(
  browser: Browser,
  ...names: Names
): Promise<House<Names>> {
  await using cleanup = new AsyncDisposableStack();
  const demo = cleanup.use(await openWebDemo());
  const tabs: BidderTab[] = [];
  for (const name of names) {
    const person = cleanup.use(await Bidder.at(browser, demo.url));
    const tab = await person.open("/");
    await tab.signIn(name);
    await tab.page.getByRole("link", { name: "Auctions" }).click();
    tabs.push(tab);
  }
  const open = async (terms: object, openMs: number) => {
    await using caller = callOverHttp(demo.url, undefined);
    const { token } = await caller.trpc.session.create.mutate({ name: "The seller" });
    return await openAs(token, terms, openMs);
  };
  const openAs = async (token: string, terms: object, openMs: number) => {
    await using seller = callOverWebSocket(demo.url, token);
    const { auctions } = seller.trpc.realtime;
    const lot = { title: "A lamp", currency: "EUR", startPrice: 20_00, ...terms };
    const created = await auctions.create.mutate(lot);
    if (!created.ok) throw new Error("The lamp could not be offered.");
    await auctions.open.mutate({ ...created.params, endsAt: Date.now() + openMs });
    return `/auctions/${created.params.auctionId}`;
  };
  const bidOften = async (path: string, times: number) => {
    await using caller = callOverHttp(demo.url, undefined);
    const { token } = await caller.trpc.session.create.mutate({ name: "First" });
    await using bidder = callOverWebSocket(demo.url, token);
    const auctionId = path.split("/").at(-1) ?? "";
    for (let time = 0; time < times; time += 1) {
      const amount = 20_00 + time * 1_00;
      await bidder.trpc.realtime.auctions.placeBid.mutate({ auctionId, amount, currency: "EUR" });
    }
  };
  const openOf = async ({ page }: BidderTab, terms: object, openMs: number) => {
    const session = await page.evaluate(() => localStorage.getItem("shoal-session"));
    return await openAs(JSON.parse(session ?? "null").token, terms, openMs);
  };
  const all = cleanup.move();
  return {
    demo,
    tabs,
    open,
    openOf,
    bidOften,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  } as unknown as House<Names>;
}

/** When each of so many seconds was first shown, by this process's clock: a second as the page writes it, and milliseconds. */
export async function secondsSeen(page: Page, many: number): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  await page.exposeFunction("tick", (text: string) => {
    if (!seen.has(text)) seen.set(text, performance.now());
  });
  await page.getByRole("timer").evaluate((timer) => {
    const { tick } = window as unknown as { tick: (text: string) => void };
    new MutationObserver(() => tick(timer.textContent ?? "")).observe(timer, {
      characterData: true,
      childList: true,
      subtree: true,
    });
  });
  await expect.poll(() => seen.size, { timeout: 20_000 }).toBeGreaterThanOrEqual(many);
  return seen;
}
