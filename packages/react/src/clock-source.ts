import { Alarm, type AlarmClock } from "./alarm.ts";
import type { Source } from "./use-source.ts";

const alarms = new WeakMap<AlarmClock, Alarm>();

/**
 * A value that changes as time passes on the server. A server has none to render: by the time the page is shown, it would be
 * another one.
 *
 * @param read - the value at a time; the one before where it is the same
 * @param next - when it changes next, in milliseconds by the server's clock; infinite where it does not
 */
export function clockSource<V>(
  clock: AlarmClock,
  read: (now: number, before: V | undefined) => V,
  next: (now: number) => number,
): Source<V | undefined> {
  let current: V | undefined;
  const look = () => {
    current = read(clock.now(), current);
  };
  return {
    subscribe(listener) {
      look();
      return alarmOf(clock).set(next, () => {
        look();
        listener();
      });
    },
    read() {
      if (current === undefined) look();
      return current;
    },
    readOnServer: () => undefined,
  };
}

/** One for all that is shown of a clock. */
function alarmOf(clock: AlarmClock): Alarm {
  const known = alarms.get(clock) ?? new Alarm(clock);
  alarms.set(clock, known);
  return known;
}
