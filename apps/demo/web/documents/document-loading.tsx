import { Skeleton } from "@mantine/core";
import { Shell } from "../shell/shell.tsx";
import classes from "./document-page.module.css";

const widths = ["70%", "92%", "84%", "40%"];

/** Stands in for the page of a document until its code is here. */
export function DocumentLoading() {
  return (
    <Shell title={null}>
      <LoadingText />
    </Shell>
  );
}

/** Stands in for the text of a document until it is here. */
export function LoadingText() {
  return (
    <div className={classes.loading} role="status" aria-label="Opening the document">
      {widths.map((width) => (
        <Skeleton key={width} height={16} width={width} radius="sm" />
      ))}
    </div>
  );
}
