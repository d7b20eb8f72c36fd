import { Button } from "@mantine/core";
import { EmptyState } from "../empty-state.tsx";
import { navigate } from "../router.ts";
import { Shell } from "./shell.tsx";

export function UnknownPage({ path }: { readonly path: string }) {
  return (
    <Shell title={<strong>Nothing here</strong>}>
      <EmptyState
        title="There is no such page"
        text={`Nothing is at ${path}. The name of a room has at most 64 letters, digits, dashes and underscores.`}
      >
        <Button onClick={() => navigate("/")}>Go to the start</Button>
      </EmptyState>
    </Shell>
  );
}
