import fc from "fast-check";
import * as encoding from "lib0/encoding";

/** An id as whoever crafts an update would have it: of one of a few clients, mostly of what is there. */
const id = fc.record({ client: fc.integer({ min: 0, max: 3 }), clock: fc.nat(12) });

const value = fc.jsonValue({ maxDepth: 2 });

const content = fc.oneof(
  fc.record({ kind: fc.constant("collected" as const), length: fc.nat(3) }),
  fc.record({ kind: fc.constant("deleted" as const), length: fc.nat(3) }),
  fc.record({ kind: fc.constant("json" as const), values: fc.array(fc.option(value), { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("binary" as const), bytes: fc.uint8Array({ maxLength: 4 }) }),
  fc.record({ kind: fc.constant("text" as const), text: fc.string({ unit: "binary", maxLength: 4 }) }),
  fc.record({ kind: fc.constant("embed" as const), value }),
  fc.record({ kind: fc.constant("format" as const), key: fc.constantFrom("bold", "em"), value }),
  fc.record({ kind: fc.constant("type" as const), type: fc.nat(8) }),
  fc.record({ kind: fc.constant("any" as const), values: fc.array(value, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("document" as const) }),
  fc.record({ kind: fc.constant("skip" as const), length: fc.nat(3) }),
);

const struct = fc.record({
  content,
  origin: fc.option(id, { freq: 2 }),
  rightOrigin: fc.option(id, { freq: 2 }),
  parent: fc.oneof(fc.constantFrom("text", "map"), id),
  key: fc.option(fc.constantFrom("a", "b")),
});

/** How far from where it should begin what a client has in an update does. */
const off = fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1, 5) });

export const crafted = fc.record({
  ordered: fc.nat(7).map((one) => one > 0),
  blocks: fc.uniqueArray(
    fc.record({
      client: fc.integer({ min: 0, max: 3 }),
      off,
      structs: fc.array(struct, { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 3, selector: ({ client }) => client },
  ),
  deletes: fc.array(fc.record({ at: id, length: fc.nat(6) }), { maxLength: 3 }),
});

export type Crafted = typeof crafted extends fc.Arbitrary<infer C> ? C : never;
type Struct = Crafted["blocks"][number]["structs"][number];

const refs = {
  collected: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  text: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  document: 9,
  skip: 10,
};

/** Writes an update, whatever it says. `clockOf` is where a client's structs should begin. */
export function writeCrafted({ blocks, deletes, ordered }: Crafted, clockOf: (client: number) => number): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, blocks.length);
  const order = (one: { client: number }, other: { client: number }) => (ordered ? other.client - one.client : 0);
  for (const { client, off, structs } of blocks.toSorted(order)) {
    encoding.writeVarUint(encoder, structs.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, Math.max(0, clockOf(client) + off));
    for (const each of structs) writeStruct(encoder, each);
  }
  encoding.writeVarUint(encoder, deletes.length);
  for (const { at, length } of deletes) {
    for (const number of [at.client, 1, at.clock, length]) encoding.writeVarUint(encoder, number);
  }
  return encoding.toUint8Array(encoder);
}

function writeStruct(encoder: encoding.Encoder, { content, origin, rightOrigin, parent, key }: Struct): void {
  const kind = refs[content.kind];
  if (content.kind === "collected" || content.kind === "skip") {
    encoding.writeUint8(encoder, kind);
    encoding.writeVarUint(encoder, content.length);
    return;
  }
  encoding.writeUint8(encoder, kind | (origin ? 128 : 0) | (rightOrigin ? 64 : 0) | (key ? 32 : 0));
  if (origin) writeId(encoder, origin);
  if (rightOrigin) writeId(encoder, rightOrigin);
  if (!origin && !rightOrigin) {
    encoding.writeVarUint(encoder, typeof parent === "string" ? 1 : 0);
    if (typeof parent === "string") encoding.writeVarString(encoder, parent);
    else writeId(encoder, parent);
    if (key) encoding.writeVarString(encoder, key);
  }
  writeContent(encoder, content);
}

function writeContent(encoder: encoding.Encoder, content: Struct["content"]): void {
  switch (content.kind) {
    case "deleted":
      encoding.writeVarUint(encoder, content.length);
      return;
    case "json":
      encoding.writeVarUint(encoder, content.values.length);
      for (const each of content.values)
        encoding.writeVarString(encoder, each === null ? "undefined" : JSON.stringify(each));
      return;
    case "binary":
      encoding.writeVarUint8Array(encoder, content.bytes);
      return;
    case "text":
      encoding.writeVarString(encoder, content.text);
      return;
    case "embed":
      encoding.writeVarString(encoder, JSON.stringify(content.value));
      return;
    case "format":
      encoding.writeVarString(encoder, content.key);
      encoding.writeVarString(encoder, JSON.stringify(content.value));
      return;
    case "type":
      encoding.writeVarUint(encoder, content.type);
      if (content.type === 3 || content.type === 5) encoding.writeVarString(encoder, "p");
      return;
    case "any":
      encoding.writeVarUint(encoder, content.values.length);
      for (const each of content.values) encoding.writeAny(encoder, each as never);
      return;
    case "document":
      encoding.writeVarString(encoder, "guid");
      encoding.writeAny(encoder, {});
      return;
    case "collected":
    case "skip":
      return;
  }
}

function writeId(encoder: encoding.Encoder, { client, clock }: { client: number; clock: number }): void {
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
}
