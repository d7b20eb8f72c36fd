/** Like `instanceof`, and never throws: what an application's code threw may be a proxy that does when it is looked at. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
