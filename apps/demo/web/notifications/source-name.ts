import type { InboxItem } from "./use-inbox.ts";

/** What a source is called, which may be muted: a room, a lot, or a person as far as the items tell. */
export function sourceName(source: string, items: readonly InboxItem[]): string {
  const [, kind, id = ""] = /^(room|auction|person):(.*)$/s.exec(source) ?? [];
  if (kind === "room") {
    const told = items.find((item) => item.source === source && item.kind === "mention");
    return `# ${told?.kind === "mention" ? told.data.room : id}`;
  }
  if (kind === "auction") {
    const told = items.find((item) => item.source === source);
    return told?.kind === "outbid" || told?.kind === "auction" ? told.data.title : "a lot";
  }
  const actor = items.flatMap(({ actors }) => actors).find((one) => one.id === id);
  return actor?.name ?? "Somebody";
}
