import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod/mini";

/** What one can cheer with. */
export const cheerEmojis = ["👋", "🎉", "❤️", "🔥", "🐟", "✨"] as const;

/** How many cheers the state remembers, for those who come while they are still in the air. */
const pulseWindow = 24;

/** How many cheers a page takes in a second. */
export const cheersPerSecond = 10;

const cheer = z.object({
  /** The id of the command that sent it. */
  id: z.string(),
  emoji: z.enum(cheerEmojis),
  /** Milliseconds since the epoch, by the server's clock. */
  at: z.number(),
});

/** One cheer. */
export type Cheer = z.output<typeof cheer>;

const fraction = z.number().check(z.minimum(0), z.maximum(1));

const definition = defineChannel(
  "pulse",
  {
    params: z.object({ page: z.literal("home") }),
    state: z.object({ cheers: z.int(), recent: z.array(cheer) }),
    events: { cheered: cheer },
    commands: {
      cheer: {
        input: z.object({ emoji: z.enum(cheerEmojis) }),
        rejections: { TOO_MANY: z.object({ perSecond: z.int() }) },
      },
    },
    /** Where a visitor points, as fractions of the water's width and height. */
    presence: z.object({ x: fraction, y: fraction }),
  },
  {
    initial: () => ({ cheers: 0, recent: [] }),
    apply: {
      cheered: ({ cheers, recent }, cheered) => ({
        cheers: cheers + 1,
        recent: [...recent.slice(1 - pulseWindow), cheered],
      }),
    },
    optimistic: {
      cheer: ({ emoji }, { commandId, now }) => [{ type: "cheered", data: { id: commandId, emoji, at: now } }],
    },
  },
);

export interface Pulse extends TypesOf<typeof definition> {}

/** The life of a page: everybody who is on it, signed in or not, sees the others and may cheer. */
export const pulse: Channel<Pulse> = definition;
