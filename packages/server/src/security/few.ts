/** Some items, most often one, which then needs no set around it. */
export type Few<Item extends object> = Item | Set<Item> | undefined;

/** With the item as the last one. */
export function added<Item extends object>(few: Few<Item>, item: Item): Few<Item> {
  if (!(few instanceof Set)) return few && few !== item ? new Set([few, item]) : item;
  few.delete(item);
  return few.add(item);
}

export function without<Item extends object>(few: Few<Item>, item: Item): Few<Item> {
  if (!(few instanceof Set)) return few === item ? undefined : few;
  few.delete(item);
  return few.size > 0 ? few : undefined;
}

export function countOf(few: Few<object>): number {
  if (few instanceof Set) return few.size;
  return few ? 1 : 0;
}

/** The items as they are now, in their order. */
export function listOf<Item extends object>(few: Few<Item>): readonly Item[] {
  if (few instanceof Set) return [...few];
  return few ? [few] : [];
}
