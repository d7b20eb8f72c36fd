import type { InboxItem } from "./use-inbox.ts";

/** What a source is called, which may be muted: a room, or a person as far as the items tell. */
export function sourceName(source: string, items: readonly InboxItem[]): string {
  const [, kind, id = ""] = /^(room|person):(.*)$/s.exec(source) ?? [];
  if (kind === "room") {
    const told = items.find((item) => item.source === source && item.kind === "mention");
    return `# ${told?.kind === "mention" ? told.data.room : id}`;
  }
  const actor = items.flatMap(({ actors }) => actors).find((one) => one.id === id);
  return actor?.name ?? "Somebody";
}
