import { Skeleton } from "@mantine/core";
import classes from "./lot-page.module.css";

/** Stands in for a lot until it is here. */
export function LotLoading() {
  return (
    <div className={classes.loading} role="status" aria-label="Opening the lot">
      <Skeleton height={240} radius="lg" />
      <Skeleton height={240} radius="lg" />
    </div>
  );
}
