import {
  IconActivity,
  IconArrowUp,
  IconAt,
  IconBroadcast,
  IconGavel,
  IconHandStop,
  IconSparkles,
} from "@tabler/icons-react";
import { PersonAvatar } from "../person-avatar.tsx";
import classes from "./item-icon.module.css";
import type { InboxItem } from "./use-inbox.ts";

const icons = {
  mention: IconAt,
  wave: IconHandStop,
  roomOpened: IconBroadcast,
  outbid: IconArrowUp,
  auction: IconGavel,
  alert: IconActivity,
  welcome: IconSparkles,
} as const;

/** Who caused it, and of which kind it is. */
export function ItemIcon({ item, size }: { readonly item: InboxItem; readonly size: number }) {
  const Icon = icons[item.kind];
  const [actor] = item.actors;
  return (
    <span className={classes.icon} style={{ "--size": `${size}px` }} data-kind={item.kind} aria-hidden>
      {actor ? <PersonAvatar {...actor} size={size} /> : <span className={classes.plain} />}
      <span className={actor ? classes.kind : classes.only}>
        <Icon size={actor ? 12 : 20} stroke={2.2} />
      </span>
    </span>
  );
}
