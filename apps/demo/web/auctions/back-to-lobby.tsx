import { IconChevronLeft } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { auctionsPath } from "../router.ts";
import classes from "./back-to-lobby.module.css";

/** From a lot to all of them. */
export function BackToLobby() {
  return (
    <Link href={auctionsPath} className={classes.link}>
      <IconChevronLeft size={18} aria-hidden />
      Auctions
    </Link>
  );
}
