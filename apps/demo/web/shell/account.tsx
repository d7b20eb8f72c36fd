import { PersonAvatar } from "../person-avatar.tsx";
import { useUser } from "../user.ts";
import classes from "./account.module.css";
import { SignOutButton } from "./sign-out-button.tsx";
import { ThemeButton } from "./theme-button.tsx";

/** Who one is, and the way out. */
export function Account() {
  const user = useUser();
  return (
    <div className={classes.account}>
      <PersonAvatar {...user} />
      <span className={classes.name}>{user.name}</span>
      <ThemeButton />
      <SignOutButton />
    </div>
  );
}
