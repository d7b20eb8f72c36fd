import * as encoding from "lib0/encoding";
import * as Y from "yjs";

type Struct = ReturnType<typeof Y.decodeUpdate>["structs"][number];

/** A range of ids that are deleted: those of a client from `clock` on. */
export interface Deletion {
  readonly client: number;
  readonly clock: number;
  readonly len: number;
}

/** What an update may be at most. */
export interface UpdateLimits {
  /** In bytes. */
  readonly bytes: number;
  /** How many Yjs clients it may speak of. */
  readonly clients: number;
}

/** How many bytes an update has besides its structs and deletions, at most, for each client. */
const overhead = 24;

/** More than what a deletion takes. */
const deletionBytes = 20;

/**
 * Cuts an update (v1) into pieces that, applied in their order, do what it does; none of them waits for a later one. An update within the limits
 * is one piece. What cannot be cut, such as an embedded picture, is larger than the limit when it is larger itself.
 */
export function cutUpdate(update: Uint8Array, limits: UpdateLimits): Uint8Array[] {
  if (update.length <= limits.bytes && clientsOf(update).size <= limits.clients) return [update];
  const { structs, ds } = Y.decodeUpdate(update);
  return packed(inOrder(structs), deletionsOf(ds), limits);
}

/** The Yjs clients of whom an update speaks. */
export function clientsOf(update: Uint8Array): Set<number> {
  const { structs, ds } = Y.decodeUpdate(update);
  return new Set([...structs.map(({ id }) => id.client), ...ds.clients.keys()]);
}

/** The ranges of a delete set. */
export function deletionsOf(ds: ReturnType<typeof Y.decodeUpdate>["ds"]): Deletion[] {
  return [...ds.clients].flatMap(([client, ranges]) => ranges.map(({ clock, len }) => ({ client, clock, len })));
}

/** The update (v1) that has these structs, those of a client without a hole, and these deletions. */
export function encodeUpdate(structs: readonly Struct[], deletions: readonly Deletion[]): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  const { restEncoder } = encoder;
  const byClient = groupBy(structs, ({ id }) => id.client);
  encoding.writeVarUint(restEncoder, byClient.size);
  // Yjs writes the greatest client first, and so are two updates of one content the same bytes.
  for (const [client, own] of [...byClient].sort(([a], [b]) => b - a)) {
    encoding.writeVarUint(restEncoder, own.length);
    encoding.writeVarUint(restEncoder, client);
    encoding.writeVarUint(restEncoder, own[0]?.id.clock ?? 0);
    for (const struct of own) write(struct, encoder);
  }
  const deleted = groupBy(deletions, ({ client }) => client);
  encoding.writeVarUint(restEncoder, deleted.size);
  for (const [client, ranges] of [...deleted].sort(([a], [b]) => b - a)) {
    encoding.writeVarUint(restEncoder, client);
    encoding.writeVarUint(restEncoder, ranges.length);
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(restEncoder, clock);
      encoding.writeVarUint(restEncoder, len);
    }
  }
  return encoding.toUint8Array(restEncoder);
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** Piece by piece, as many as fit into each; deletions come last, when there is all that they delete. */
function packed(structs: readonly Struct[], deletions: readonly Deletion[], limits: UpdateLimits): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let piece = emptyPiece();
  const finish = () => {
    if (piece.clients.size > 0) pieces.push(encodeUpdate(piece.structs, piece.deletions));
    piece = emptyPiece();
  };
  const make = (client: number, bytes: number) => {
    const clients = new Set(piece.clients).add(client);
    const fits = piece.bytes + bytes + clients.size * overhead <= limits.bytes && clients.size <= limits.clients;
    if (!fits) finish();
    piece.clients.add(client);
    piece.bytes += bytes;
  };
  for (const struct of structs.flatMap((whole) => divided(whole, limits.bytes - 2 * overhead))) {
    const { client, clock } = struct.id;
    // After a hole the client's structs begin anew.
    if ((piece.next.get(client) ?? clock) !== clock) finish();
    make(client, sizeOf(struct));
    piece.structs.push(struct);
    piece.next.set(client, clock + struct.length);
  }
  for (const deletion of deletions) {
    make(deletion.client, deletionBytes);
    piece.deletions.push(deletion);
  }
  finish();
  return pieces;
}

function emptyPiece() {
  return {
    structs: [] as Struct[],
    deletions: [] as Deletion[],
    clients: new Set<number>(),
    /** Where the structs of each client end. */
    next: new Map<number, number>(),
    bytes: 0,
  };
}

/** The structs of an update so that each comes after those which it refers to. Those of one client keep their order. */
function inOrder(structs: readonly Struct[]): Struct[] {
  const queues = new Map<number, { readonly own: Struct[]; at: number }>();
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue;
    const queue = queues.get(struct.id.client);
    if (queue) queue.own.push(struct);
    else queues.set(struct.id.client, { own: [struct], at: 0 });
  }
  const waitsFor = ({ client, clock }: Y.ID) => {
    const queue = queues.get(client);
    const next = queue?.own[queue.at];
    const last = queue?.own.at(-1);
    return next !== undefined && last !== undefined && clock >= next.id.clock && clock < last.id.clock + last.length;
  };
  const ordered: Struct[] = [];
  for (let before = -1; before < ordered.length; ) {
    before = ordered.length;
    for (const [client, queue] of queues) {
      for (let struct = queue.own[queue.at]; struct; struct = queue.own[queue.at]) {
        // Within a client the order is that of making, in which nothing refers to what comes later.
        if (dependencies(struct).some((id) => id.client !== client && waitsFor(id))) break;
        ordered.push(struct);
        queue.at += 1;
      }
    }
  }
  return ordered;
}

function dependencies(struct: Struct): Y.ID[] {
  if (!(struct instanceof Y.Item)) return [];
  const { origin, rightOrigin, parent } = struct;
  return [origin, rightOrigin, parent].filter((id): id is Y.ID => id instanceof Y.ID);
}

/** Its parts, none larger than `bytes` where that is possible. */
function divided(struct: Struct, bytes: number): Struct[] {
  if (sizeOf(struct) <= bytes) return [struct];
  const halves = halved(struct);
  return halves ? halves.flatMap((half) => divided(half, bytes)) : [struct];
}

function halved(struct: Struct): [Struct, Struct] | undefined {
  const middle = struct instanceof Y.Item ? middleOf(struct.content, struct.length) : 0;
  if (middle === 0) return undefined;
  const { id, origin, rightOrigin, parent, parentSub, content } = struct as Y.Item;
  const { client, clock } = id;
  // It takes the second half out of the first.
  const second = content.splice(middle);
  const last = Y.createID(client, clock + middle - 1);
  return [
    new Y.Item(id, null, origin, null, rightOrigin, parent, parentSub, content),
    new Y.Item(Y.createID(client, clock + middle), null, last, null, rightOrigin, parent, parentSub, second),
  ];
}

/** Where to cut: not between the halves of a character, which Yjs would replace. 0 for what cannot be cut. */
function middleOf(content: Y.Item["content"], length: number): number {
  const middle = Math.floor(length / 2);
  if (!(content instanceof Y.ContentString)) return middle;
  const code = content.str.charCodeAt(middle);
  return code >= 0xdc00 && code <= 0xdfff ? middle - 1 : middle;
}

function sizeOf(struct: Struct): number {
  const encoder = new Y.UpdateEncoderV1();
  write(struct, encoder);
  return encoding.length(encoder.restEncoder);
}

function write(struct: Struct, encoder: Y.UpdateEncoderV1): void {
  struct.write(encoder, 0);
}
