const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** With seconds. */
export function clockTimeOf(at: number): string {
  return clock.format(at);
}

export function shortTimeOf(at: number): string {
  return short.format(at);
}
