import type { DocumentHandles } from "@shoal/react/documents";
import { useInfiniteQuery } from "@tanstack/react-query";

/** How old the list may be that somebody looks at, in milliseconds: others go on writing. */
const freshFor = 4_000;

/** The versions of a document, page by page, the newest first. */
export function useVersions(documentId: string, history: DocumentHandles["history"]) {
  return useInfiniteQuery({
    queryKey: ["versions", documentId],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) => history.versions({ cursor: pageParam, limit: 30, signal }),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchInterval: freshFor,
  });
}
