import { initRealtime, type User } from "@shoal/server";
import { serveRooms } from "@shoal/server/rooms";
import { initTRPC } from "@trpc/server";

interface Account extends User {
  readonly role: "admin" | "member";
}

const t = initTRPC.context<{ user: User | null }>().create();
const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });

export const realtime = createRealtime({
  channels: [serveRooms<Account>({ authorize: ({ user }) => user.role === "admin" })],
});
