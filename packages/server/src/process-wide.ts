/**
 * What is one in this process, however often this module is evaluated: hot reloading, and bundlers that copy it, make several of it.
 *
 * @param name - changed together with what the value looks like, so that two versions of this package do not meet
 */
export function processWide<T>(name: string, make: () => T): T {
  const key = Symbol.for(`shoal.${name}`);
  const global = globalThis as { [key]?: T };
  global[key] ??= make();
  return global[key];
}
