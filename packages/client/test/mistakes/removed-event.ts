import type { TaggedEvent, TypesOf } from "@shoal/contract";
import type { counter } from "../support/counter.ts";

// Until lately there was an event `halved`.
export function describe(event: TaggedEvent<TypesOf<typeof counter>["events"]>): string {
  switch (event.type) {
    case "added":
      return `${event.data.by} more`;
    case "cleared":
      return "none";
    case "halved":
      return "half as many";
  }
}
