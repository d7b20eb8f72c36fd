import { Button } from "@mantine/core";
import { lazy, Suspense } from "react";
import { EmptyState } from "../empty-state.tsx";
import { Shell } from "../shell/shell.tsx";

/** Its charts are loaded with it alone. A page that is older than the server's build does not find them, and can only be loaded anew. */
const Page = lazy(() => import("./operations-page.tsx").catch(() => ({ default: Outdated })));

export function LazyOperationsPage() {
  return (
    <Suspense fallback={<Shell title="Operations">{null}</Shell>}>
      <Page />
    </Suspense>
  );
}

function Outdated() {
  return (
    <Shell title="Operations">
      <EmptyState title="This page could not be loaded" text="The server is away, or there is a newer version of it.">
        <Button onClick={() => location.reload()}>Load it again</Button>
      </EmptyState>
    </Shell>
  );
}
