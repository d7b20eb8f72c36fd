import { Anchor } from "@mantine/core";
import type { ComponentProps } from "react";
import { Link } from "../link.tsx";
import { Brand } from "../shell/brand.tsx";
import { ConnectionBadge } from "../shell/connection-badge.tsx";
import shell from "../shell/shell.module.css";
import { Shell } from "../shell/shell.tsx";
import { ThemeButton } from "../shell/theme-button.tsx";
import { useVisitor } from "../user.ts";
import classes from "./auction-shell.module.css";

/** What is around an auction: that of every page for who is signed in, and less for who only looks. */
export function AuctionShell({ title, aside, children }: ComponentProps<typeof Shell>) {
  const visitor = useVisitor();
  if (visitor) {
    return (
      <Shell title={title} {...(aside && { aside })}>
        {children}
      </Shell>
    );
  }
  return (
    <div className={classes.guest}>
      <header className={`${shell.bar} ${classes.bar}`}>
        <Brand />
        <div className={`${shell.title} ${classes.title}`}>{title}</div>
        <ConnectionBadge />
        <ThemeButton />
        <Anchor component={Link} href="/" size="sm" fw={600}>
          Sign in
        </Anchor>
      </header>
      <main className={classes.main}>{children}</main>
    </div>
  );
}
