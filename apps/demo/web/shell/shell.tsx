import { ActionIcon, Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useConnection } from "@shoal/react";
import { IconMenu2, IconUsers } from "@tabler/icons-react";
import { type ReactNode, useEffect } from "react";
import { Bell } from "../notifications/bell.tsx";
import { useRoute } from "../router.ts";
import { failureOf, useSignOutOn } from "../use-sign-out-on.ts";
import { AnnouncementBar } from "./announcement-bar.tsx";
import { Brand } from "./brand.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { NetworkButton } from "./network-button.tsx";
import classes from "./shell.module.css";
import { Sidebar } from "./sidebar.tsx";

interface ShellProps {
  readonly title: ReactNode;
  /** What stands at the side: in a drawer where the window is narrow. */
  readonly aside?: { readonly label: string; readonly content: ReactNode };
  readonly children: ReactNode;
}

const drawer = { content: classes.drawer, body: classes.drawerBody };

/** What every page has around it once somebody is signed in. */
export function Shell({ title, aside, children }: ShellProps) {
  const [rooms, roomsDrawer] = useDisclosure();
  const [side, sideDrawer] = useDisclosure();
  const route = useRoute();
  useSignOutOn(failureOf(useConnection()));
  useEffect(roomsDrawer.close, [route.page === "room" ? route.roomId : route.page]);

  return (
    <div className={classes.shell}>
      <nav className={classes.rooms} aria-label="Pages and rooms">
        <div className={classes.brand}>
          <Brand />
        </div>
        <Sidebar />
      </nav>
      <Drawer
        classNames={drawer}
        opened={rooms}
        onClose={roomsDrawer.close}
        title={<Brand />}
        size={300}
        hiddenFrom="sm"
      >
        <Sidebar />
      </Drawer>
      <main className={classes.main}>
        <header className={classes.bar}>
          <ActionIcon
            className={classes.narrow}
            variant="subtle"
            size="lg"
            aria-label="Show rooms"
            onClick={roomsDrawer.open}
          >
            <IconMenu2 size={20} />
          </ActionIcon>
          <div className={classes.title}>{title}</div>
          <ConnectionBadge />
          <NetworkButton />
          <Bell />
          {aside && (
            <ActionIcon
              className={classes.medium}
              variant="subtle"
              size="lg"
              aria-label={`Show ${aside.label.toLowerCase()}`}
              onClick={sideDrawer.open}
            >
              <IconUsers size={20} />
            </ActionIcon>
          )}
        </header>
        <ConnectionBanner />
        <AnnouncementBar />
        {children}
      </main>
      {aside && (
        <>
          <aside className={classes.aside} aria-label={aside.label}>
            {aside.content}
          </aside>
          <Drawer
            opened={side}
            onClose={sideDrawer.close}
            title={aside.label}
            position="right"
            size={280}
            hiddenFrom="lg"
          >
            {aside.content}
          </Drawer>
        </>
      )}
    </div>
  );
}
