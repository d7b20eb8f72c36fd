import { CloseButton } from "@mantine/core";
import { type Announcement, announcements } from "@shoal/contract/announcements";
import { useChannel } from "@shoal/react";
import { IconSpeakerphone } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { pathOfRoom, useRoute } from "../router.ts";
import { Store, useStore } from "../store.ts";
import { useNow } from "../use-now.ts";
import { failureOf, useSignOutOn } from "../use-sign-out-on.ts";
import classes from "./announcement-bar.module.css";

/** How long an announcement stands, in milliseconds. */
const fresh = 2 * 60 * 1_000;

/** The offset up to which this tab's user has put announcements away. */
const putAway = new Store(0);

/** The newest announcement to everybody, until it is put away or old. */
export function AnnouncementBar() {
  const told = useChannel(announcements, {});
  const { state } = told;
  // They are on every page, and for everybody who is signed in.
  useSignOutOn(failureOf(told));
  const seen = useStore(putAway);
  const route = useRoute();
  const last = state?.latest.at(-1);
  const shown = last && last.offset > seen ? last : undefined;
  const now = useNow(shown !== undefined);
  if (!shown || now - shown.at > fresh || isHere(shown, route.page === "room" ? route.roomId : undefined)) return null;
  return (
    <div className={classes.bar} role="status" aria-label="Announcement">
      <IconSpeakerphone className={classes.icon} size={18} aria-hidden />
      <span className={classes.text}>
        <Told announcement={shown} />
      </span>
      <CloseButton aria-label="Put the announcement away" onClick={() => putAway.set(shown.offset)} />
    </div>
  );
}

function Told({ announcement }: { readonly announcement: Announcement }) {
  switch (announcement.kind) {
    case "text":
      return (
        <>
          <strong>{announcement.by.name}:</strong> {announcement.text}
        </>
      );
    case "opened":
      return (
        <>
          <Link href={pathOfRoom(announcement.roomId)} className={classes.link}>
            # {announcement.name}
          </Link>{" "}
          was opened
        </>
      );
  }
}

/** Who is in the room need not be told of it. */
function isHere(announcement: Announcement, roomId: string | undefined): boolean {
  return announcement.kind === "opened" && announcement.roomId === roomId;
}
