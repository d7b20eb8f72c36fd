import { ActionIcon, Tooltip } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { PersonAvatar } from "../person-avatar.tsx";
import { useUser } from "../user.ts";
import { signOut } from "../visit.ts";
import classes from "./account.module.css";
import { ThemeButton } from "./theme-button.tsx";

/** Who one is, and the way out. */
export function Account() {
  const user = useUser();
  return (
    <div className={classes.account}>
      <PersonAvatar {...user} />
      <span className={classes.name}>{user.name}</span>
      <ThemeButton />
      <Tooltip label="Sign out" withArrow>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Sign out" onClick={() => signOut()}>
          <IconLogout size={18} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
