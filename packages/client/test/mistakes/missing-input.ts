import { createClient } from "@shoal/client";
import { counter } from "../support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter] });

export const outcome = client.counter({ counterId: "home" }).send.add();
