import { createClient } from "@shoal/client";
import { trpcLink } from "@shoal/client/trpc";
import { createTRPCClient, type TRPCLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { expectTypeOf } from "vitest";
import type { AppRouter } from "./shared-app.ts";

const client = createClient({ url: "/trpc", channels: [] });

// The router is inferred from the client that the link is for.
const trpc = createTRPCClient<AppRouter>({ links: [trpcLink({ client, transformer: superjson })] });
expectTypeOf(await trpc.whoAmI.query()).toEqualTypeOf<string>();
expectTypeOf(await trpc.daysAfter.query(new Date())).toEqualTypeOf<Date>();
trpc.count.subscribe({ to: 1 }, { onData: (event) => expectTypeOf(event.data).toEqualTypeOf<Date>() });
expectTypeOf(trpcLink<AppRouter>({ client, transformer: superjson })).toEqualTypeOf<TRPCLink<AppRouter>>();

// @ts-expect-error: the application has a transformer
createTRPCClient<AppRouter>({ links: [trpcLink({ client })] });

const t = initTRPC.create();
const plain = t.router({ hello: t.procedure.query(() => "hello") });
createTRPCClient<typeof plain>({ links: [trpcLink({ client })] });
// @ts-expect-error: the application has no transformer
createTRPCClient<typeof plain>({ links: [trpcLink({ client, transformer: superjson })] });
// @ts-expect-error: the client is missing
createTRPCClient<typeof plain>({ links: [trpcLink({})] });
