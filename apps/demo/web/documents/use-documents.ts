import { useInfiniteQuery } from "@tanstack/react-query";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";

/** How old the list may be that somebody looks at, in milliseconds: what others write changes its order. */
const freshFor = 5_000;

/** What the user may open, page by page, the last changed first. */
export function useDocuments(search: string) {
  const { client } = useStore(visit);
  return useInfiniteQuery({
    queryKey: ["documents", search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      client.documents.query.list(
        { limit: 24, ...(search && { search }), ...(pageParam !== undefined && { cursor: pageParam }) },
        { signal },
      ),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    // What was found before stays until there is an answer.
    placeholderData: (before) => before,
    refetchInterval: freshFor,
  });
}
