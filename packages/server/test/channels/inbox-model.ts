/** What becomes of an inbox; `which`, `back` and `event` count back from the newest. */
export type Step =
  | ({ readonly do: "send"; readonly kind: Kind; readonly text: string; readonly key: string | null } & From)
  | { readonly do: "mark"; readonly as: Mark; readonly which: readonly number[] }
  | {
      readonly do: "markAll";
      readonly as: "seen" | "read" | "archived";
      readonly back: number;
      readonly category?: string;
    }
  | { readonly do: "remove"; readonly which: readonly number[] }
  | { readonly do: "undo"; readonly event: number }
  | { readonly do: "retract"; readonly key: string }
  | { readonly do: "mute" | "unmute"; readonly source: string }
  | { readonly do: "prefer"; readonly category: string; readonly on: boolean }
  | { readonly do: "wait"; readonly ms: number };

export type Kind = "mention" | "like" | "invite" | "alarm";
type Mark = "seen" | "read" | "unread" | "archived" | "unarchived";
interface From {
  readonly actor: string | null;
  readonly source: string | null;
}

/** A time of an item, and what it was before the event that set it. */
interface Stamp {
  at: number | null;
  by: number;
  before: number | null;
}

interface Part {
  readonly offset: number;
  readonly text: string;
  readonly at: number;
  readonly from: From;
}

export interface ModelItem {
  readonly id: string;
  readonly kind: Kind;
  /** What is folded into it, the newest last. */
  parts: Part[];
  seen: Stamp;
  read: Stamp;
  archived: Stamp;
}

export const categories: Readonly<Record<Kind, string>> = {
  mention: "talk",
  like: "talk",
  invite: "general",
  alarm: "security",
};

const fresh = (): Stamp => ({ at: null, by: 0, before: null });

/** An inbox as one would write it without a window, a table or a count: a list of all that is in it. */
export class InboxModel {
  items: ModelItem[] = [];
  /** Every item that ever was. */
  readonly ids: string[] = [];
  readonly marks: number[] = [];
  now: number;
  #keys = new Map<string, { readonly id: string; readonly offset: number }>();
  #muted = new Set<string>();
  #off = new Set<string>();
  /** What is in no inbox, with the time until which it waits to be delivered elsewhere. */
  #elsewhere = new Map<string, number>();
  readonly #life: number;
  readonly #most: number;
  readonly #after: number;

  constructor(options: {
    readonly now: number;
    readonly life: number;
    readonly most: number;
    readonly after: number;
  }) {
    this.now = options.now;
    this.#life = options.life;
    this.#most = options.most;
    this.#after = options.after;
  }

  /** The newest first. */
  get inOrder(): readonly ModelItem[] {
    return this.items.toSorted((a, b) => newest(b).offset - newest(a).offset);
  }

  idsOf(which: readonly number[]): string[] {
    return [...new Set(which.map((one) => this.ids.at(-1 - (one % Math.max(1, this.ids.length))) ?? "none"))];
  }

  offsetOf(event: number): number {
    return this.marks.at(-1 - (event % Math.max(1, this.marks.length))) ?? 1;
  }

  orderOf(back: number): number {
    const shown = this.inOrder.filter(({ archived }) => archived.at === null);
    const item = shown[back % Math.max(1, shown.length)];
    return item ? newest(item).offset : 0;
  }

  /** Items whose time is over leave, and what has waited long enough is delivered, before anything else happens. */
  expire(): void {
    for (const [id, due] of this.#elsewhere) if (due <= this.now) this.#elsewhere.delete(id);
    this.items = this.items.filter((item) => item.kind !== "invite" || newest(item).at + this.#life > this.now);
  }

  /** @returns what the server is to answer: a status, a reason, or "ok" */
  foresee(step: Step): string {
    switch (step.do) {
      case "send": {
        if (step.key !== null && this.#keys.has(step.key)) return "repeated";
        if (step.kind !== "alarm" && step.source !== null && this.#muted.has(step.source)) return "muted";
        if (this.#off.has(categories[step.kind])) return "bypassed";
        return this.#groupOf(step.kind, step.text) ? "folded" : "arrived";
      }
      case "mark":
      case "remove":
        return this.#named(step.which).length > 0 ? "ok" : "NOT_FOUND";
      case "undo": {
        const offset = this.offsetOf(step.event);
        const isMarked = this.items.some((item) => stampsOf(item).some(({ by }) => by === offset));
        return isMarked ? "ok" : "NOT_FOUND";
      }
      case "retract": {
        const sent = this.#keys.get(step.key);
        if (sent && this.#elsewhere.has(sent.id)) return "ok";
        return sent && this.items.some(({ id }) => id === sent.id) ? "ok" : "NOT_FOUND";
      }
      case "prefer":
        return step.category === "security" ? "CRITICAL" : "ok";
      default:
        return "ok";
    }
  }

  /** What the step did, where it was not refused. `offset` is that of its last event, and `id` that of the item it sent. */
  take(step: Step, offset: number, id: string): void {
    switch (step.do) {
      case "send":
        this.#send(step, offset, id);
        return;
      case "mark":
        this.marks.push(offset);
        for (const item of this.#named(step.which)) mark(item, step.as, this.now, offset);
        return;
      case "markAll": {
        const upTo = this.orderOf(step.back);
        this.marks.push(offset);
        for (const item of this.items) {
          if (item.archived.at !== null || newest(item).offset > upTo) continue;
          if (step.category !== undefined && categories[item.kind] !== step.category) continue;
          if (step.as !== "archived" || item.read.at !== null) mark(item, step.as, this.now, offset);
        }
        return;
      }
      case "remove": {
        const gone = this.#named(step.which);
        this.items = this.items.filter((item) => !gone.includes(item));
        return;
      }
      case "undo":
        this.#undo(this.offsetOf(step.event), offset);
        return;
      case "retract":
        this.#retract(step.key);
        return;
      case "mute":
        this.#muted.add(step.source);
        return;
      case "unmute":
        this.#muted.delete(step.source);
        return;
      case "prefer":
        if (step.on) this.#off.delete(step.category);
        else this.#off.add(step.category);
        return;
      case "wait":
        this.now += step.ms;
    }
  }

  #send({ kind, text, key, actor, source }: Extract<Step, { do: "send" }>, offset: number, id: string): void {
    const part = { offset, text, at: this.now, from: { actor, source } };
    const folding = this.#groupOf(kind, text);
    if (key !== null) this.#keys.set(key, { id, offset });
    if (this.#off.has(categories[kind])) {
      if (this.#after > 0) this.#elsewhere.set(id, this.now + this.#after);
      return;
    }
    if (folding) {
      folding.parts.push(part);
      folding.seen = fresh();
      folding.read = fresh();
      folding.archived = fresh();
      return;
    }
    this.items.push({ id, kind, parts: [part], seen: fresh(), read: fresh(), archived: fresh() });
    this.ids.push(id);
    const oldest = this.inOrder.slice(this.#most);
    this.items = this.items.filter((item) => !oldest.includes(item));
  }

  #undo(undone: number, offset: number): void {
    this.marks.push(offset);
    const back = (stamp: Stamp): Stamp => ({ at: stamp.before, by: offset, before: stamp.at });
    for (const item of this.items) {
      if (item.archived.by === undone) item.archived = back(item.archived);
      if (item.read.by === undone) item.read = back(item.read);
      const mayBeUnseen = item.read.at === null || item.seen.before !== null;
      if (item.seen.by === undone && mayBeUnseen) item.seen = back(item.seen);
      if (item.seen.at === null && item.read.at !== null) item.seen = { at: item.read.at, by: offset, before: null };
    }
  }

  #retract(key: string): void {
    const sent = this.#keys.get(key);
    this.#keys.delete(key);
    if (sent) this.#elsewhere.delete(sent.id);
    for (const item of this.items) {
      if (item.id === sent?.id) item.parts = item.parts.filter(({ offset }) => offset !== sent.offset);
    }
    this.items = this.items.filter(({ parts }) => parts.length > 0);
  }

  #named(which: readonly number[]): readonly ModelItem[] {
    const ids = this.idsOf(which);
    return this.items.filter(({ id }) => ids.includes(id));
  }

  #groupOf(kind: Kind, text: string): ModelItem | undefined {
    if (kind !== "like") return undefined;
    return this.inOrder.find((item) => item.kind === "like" && item.archived.at === null && newest(item).text === text);
  }
}

export function newest({ parts }: ModelItem): Part {
  const last = parts.at(-1);
  if (!last) throw new Error("An item has at least what began it.");
  return last;
}

function stampsOf({ seen, read, archived }: ModelItem): readonly Stamp[] {
  return [seen, read, archived];
}

function mark(item: ModelItem, as: Mark, at: number, by: number): void {
  const set = (stamp: Stamp, to: number | null): Stamp =>
    (stamp.at === null) === (to === null) ? stamp : { at: to, by, before: stamp.at };
  switch (as) {
    case "seen":
      item.seen = set(item.seen, at);
      return;
    case "read":
      item.read = set(item.read, at);
      item.seen = set(item.seen, at);
      return;
    case "unread":
      item.read = set(item.read, null);
      return;
    case "archived":
      item.archived = set(item.archived, at);
      return;
    case "unarchived":
      item.archived = set(item.archived, null);
  }
}
