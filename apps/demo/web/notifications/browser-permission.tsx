import { Button } from "@mantine/core";
import { askToNotify, mayNotify, type NotifyPermission } from "@shoal/client/notifications";
import { useStore } from "../store.ts";
import { PushSwitch } from "./push-switch.tsx";
import classes from "./settings-page.module.css";

const texts: Record<NotifyPermission, string> = {
  default: "While the app is open and you look elsewhere, your browser can tell you.",
  granted: "Your browser tells you while the app is open and you look elsewhere.",
  denied: "You have forbidden it. Your browser lets you change that beside its address bar.",
  unsupported: "This browser has no notifications for pages.",
};

/** Whether the browser shows notifications of its own. It is asked for by a click alone. */
export function BrowserPermission() {
  const permission = useStore(mayNotify);
  return (
    <section className={classes.card} aria-labelledby="browser">
      <h2 id="browser" className={classes.heading}>
        This browser
      </h2>
      <div className={classes.row}>
        <p className={classes.text}>{texts[permission]}</p>
        {permission === "default" && <Button onClick={() => void askToNotify()}>Allow notifications</Button>}
      </div>
      <div className={classes.row}>
        <PushSwitch />
      </div>
    </section>
  );
}
