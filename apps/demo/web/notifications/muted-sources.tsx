import { Button } from "@mantine/core";
import classes from "./settings-page.module.css";
import { tell } from "./snack.ts";
import { sourceName } from "./source-name.ts";
import type { Inbox } from "./use-inbox.ts";

/** The rooms and people that one does not want to hear of. */
export function MutedSources({ inbox }: { readonly inbox: Inbox }) {
  const muted = inbox.state?.muted ?? [];
  return (
    <section className={classes.card} aria-labelledby="muted">
      <h2 id="muted" className={classes.heading}>
        Muted
      </h2>
      {muted.length === 0 && <p className={classes.text}>Nothing. A notification lets you mute where it comes from.</p>}
      <ul className={classes.muted}>
        {muted.map((source) => {
          const name = sourceName(source, inbox.items);
          return (
            <li key={source} className={classes.row}>
              <span>{name}</span>
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`Unmute ${name}`}
                onClick={() => void tell(inbox.unmute(source))}
              >
                Unmute
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
