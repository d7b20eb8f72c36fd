import type { ReactNode } from "react";
import { Link } from "../link.tsx";
import { pathOfAuction } from "../router.ts";
import { LotArt } from "./lot-art.tsx";
import classes from "./lot-card.module.css";
import { splitTitle } from "./lot-title.ts";
import { PriceTag } from "./price-tag.tsx";

/** As much of a lot as its card shows. */
export interface CardLot {
  readonly auctionId: string;
  readonly title: string;
  readonly currency: string;
  readonly startPrice: number;
  readonly price: number | null;
  readonly bids: number;
}

interface LotCardProps {
  readonly lot: CardLot;
  /** What is said of its time: what is left of it, or how it ended. */
  readonly when: ReactNode;
  /** How one stands in it, or how it ended, in a word. */
  readonly note?: ReactNode;
}

/** A lot with its price, which lights up when it changes. */
export function LotCard({ lot, when, note }: LotCardProps) {
  const { auctionId, title, currency, startPrice, price, bids } = lot;
  const { picture, name } = splitTitle(title);
  return (
    <Link href={pathOfAuction(auctionId)} className={classes.card}>
      <div className={classes.art}>
        <LotArt auctionId={auctionId} picture={picture} />
        {note && <span className={classes.note}>{note}</span>}
      </div>
      <div className={classes.body}>
        <h2 className={classes.name}>{name}</h2>
        <div className={classes.row}>
          <span className={classes.price}>
            <PriceTag amount={price ?? startPrice} currency={currency} />
          </span>
          <span className={classes.when}>{when}</span>
        </div>
        <div className={classes.bids}>{bidsText(bids)}</div>
      </div>
    </Link>
  );
}

function bidsText(bids: number): string {
  if (bids === 0) return "No bids yet";
  return bids === 1 ? "1 bid" : `${bids} bids`;
}
