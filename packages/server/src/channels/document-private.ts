import { type Documents, documents } from "@shoal/contract/documents";
import * as z from "zod/mini";
import { definePrivate, type PrivatePart } from "../channel/define-private.ts";
import type { Scan } from "./document-scan.ts";

/** Whose a Yjs client is: a user's, by the id, or for `null` the server's; empty where the user was erased. */
const owner = z.nullable(z.string());

const state = z.object({
  /**
   * Of each Yjs client the clock that its next struct has, and whose it is, as a place in `owners`. Those whose ids leave the same
   * remainder stand together, so that one more edit copies few.
   */
  clocks: z.record(z.string(), z.record(z.string(), z.tuple([z.int(), z.int()]))),
  owners: z.array(owner),
  clients: z.int(),
  types: z.int(),
});

/** What an edit does to what is known of the Yjs clients. */
const editSecret = z.object({
  clients: z.array(z.tuple([z.number(), z.int()])),
  owner,
  types: z.int(),
});

export type DocumentSecret = z.output<typeof state>;
type EditSecret = z.output<typeof editSecret>;

/** Which of the owners is nobody any more; -1 for none of them. */
const forgottenSecret = z.object({ place: z.int() });

const secrets = { edited: editSecret, restored: editSecret, forgotten: forgottenSecret };

export type DocumentPrivate = {
  state: DocumentSecret;
  secrets: { [K in keyof typeof secrets]: z.output<(typeof secrets)[K]> };
};

const shards = 256;

/** What the server knows of the Yjs clients that wrote a document, so that it can tell, without Yjs, whether an edit follows. */
export const documentPrivate: PrivatePart<Documents, DocumentPrivate> = definePrivate(
  documents,
  { state, secrets },
  {
    initial: () => ({ clocks: {}, owners: [], clients: 0, types: 0 }),
    apply: {
      edited: (state, _data, secret) => withEdit(state, secret),
      restored: (state, _data, secret) => withEdit(state, secret),
      forgotten: (state, _data, { place }) => ({
        ...state,
        owners: state.owners.map((owner, at) => (at === place ? "" : owner)),
      }),
      removed: () => ({ clocks: {}, owners: [], clients: 0, types: 0 }),
    },
  },
);

/** What is known of a Yjs client: its next clock, and whose it is; undefined for one that wrote nothing yet. */
export function clientOf(
  { clocks, owners }: DocumentSecret,
  client: number,
): { readonly clock: number; readonly owner: string | null } | undefined {
  const known = clocks[client % shards]?.[client];
  return known && { clock: known[0], owner: owners[known[1]] ?? null };
}

export function toSecret({ clients, types }: Scan, owner: string | null): EditSecret {
  return { clients: clients.map(({ client, to }) => [client, to]), owner, types };
}

function withEdit(state: DocumentSecret, { clients, owner, types }: EditSecret): DocumentSecret {
  if (clients.length === 0) return state;
  const known = state.owners.indexOf(owner);
  const place = known === -1 ? state.owners.length : known;
  const clocks = { ...state.clocks };
  let added = 0;
  for (const [client, clock] of clients) {
    const shard = clocks[client % shards];
    if (!shard || !(client in shard)) added += 1;
    clocks[client % shards] = { ...shard, [client]: [clock, place] };
  }
  return {
    clocks,
    owners: known === -1 ? [...state.owners, owner] : state.owners,
    clients: state.clients + added,
    types: state.types + types,
  };
}
