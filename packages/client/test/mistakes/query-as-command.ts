import { createClient } from "@shoal/client";
import { counter } from "../support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter] });

export const doubled = client.counter({ counterId: "home" }).send.double({ of: 2 });
