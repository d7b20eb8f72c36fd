import { useDocument } from "@shoal/react/documents";

export function useSaving() {
  return useDocument({ documentId: "minutes" }, { select: ({ title }) => ({ title }) }).status;
}
