import { CloseButton } from "@mantine/core";
import { useStore } from "../store.ts";
import { snack } from "./snack.ts";
import classes from "./snackbar.module.css";

/** Says what was done, and takes it back. */
export function Snackbar() {
  const shown = useStore(snack);
  return (
    <div role="status" aria-label="Done">
      {shown && (
        <div className={classes.snack}>
          <span className={classes.text}>{shown.text}</span>
          {shown.undo && (
            <button type="button" className={classes.undo} onClick={() => void shown.undo?.()}>
              Undo
            </button>
          )}
          <CloseButton size="sm" className={classes.close} aria-label="Dismiss" onClick={() => snack.set(null)} />
        </div>
      )}
    </div>
  );
}
