import { type Announcements, announcements } from "@shoal/contract/announcements";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";

export interface AnnouncementsOptions<W, C> {
  /**
   * Whether the user may watch the announcements.
   * @default everybody may, signed in or not
   */
  readonly authorize?: (call: AuthorizeCall<Announcements, W, C>) => boolean | Promise<boolean>;
}

/** Serves {@link announcements}. */
export function serveAnnouncements<W extends User | null = User | null, C = object>({
  authorize = () => true,
}: AnnouncementsOptions<W, C> = {}): ServedChannel<Announcements, W, C> {
  return serveChannel<Announcements, W, C>(announcements, {
    authorize,
    commands: {
      announce({ input: { notice }, now, offset, commandId, emit }) {
        emit("announced", { announcement: { ...notice, id: commandId, offset: offset + 1, at: now } });
      },
    },
    eraseUser({ state, userId, emit, redact }) {
      const gone = state.latest.filter((one) => one.kind === "text" && one.by.id === userId);
      for (const { offset } of gone) redact(offset);
      if (gone.length > 0) emit("withdrawn", { ids: gone.map(({ id }) => id) });
    },
  });
}
