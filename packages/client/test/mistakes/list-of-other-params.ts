import { createClient } from "@shoal/client";
import { counter } from "../support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter] });

export const list = client.topics(counter, [{ counterId: "home" }, { roomId: "lobby" }]);
