import { kinds, readContent } from "./document-content.ts";
import { type Block, orderStructs, type Struct } from "./document-order.ts";
import { greatestClock, type Id, MalformedUpdate, UpdateReader } from "./document-reader.ts";

export { MalformedUpdate } from "./document-reader.ts";

/** What a Yjs update says it does, without any of it being done. */
export interface Scan {
  /** The Yjs clients whose structs are in it, each with the range of clocks that they fill: from `from` to before `to`, without a hole. */
  readonly clients: readonly { readonly client: number; readonly from: number; readonly to: number }[];
  /** What must be there before: of each client the greatest clock. */
  readonly needs: readonly Id[];
  /** Of each client whose structs are deleted, the clock before which the last of them stands. */
  readonly deletes: readonly { readonly client: number; readonly end: number }[];
  /** How many shared types it makes. */
  readonly types: number;
}

/** How many structs an update may have. */
const mostStructs = 50_000;

/** The bits of a struct's first byte. */
const bits = { kind: 0b11111, parentKey: 0b100000, rightOrigin: 0b1000000, origin: 0b10000000 } as const;

/**
 * Reads a Yjs update, version 1, from its first byte to its last. It costs time and memory by the bytes that are there, whatever lengths
 * they claim. What it accepts is applied by Yjs at once and completely to a document that has what is needed and just what comes before the
 * ranges of its clients.
 *
 * @throws {MalformedUpdate} when it is none, or none of which that can be said
 */
export function scanUpdate(update: Uint8Array): Scan {
  const reader = new UpdateReader(update);
  const blocks = new Map<number, Block>();
  let structs = 0;
  let types = 0;
  let above = Number.POSITIVE_INFINITY;
  for (let left = reader.count(4); left > 0; left -= 1) {
    const { client, block, made } = readBlock(reader, mostStructs - structs);
    // As Yjs writes them. It merges others, too, and then leaves some of their structs out without a word.
    if (client >= above) throw new MalformedUpdate("its clients are not in the order of their ids");
    above = client;
    blocks.set(client, block);
    structs += block.structs.length;
    types += made;
  }
  const deletes = readDeletes(reader);
  if (reader.left > 0) throw new MalformedUpdate("it goes on after its end");
  const needs = orderStructs(blocks);
  return { clients: [...blocks].map(([client, { from, to }]) => ({ client, from, to })), needs, deletes, types };
}

function readBlock(reader: UpdateReader, most: number) {
  const count = reader.count(2);
  if (count === 0) throw new MalformedUpdate("a client has nothing in it");
  if (count > most) throw new MalformedUpdate(`it has more than ${mostStructs} structs`);
  const client = reader.client();
  const from = reader.clock();
  const structs: Struct[] = [];
  let clock = from;
  let made = 0;
  for (let index = 0; index < count; index += 1) {
    const { length, isType, needs } = readStruct(reader);
    const own = needs.filter((id) => id.client === client);
    if (own.some((id) => id.clock >= clock)) throw new MalformedUpdate("a struct depends on a later one");
    structs.push({ clock, needs: own.length === 0 ? needs : needs.filter((id) => id.client !== client) });
    clock += length;
    if (clock > greatestClock) throw new MalformedUpdate("a clock is too large");
    if (isType) made += 1;
  }
  return { client, block: { from, to: clock, structs }, made };
}

function readStruct(reader: UpdateReader) {
  const info = reader.byte();
  const kind = info & bits.kind;
  const needs: Id[] = [];
  if (kind === kinds.collected) {
    if (info !== kinds.collected) throw new MalformedUpdate("what is collected has neither a place nor a parent");
    return { length: reader.length(), isType: false, needs };
  }
  if (info & bits.origin) needs.push(reader.id());
  if (info & bits.rightOrigin) needs.push(reader.id());
  // Where it would stand depended on how its neighbours happen to be joined, and so differed from one page to another.
  if (isSame(needs[0], needs[1])) throw new MalformedUpdate("a struct stands before and behind the same one");
  if (needs.length === 0) {
    const parent = reader.number();
    if (parent === 0) needs.push(reader.id());
    else if (parent === 1) reader.text();
    else throw new MalformedUpdate("a parent is neither named nor a struct");
    if (info & bits.parentKey) reader.text();
  }
  return { ...readContent(reader, kind), needs };
}

function isSame(one: Id | undefined, other: Id | undefined): boolean {
  return one !== undefined && one.client === other?.client && one.clock === other.clock;
}

function readDeletes(reader: UpdateReader): { client: number; end: number }[] {
  const ends = new Map<number, number>();
  for (let left = reader.count(2); left > 0; left -= 1) {
    const client = reader.client();
    for (let ranges = reader.count(2); ranges > 0; ranges -= 1) {
      const clock = reader.clock();
      const end = clock + reader.length();
      ends.set(client, Math.max(ends.get(client) ?? 0, end));
    }
  }
  return [...ends].map(([client, end]) => ({ client, end }));
}
