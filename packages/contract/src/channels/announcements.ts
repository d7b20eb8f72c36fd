import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { person, roomId, roomName } from "./room-fields.ts";

/** How many announcements the state holds. */
export const announcementWindow = 20;

const base = {
  id: z.string(),
  /** Its place in the log of the announcements. */
  offset: z.int(),
  /** Milliseconds since the epoch, by the server's clock. */
  at: z.number(),
};

const said = z.object({ kind: z.literal("text"), text: z.string(), by: person });
const opened = z.object({ kind: z.literal("opened"), roomId, name: roomName });

const notice = z.discriminatedUnion("kind", [said, opened]);
const announcement = z.discriminatedUnion("kind", [z.extend(said, base), z.extend(opened, base)]);

/** What everybody is told: what somebody wrote, or that a room was opened. */
export type Announcement = z.output<typeof announcement>;

const definition = defineChannel(
  "announcements",
  {
    params: z.object({}),
    state: z.object({ latest: z.array(announcement) }),
    events: { announced: z.object({ announcement }), withdrawn: z.object({ ids: z.array(z.string()) }) },
    commands: { announce: { internal: true, input: z.object({ notice }) } },
  },
  {
    initial: () => ({ latest: [] }),
    apply: {
      announced: ({ latest }, { announcement }) => ({
        latest: [...latest.slice(1 - announcementWindow), announcement],
      }),
      withdrawn: ({ latest }, { ids }) => ({ latest: latest.filter(({ id }) => !ids.includes(id)) }),
    },
  },
);

export interface Announcements extends TypesOf<typeof definition> {}

/** What everybody is told, the newest last. Nobody but the server announces: through the room directory, or by its own hand. */
export const announcements: Channel<Announcements> = definition;
