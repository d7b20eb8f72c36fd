import { ActionIcon, Drawer, Popover } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconBell } from "@tabler/icons-react";
import { useEffect } from "react";
import { useStore } from "../store.ts";
import classes from "./bell.module.css";
import { Panel } from "./panel.tsx";
import { panelOpen } from "./panel-open.ts";
import { toasts } from "./toasts.ts";
import { useInbox } from "./use-inbox.ts";

const most = 99;
const sheet = { content: classes.sheet };
const close = () => panelOpen.set(false);

/** How many notifications nobody has seen yet, and the way to them: a panel, or a sheet over the whole of a phone. */
export function Bell() {
  const open = useStore(panelOpen);
  const inbox = useInbox();
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const unseen = inbox.counts?.unseen ?? 0;
  const toggle = () => {
    toasts.set([]);
    panelOpen.set(!open);
  };
  // Whoever goes to another page leaves the panel.
  useEffect(() => close, []);
  const button = (
    <ActionIcon
      className={classes.bell}
      variant="subtle"
      size="lg"
      aria-label={unseen === 0 ? "Notifications" : `Notifications, ${unseen} new`}
      aria-haspopup="dialog"
      aria-expanded={open}
      onClick={toggle}
    >
      <IconBell size={20} />
      {unseen > 0 && (
        <span className={classes.badge} data-badge aria-hidden>
          {unseen > most ? `${most}+` : unseen}
        </span>
      )}
    </ActionIcon>
  );
  if (narrow) {
    return (
      <>
        {button}
        <Drawer.Root classNames={sheet} opened={open} onClose={close} position="right" size="100%">
          <Drawer.Content aria-label="Notifications">
            <Panel inbox={inbox} onClose={close} />
          </Drawer.Content>
        </Drawer.Root>
      </>
    );
  }
  return (
    <Popover
      opened={open}
      onChange={panelOpen.set.bind(panelOpen)}
      position="bottom-end"
      width={440}
      shadow="lg"
      radius="lg"
      offset={10}
      withRoles={false}
      trapFocus
      returnFocus
    >
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown className={classes.dropdown} role="dialog" aria-label="Notifications">
        <Panel inbox={inbox} onClose={close} />
      </Popover.Dropdown>
    </Popover>
  );
}
