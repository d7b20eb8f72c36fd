import { randomInt } from "node:crypto";

/** Does something to each, in a random order and evenly over so many milliseconds, and resolves when all of it is done. */
export async function spread<T>(items: Iterable<T>, ms: number, act: (item: T) => void | Promise<void>): Promise<void> {
  const order = shuffled(items);
  const began = performance.now();
  const acts: unknown[] = [];
  for (const [index, item] of order.entries()) {
    const early = began + (index * ms) / order.length - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    acts.push(act(item));
  }
  await Promise.all(acts);
}

function shuffled<T>(items: Iterable<T>): readonly T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
