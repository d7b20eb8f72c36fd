import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import classes from "./to-newest.module.css";

interface ToNewestProps {
  readonly unread: number;
  readonly onClick: () => void;
}

/** For a reader who has scrolled up: the way back, and what waits there. */
export function ToNewest({ unread, onClick }: ToNewestProps) {
  return (
    <Button
      className={classes.pill}
      size="xs"
      radius="xl"
      variant={unread > 0 ? "filled" : "default"}
      color="coral"
      leftSection={<IconArrowDown size={14} />}
      onClick={onClick}
    >
      {textOf(unread)}
    </Button>
  );
}

function textOf(unread: number): string {
  if (unread === 0) return "Newest messages";
  return unread === 1 ? "1 new message" : `${unread} new messages`;
}
