import { createClient } from "@shoal/client";
import { counter } from "../support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter] });

// A page that the server rendered with a version of the state which had no history.
client.counter({ counterId: "home" }).hydrate({ state: { value: 3 }, offset: 1, position: "a:1:all" });
