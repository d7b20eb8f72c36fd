import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { EmptyState } from "../empty-state.tsx";
import { PageTitle } from "../shell/page-title.tsx";
import { Shell } from "../shell/shell.tsx";
import { DocumentCard } from "./document-card.tsx";
import classes from "./documents-page.module.css";
import { NewDocument } from "./new-document.tsx";
import { useDocuments } from "./use-documents.ts";

/** What one has written, and what others have shared. */
export function DocumentsPage() {
  const [search, setSearch] = useState("");
  const [wanted] = useDebouncedValue(search.trim(), 250);
  return (
    <Shell title={<PageTitle>Documents</PageTitle>}>
      <div className={classes.page}>
        <div className={classes.top}>
          <TextInput
            className={classes.search}
            type="search"
            aria-label="Search in documents"
            placeholder="Search titles and texts"
            leftSection={<IconSearch size={17} aria-hidden />}
            value={search}
            maxLength={200}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <NewDocument />
        </div>
        <Found search={wanted} />
      </div>
    </Shell>
  );
}

function Found({ search }: { readonly search: string }) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useDocuments(search);
  const found = data?.pages.flatMap(({ items }) => items);
  // What was found before is still good to go on with.
  if (error && !data)
    return (
      <p className={classes.problem} role="alert">
        {error.message}
      </p>
    );
  if (found?.length === 0)
    return search ? (
      <p className={classes.nothing}>Nothing of yours has “{search}” in it.</p>
    ) : (
      <EmptyState
        title="Nothing written yet"
        text="Make a document, share it with somebody, and write in it together. Cut the network meanwhile: nothing is lost."
      />
    );
  return (
    <>
      <ul className={classes.list} aria-label="Documents" aria-busy={found === undefined}>
        {found?.map((document) => (
          <li key={document.documentId}>
            <DocumentCard document={document} />
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div className={classes.more}>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
