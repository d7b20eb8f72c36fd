import { ActionIcon, Tooltip } from "@mantine/core";
import { unsubscribeFromPush } from "@shoal/client/notifications";
import { IconLogout } from "@tabler/icons-react";
import { PersonAvatar } from "../person-avatar.tsx";
import { useStore } from "../store.ts";
import { useUser } from "../user.ts";
import { signOut, visit } from "../visit.ts";
import classes from "./account.module.css";
import { ThemeButton } from "./theme-button.tsx";

/** Who one is, and the way out. */
export function Account() {
  const user = useUser();
  const { client } = useStore(visit);
  const leave = () => {
    // Whoever signs in next gets nothing that is this user's. The server learns it from the push service, too.
    unsubscribeFromPush(client.pushDevices({ userId: user.id })).catch(() => {});
    signOut();
  };
  return (
    <div className={classes.account}>
      <PersonAvatar {...user} />
      <span className={classes.name}>{user.name}</span>
      <ThemeButton />
      <Tooltip label="Sign out" withArrow>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Sign out" onClick={leave}>
          <IconLogout size={18} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
