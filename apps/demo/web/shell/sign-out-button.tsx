import { ActionIcon, Button, Popover, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLogout } from "@tabler/icons-react";
import { useEffect } from "react";
import { useStore } from "../store.ts";
import { unsaved } from "../unsaved.ts";
import { signOut } from "../visit.ts";

/** The way out. It asks where something would be lost. */
export function SignOutButton() {
  const waiting = useStore(unsaved);
  const [asking, { open, close }] = useDisclosure();
  useEffect(() => {
    if (waiting === 0) close();
  }, [waiting, close]);
  return (
    <Popover opened={asking} onClose={close} width={260} radius="lg" shadow="md" trapFocus withArrow>
      <Popover.Target>
        <Tooltip label="Sign out" withArrow>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label="Sign out"
            onClick={() => (waiting > 0 ? open() : signOut())}
          >
            <IconLogout size={18} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" mb="xs">
          {waiting === 1 ? "1 change is not saved, and is" : `${waiting} changes are not saved, and are`} lost when you
          sign out.
        </Text>
        <Button size="compact-sm" color="red" onClick={() => signOut()}>
          Sign out all the same
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
