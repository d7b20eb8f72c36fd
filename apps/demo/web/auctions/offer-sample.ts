import { createTRPCClient, httpLink } from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "../../server/api.ts";
import { storedSession } from "../session.ts";

const trpc = createTRPCClient<AppRouter>({
  links: [
    httpLink({
      url: "/trpc",
      transformer: superjson,
      headers: () => {
        const session = storedSession();
        return session ? { authorization: `Bearer ${session.token}` } : {};
      },
    }),
  ],
});

/** Has the house offer a lot with simulated bidders: a plain call of the application's tRPC. */
export async function offerSample(): Promise<{ readonly auctionId: string }> {
  return await trpc.auctionHouse.offer.mutate();
}
