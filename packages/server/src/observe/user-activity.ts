import type { userActivityMetrics } from "@shoal/contract/dashboard-metrics";
import type { CollectCall, Readings, Source } from "../channels/dashboard-sources.ts";
import { collected, type Observing } from "./collected.ts";
import type { BuiltInOptions } from "./dashboard-sources.ts";
import type { OnlineUser, UserHere } from "./observers.ts";

type Name = keyof typeof userActivityMetrics;
type Read = Readings<typeof userActivityMetrics>;
type Visit = NonNullable<Read["visits"]>[number];

const mostRows = 100;
const mostVisits = 100;
/** Who is back within so many milliseconds was not away, such as who loads the page again. */
const awayMs = 3_000;

/**
 * Who is signed in and here: how many on each node, who comes and who goes on any of them, and as a table those of the node that reads for
 * all. It tells names: say in `authorize` who may see them.
 */
export function userActivity({ every = "5s", when = "watched" }: BuiltInOptions = {}): readonly Source<Name>[] {
  const common = { every, when } as const;
  return [
    {
      ...common,
      name: "userActivity",
      metrics: ["usersOnline", "visits"],
      per: "node",
      collect: collected(every, observeUsers),
    },
    { ...common, name: "usersOnline", metrics: ["online"], collect: rowsOf },
  ];
}

function rowsOf(call: CollectCall): Read {
  return {
    online: usersOf(call)
      .slice(0, mostRows)
      .map((user) => ({ ...user, node: call.node })),
  };
}

/** A tenant's dashboard tells of the tenant's own. */
function usersOf({ realtime, tenant }: CollectCall): readonly OnlineUser[] {
  if (tenant === null) return realtime.online({ limit: mostRows }).users;
  return realtime.online({ limit: Number.POSITIVE_INFINITY }).users.filter((user) => isOf(user, tenant));
}

function isOf(user: UserHere, tenant: string | null): boolean {
  return tenant === null || user.tenant === tenant;
}

function observeUsers(call: CollectCall): Observing<Read> {
  const { node, realtime, tenant } = call;
  let visits: Visit[] = [];
  /** Who went, until it is told. */
  const gone = new Map<string, NodeJS.Timeout>();
  const tell = (what: Visit["what"], { id, name }: UserHere): void => {
    visits.push({ what, id, ...(name !== undefined && { name }), node });
    if (visits.length > mostVisits) visits.shift();
  };
  const keyOf = (user: UserHere): string => JSON.stringify([user.id, user.tenant ?? null]);
  const unobserve = realtime.observe({
    came(user) {
      if (!isOf(user, tenant)) return;
      const key = keyOf(user);
      const timer = gone.get(key);
      clearTimeout(timer);
      if (!gone.delete(key)) tell("came", user);
    },
    went(user) {
      if (!isOf(user, tenant)) return;
      const key = keyOf(user);
      const away = (): void => {
        gone.delete(key);
        tell("went", user);
      };
      gone.set(key, setTimeout(away, awayMs).unref());
    },
  });
  return {
    read() {
      const told = visits;
      visits = [];
      const count = tenant === null ? realtime.online({ limit: 0 }).count : usersOf(call).length;
      return { usersOnline: [{ labels: { node }, value: count }], visits: told };
    },
    stop() {
      unobserve();
      for (const timer of gone.values()) clearTimeout(timer);
    },
  };
}
