import type { Json, Member } from "@shoal/contract";
import type { Documents } from "@shoal/contract/documents";
import { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { Presence } from "../topic.ts";
import { hashOf, personColors } from "./document-colors.ts";
import { nameOf } from "./document-people.ts";

/** A topic has one presence, however often a page has opened its document. */
const shownBy = new WeakMap<object, Set<DocumentAwareness>>();

type DocumentMember = Member<Documents["presence"]>;
type State = Record<string, unknown>;

/** How editors show somebody, in the field `user` of a state. */
interface AwarenessUser {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly colorLight: string;
}

interface Changes {
  readonly added: number[];
  readonly updated: number[];
  readonly removed: number[];
}

/**
 * An `Awareness` over the presence of a topic. What this client sets of its own state the others see; their states are what the server
 * tells of them. Their ids here are derived from who they are, and `user` is as the server knows them: nobody can speak for another.
 */
export class DocumentAwareness {
  readonly awareness: Awareness;
  readonly #publicId: string;
  readonly #presence: Presence<Documents["presence"]>;
  /** Of what the others' states here are made, by id. */
  readonly #shown = new Map<number, { readonly name: string; readonly told: unknown }>();

  /**
   * @param publicId - what others see of this client's id
   * @param presence - shows the others what this client has set
   */
  constructor(doc: Y.Doc, publicId: string, presence: Presence<Documents["presence"]>) {
    this.#publicId = publicId;
    const awareness = new Awareness(doc);
    // It forgets those whom it has not heard of for a while. Here the server tells who is gone.
    clearInterval(awareness._checkInterval);
    awareness.on("update", (changes: Changes, origin: unknown) => {
      const own = [...changes.added, ...changes.updated, ...changes.removed].includes(awareness.clientID);
      if (own && origin === "local" && this.#shownBy.has(this)) this.show();
    });
    this.awareness = awareness;
    this.#presence = presence;
  }

  /** Shows the others what this client has set, from now on. */
  show(): void {
    const { awareness } = this;
    // The last one is what is shown.
    this.#shownBy.delete(this);
    this.#shownBy.add(this);
    this.#presence.set({ awareness: toldOf(awareness.getLocalState()) });
  }

  /** Shows nothing any more, or what is set where the same document is open once more. */
  leave(): void {
    if (!this.#shownBy.delete(this)) return;
    const other = [...this.#shownBy].at(-1);
    if (other) other.show();
    else this.#presence.clear();
  }

  /** Shows who the user is, as the others see it. */
  identify(member: Pick<DocumentMember, "id" | "name">): void {
    const user = userOf(member);
    const state = this.awareness.getLocalState();
    if (state && !sameUser(state.user, user)) this.awareness.setLocalStateField("user", user);
  }

  /** Takes the others' states from who is there. */
  take(members: readonly DocumentMember[]): void {
    const { awareness } = this;
    const changes: Changes = { added: [], updated: [], removed: [] };
    const left = new Set(this.#shown.keys());
    for (const [id, member, told] of this.#others(members)) {
      left.delete(id);
      const known = this.#shown.get(id);
      const name = nameOf(member);
      if (known && known.told === told && known.name === name) continue;
      this.#shown.set(id, { name, told });
      awareness.states.set(id, { ...told, user: userOf(member) });
      const clock = (awareness.meta.get(id)?.clock ?? 0) + 1;
      awareness.meta.set(id, { clock, lastUpdated: Date.now() });
      (known ? changes.updated : changes.added).push(id);
    }
    for (const id of left) {
      this.#shown.delete(id);
      awareness.states.delete(id);
      awareness.meta.delete(id);
      changes.removed.push(id);
    }
    if (changes.added.length + changes.updated.length + changes.removed.length === 0) return;
    awareness.emit("change", [changes, this]);
    awareness.emit("update", [changes, this]);
  }

  get #shownBy(): Set<DocumentAwareness> {
    const known = shownBy.get(this.#presence) ?? new Set();
    shownBy.set(this.#presence, known);
    return known;
  }

  /** The other clients that have a state, each with its id here. */
  *#others(members: readonly DocumentMember[]): Iterable<readonly [number, DocumentMember, State]> {
    const taken = new Set([this.awareness.clientID, this.awareness.doc.clientID]);
    for (const member of members) {
      for (const client of member.clients) {
        if (client.id === this.#publicId || !client.state.awareness) continue;
        let id = hashOf(`${member.id} ${client.id}`);
        while (taken.has(id)) id = (id + 1) >>> 0;
        taken.add(id);
        yield [id, member, client.state.awareness];
      }
    }
  }
}

/** What the server is told: all but who it is, which it knows. */
function toldOf(state: State | null): Record<string, Json> | null {
  if (!state) return null;
  const { user: _, ...others } = state;
  return others as Record<string, Json>;
}

function userOf(member: Pick<DocumentMember, "id" | "name">): AwarenessUser {
  return { id: member.id, name: nameOf(member), ...personColors(member.id) };
}

function sameUser(known: unknown, { id, name }: AwarenessUser): boolean {
  const user = known as Partial<AwarenessUser> | undefined;
  return user?.id === id && user.name === name;
}
