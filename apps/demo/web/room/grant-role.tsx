import { ActionIcon, Menu } from "@mantine/core";
import type { Person, RoomRole } from "@shoal/contract/rooms";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { useUser } from "../user.ts";
import classes from "./grant-role.module.css";
import { problemOf } from "./problem-of.ts";
import { grantable, roleOf } from "./rights.ts";
import { useRoomPage } from "./room-context.ts";

interface GrantRoleProps {
  readonly person: Person;
  readonly role: RoomRole;
}

const texts: Readonly<Record<RoomRole, string>> = {
  owner: "Make an owner",
  moderator: "Make a moderator",
  member: "Make a member",
};

/** For the owner and the moderators of a room: what somebody may do in it from now on. */
export function GrantRole({ person, role }: GrantRoleProps) {
  const user = useUser();
  const { state, send } = useRoomPage().room;
  const [problem, setProblem] = useState<string>();
  const choices = state ? grantable(roleOf(state, user.id), role) : [];
  if (choices.length === 0) return null;
  const grant = async (next: RoomRole) => setProblem(await problemOf(send.grant({ to: person, role: next })));
  return (
    <>
      <Menu position="bottom-end" radius="md" shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Role of ${person.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {choices.map((choice) => (
            <Menu.Item key={choice} onClick={() => void grant(choice)}>
              {texts[choice]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {problem && (
        <div className={classes.problem} role="alert">
          {problem}
        </div>
      )}
    </>
  );
}
