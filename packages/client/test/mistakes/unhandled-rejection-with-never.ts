import { createClient } from "@shoal/client";
import { counter } from "../support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter] });

const outcome = await client.counter({ counterId: "home" }).send.add({ by: 3 });
if (!outcome.ok) {
  switch (outcome.reason) {
    case "TOO_LARGE":
      break;
    default:
      outcome satisfies never;
  }
}
