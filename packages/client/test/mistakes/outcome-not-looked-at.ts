import { createClient } from "@shoal/client";
import { counter } from "../support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter] });

const outcome = await client.counter({ counterId: "home" }).send.add({ by: 3 });
export const { limit } = outcome;
