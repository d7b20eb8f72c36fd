import { Skeleton } from "@mantine/core";
import classes from "./room-loading.module.css";

const widths = ["42%", "64%", "30%", "52%"];

/** Stands in for the messages until they are here. */
export function RoomLoading() {
  return (
    <div className={classes.loading} role="status" aria-label="Opening the room">
      {widths.map((width) => (
        <div key={width} className={classes.row}>
          <Skeleton circle height={36} />
          <Skeleton height={40} width={width} radius="lg" />
        </div>
      ))}
    </div>
  );
}
