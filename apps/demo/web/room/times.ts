const time = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const dateAndTime = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const day = 24 * 60 * 60 * 1_000;

export function timeOf(at: number): string {
  return time.format(at);
}

/** The time of day, and before it the date unless that is today's. */
export function momentOf(at: number, now = Date.now()): string {
  return startOfDay(at) === startOfDay(now) ? timeOf(at) : dateAndTime.format(at);
}

export function fullTimeOf(at: number): string {
  return full.format(at);
}

/** "today", "yesterday", or the date. */
export function dayOf(at: number, now: number): string {
  const days = Math.round((startOfDay(at) - startOfDay(now)) / day);
  return days === 0 || days === -1 ? relative.format(days, "day") : date.format(at);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
