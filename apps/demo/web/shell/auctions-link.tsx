import { IconGavel } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { auctionsPath, useRoute } from "../router.ts";
import classes from "./page-link.module.css";

/** The way to the auction house, from everywhere. */
export function AuctionsLink() {
  const { page } = useRoute();
  const current = page === "auctions" || page === "auction" || page === "newAuction";
  return (
    <Link href={auctionsPath} className={classes.link} {...(current && { "aria-current": "page" })}>
      <IconGavel size={18} aria-hidden />
      Auctions
    </Link>
  );
}
