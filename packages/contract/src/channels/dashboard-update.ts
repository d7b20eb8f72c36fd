import type { Bucket, DashboardBounds, DashboardState, DashboardUpdate, SeriesState } from "./dashboard-channel.ts";

type AllSeries = DashboardState["series"];
type Keyed = Readonly<Record<string, SeriesState>>;

/** A state after an update. What has left the window is gone, and so is a labelled series of which nothing is left. */
export function applyUpdate(state: DashboardState, update: DashboardUpdate, bounds: DashboardBounds): DashboardState {
  const at = Math.max(state.at, update.at);
  return {
    at,
    series: trimmedAll(joinedAll(state.series, update.series ?? {}), oldestAt(at, bounds)),
    lists: update.lists ? listsAfter(state.lists, update.lists, bounds) : state.lists,
    tables: update.tables ? { ...state.tables, ...update.tables } : state.tables,
    stale: update.stale ? withoutNull({ ...state.stale, ...update.stale }) : state.stale,
    over: overAfter(state.over, update.crossed ?? []),
  };
}

/** Two updates as one, which changes every state as the two one after the other do. */
export function mergeUpdates(a: DashboardUpdate, b: DashboardUpdate, bounds: DashboardBounds): DashboardUpdate {
  const crossed = [...(a.crossed ?? []), ...(b.crossed ?? [])];
  const at = Math.max(a.at, b.at);
  return {
    at,
    ...((a.series || b.series) && {
      series: trimmedAll(joinedAll(a.series ?? {}, b.series ?? {}), oldestAt(at, bounds), keepsKey),
    }),
    ...((a.lists || b.lists) && { lists: listsAfter(a.lists ?? {}, b.lists ?? {}, bounds) }),
    ...((a.tables || b.tables) && { tables: { ...a.tables, ...b.tables } }),
    ...((a.stale || b.stale) && { stale: { ...a.stale, ...b.stale } }),
    ...(crossed.length > 0 && { crossed: lastOfEach(crossed) }),
  };
}

/** The number of the oldest step that is in the window then. */
function oldestAt(at: number, { steps, stepMs }: DashboardBounds): number {
  return Math.floor(at / stepMs) - steps + 1;
}

/** Names an alert rule with a series in `over`. */
export function overKey(rule: string, key: string): string {
  return JSON.stringify([rule, key]);
}

function joinedAll(all: AllSeries, news: AllSeries): AllSeries {
  const names = Object.keys(news);
  if (names.length === 0) return all;
  const joined = { ...all };
  for (const name of names) joined[name] = joinedKeys(all[name] ?? {}, news[name] ?? {});
  return joined;
}

function joinedKeys(keyed: Keyed, news: Keyed): Record<string, SeriesState> {
  const joined: Record<string, SeriesState> = { ...keyed };
  for (const [key, { latest, buckets }] of Object.entries(news)) {
    joined[key] = { latest, buckets: joinedBuckets(keyed[key]?.buckets ?? [], buckets) };
  }
  return joined;
}

/** Both are ascending. Of two for one step the newer one counts. */
function joinedBuckets(buckets: readonly Bucket[], news: readonly Bucket[]): Bucket[] {
  const joined = [...buckets];
  for (const bucket of news) {
    let place = joined.length;
    while (place > 0 && slotOf(joined[place - 1]) > slotOf(bucket)) place -= 1;
    const isKnown = place > 0 && slotOf(joined[place - 1]) === slotOf(bucket);
    joined.splice(isKnown ? place - 1 : place, isKnown ? 1 : 0, bucket);
  }
  return joined;
}

/** Whether a series stays when nothing of it is left: of a state the one without labels does. */
const keepsUnlabelled = (key: string): boolean => key === "";
/** Of an update all do: what is current is told by them, also of a series of which the state has more. */
const keepsKey = () => true;

/** What has nothing to trim stays the same object. */
function trimmedAll(all: AllSeries, oldest: number, keeps = keepsUnlabelled): AllSeries {
  let trimmed: AllSeries | undefined;
  for (const [name, keyed] of Object.entries(all)) {
    const rest = trimmedKeys(keyed, oldest, keeps);
    if (rest === keyed) continue;
    trimmed ??= { ...all };
    trimmed[name] = rest;
  }
  return trimmed ?? all;
}

function trimmedKeys(
  keyed: Record<string, SeriesState>,
  oldest: number,
  keeps: (key: string) => boolean,
): Record<string, SeriesState> {
  let trimmed: Record<string, SeriesState> | undefined;
  for (const [key, { latest, buckets }] of Object.entries(keyed)) {
    if (buckets.length > 0 && slotOf(buckets[0]) >= oldest) continue;
    const first = buckets.findIndex((bucket) => slotOf(bucket) >= oldest);
    if (buckets.length === 0 && keeps(key)) continue;
    trimmed ??= { ...keyed };
    if (first >= 0) trimmed[key] = { latest, buckets: buckets.slice(first) };
    else if (keeps(key)) trimmed[key] = { latest, buckets: [] };
    else delete trimmed[key];
  }
  return trimmed ?? keyed;
}

function slotOf(bucket: Bucket | undefined): number {
  return bucket?.[0] ?? 0;
}

function listsAfter(
  lists: DashboardState["lists"],
  news: DashboardState["lists"],
  { keep }: DashboardBounds,
): DashboardState["lists"] {
  const after = { ...lists };
  for (const [name, added] of Object.entries(news))
    after[name] = [...(lists[name] ?? []), ...added].slice(-(keep[name] ?? 1));
  return after;
}

function overAfter(over: DashboardState["over"], crossed: NonNullable<DashboardUpdate["crossed"]>) {
  if (crossed.length === 0) return over;
  const after = { ...over };
  for (const { rule, key, over: isOver, value } of crossed) {
    if (isOver) after[overKey(rule, key)] = value;
    else delete after[overKey(rule, key)];
  }
  return after;
}

function lastOfEach(crossed: NonNullable<DashboardUpdate["crossed"]>): NonNullable<DashboardUpdate["crossed"]> {
  return [...new Map(crossed.map((one) => [overKey(one.rule, one.key), one])).values()];
}

function withoutNull<V>(record: Record<string, V | null>): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, V] => entry[1] !== null));
}
