import { maxRoles, type RoomRole } from "@shoal/contract/rooms";

/** What a person tries in a room; `which` counts back from the newest message that was ever posted. */
export type Step =
  | { readonly do: "post"; readonly who: string; readonly text: string }
  | { readonly do: "edit"; readonly who: string; readonly which: number; readonly text: string }
  | { readonly do: "remove"; readonly who: string; readonly which: number }
  | { readonly do: "grant"; readonly who: string; readonly to: string; readonly role: RoomRole }
  | { readonly do: "rename"; readonly who: string; readonly text: string };

interface Line {
  readonly id: string;
  readonly offset: number;
  readonly by: string;
  text: string;
}

/** A room as one would write it without any of this: a list that nothing ever leaves but what is removed. */
export class RoomModel {
  readonly lines: Line[] = [];
  /** The ids of all messages, removed ones too. */
  readonly posted: string[] = [];
  #roles = new Map<string, RoomRole>();
  #offset = 0;

  constructor(owner: string) {
    this.#roles.set(owner, "owner");
    this.#add("create", owner, "created");
  }

  get roles(): readonly (readonly [string, RoomRole])[] {
    return [...this.#roles];
  }

  /** @returns the reason for which it is refused; null when it is not */
  take(step: Step, commandId: string): string | null {
    switch (step.do) {
      case "post":
        this.posted.push(commandId);
        this.#add(commandId, step.who, step.text);
        return null;
      case "rename":
        if (this.#power(step.who) === 0) return "NOT_ALLOWED";
        this.#add(commandId, step.who, "renamed");
        return null;
      case "grant":
        return this.#grant(step, commandId);
      case "edit":
      case "remove": {
        const line = this.lines.find(({ id }) => id === this.idOf(step.which));
        if (!line) return "NOT_FOUND";
        if (line.by !== step.who && this.#power(step.who) === 0) return "NOT_ALLOWED";
        if (step.do === "edit") line.text = step.text;
        else this.lines.splice(this.lines.indexOf(line), 1);
        this.#offset += 1;
        return null;
      }
    }
  }

  idOf(which: number): string {
    return this.posted.at(-1 - (which % Math.max(1, this.posted.length))) ?? "none";
  }

  #grant({ who, to, role }: Extract<Step, { do: "grant" }>, commandId: string): string | null {
    const power = this.#power(who);
    const before = this.#roles.get(to);
    const isOwner = before === "owner";
    if (power === 0 || (power === 1 && (role === "owner" || isOwner))) return "NOT_ALLOWED";
    const owners = [...this.#roles.values()].filter((one) => one === "owner");
    if (isOwner && role !== "owner" && owners.length === 1) return "LAST_OWNER";
    if (!before && role !== "member" && this.#roles.size >= maxRoles) return "TOO_MANY";
    this.#roles.delete(to);
    if (role !== "member") this.#roles.set(to, role);
    this.#add(commandId, who, "granted");
    return null;
  }

  #power(who: string): 0 | 1 | 2 {
    if (who === "mod" || this.#roles.get(who) === "owner") return 2;
    return this.#roles.get(who) === "moderator" ? 1 : 0;
  }

  #add(id: string, by: string, text: string): void {
    this.#offset += 1;
    this.lines.push({ id, offset: this.#offset, by, text });
  }
}
