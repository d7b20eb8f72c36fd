import { IconHistory, IconPlugConnectedX, IconUsers } from "@tabler/icons-react";
import { Sea } from "../pulse/sea.tsx";
import { Shell } from "../shell/shell.tsx";
import { useUser } from "../user.ts";
import classes from "./home-page.module.css";

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
    <Shell title={<h1 className={classes.title}>Hello, {name}</h1>}>
      <div className={classes.page}>
        <div className={classes.sea}>
          <Sea />
        </div>
        <h2 className={classes.heading}>Choose a room, and try to break it</h2>
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
