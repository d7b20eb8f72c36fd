import { createClient } from "@shoal/client";
import { counter } from "../support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter] });

export async function add(): Promise<string> {
  const outcome = await client.counter({ counterId: "home" }).send.add({ by: 3 });
  if (outcome.ok) return "added";
  switch (outcome.reason) {
    case "TOO_LARGE":
      return `at most ${outcome.limit}`;
  }
}
