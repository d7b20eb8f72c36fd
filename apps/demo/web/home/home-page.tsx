import { IconActivity, IconFileText, IconGavel, IconHistory, IconPlugConnectedX, IconUsers } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { Sea } from "../pulse/sea.tsx";
import { auctionsPath, documentsPath, operationsPath } from "../router.ts";
import { PageTitle } from "../shell/page-title.tsx";
import { Shell } from "../shell/shell.tsx";
import { useUser } from "../user.ts";
import classes from "./home-page.module.css";

const places = [
  {
    href: auctionsPath,
    Icon: IconGavel,
    title: "Auctions",
    text: "Bid against others. No bid is lost, and the hammer falls for all at once.",
  },
  {
    href: operationsPath,
    Icon: IconActivity,
    title: "Operations",
    text: "What this server does, measured while you look at it.",
  },
  {
    href: documentsPath,
    Icon: IconFileText,
    title: "Documents",
    text: "Write in one text with others. What is called saved is stored.",
  },
];

const hints = [
  {
    Icon: IconPlugConnectedX,
    title: "Pull the plug",
    text: "The button at the top cuts this tab off. Write on, let others write, restore it.",
  },
  {
    Icon: IconUsers,
    title: "Open a second tab",
    text: "You are one person in it, with two tabs. Type in one and watch the other.",
  },
  {
    Icon: IconHistory,
    title: "Come back later",
    text: "A room keeps what was said. Reload, or load what is older, page by page.",
  },
];

/** Where one is between rooms. */
export function HomePage() {
  const { name } = useUser();
  return (
    <Shell title={<PageTitle>Hello, {name}</PageTitle>}>
      <div className={classes.page}>
        <div className={classes.sea}>
          <Sea />
        </div>
        <h2 className={classes.heading}>Choose a room, or one of these</h2>
        <ul className={classes.places}>
          {places.map(({ href, Icon, title, text }) => (
            <li key={href}>
              <Link href={href} className={classes.place}>
                <Icon size={22} aria-hidden />
                <span className={classes.name}>{title}</span>
                <span className={classes.text}>{text}</span>
              </Link>
            </li>
          ))}
        </ul>
        <h2 className={classes.heading}>Try to break it</h2>
        <ul className={classes.hints}>
          {hints.map(({ Icon, title, text }) => (
            <li key={title}>
              <Icon size={22} aria-hidden />
              <h3>{title}</h3>
              <p>{text}</p>
            </li>
          ))}
        </ul>
      </div>
    </Shell>
  );
}
