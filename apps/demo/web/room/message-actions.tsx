import { ActionIcon, Button, Group, Menu, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMoodPlus, IconPencil, IconTrash } from "@tabler/icons-react";
import { useUser } from "../user.ts";
import classes from "./message-actions.module.css";
import { roleOf } from "./rights.ts";
import { useRoomPage } from "./room-context.ts";
import { reactionEmojis } from "./use-reactions.ts";

interface MessageActionsProps {
  readonly messageId: string;
  readonly own: boolean;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

/** What one can do with a message: react to it, and edit or remove it where one may. */
export function MessageActions({ messageId, own, onEdit, onRemove }: MessageActionsProps) {
  const user = useUser();
  const { state, broadcast, status } = useRoomPage().room;
  const [asking, ask] = useDisclosure();
  const mayChange = own || (state !== undefined && roleOf(state, user.id) !== "member");
  const react = (emoji: string) => {
    // A reaction that does not get through is a moment that has passed.
    broadcast.reaction({ messageId, emoji }).catch(() => {});
  };
  const remove = () => {
    ask.close();
    onRemove();
  };
  return (
    <>
      <Menu position="top" radius="lg" shadow="md" withinPortal>
        <Menu.Target>
          <ActionIcon
            className={classes.open}
            variant="subtle"
            color="gray"
            radius="xl"
            size={30}
            aria-label="React or change"
            data-actions
          >
            <IconMoodPlus size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.emojis}>
            {reactionEmojis.map((emoji) => (
              <Menu.Item
                key={emoji}
                className={classes.emoji}
                aria-label={`React with ${emoji}`}
                disabled={status !== "live"}
                onClick={() => react(emoji)}
              >
                {emoji}
              </Menu.Item>
            ))}
          </div>
          {mayChange && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconPencil size={16} />} onClick={onEdit}>
                Edit
              </Menu.Item>
              <Menu.Item color="var(--bad-text)" leftSection={<IconTrash size={16} />} onClick={ask.open}>
                Remove…
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={asking}
        onClose={ask.close}
        title={<strong>Remove this message?</strong>}
        centered
        size="sm"
        radius="lg"
      >
        <Text size="sm">Its text is deleted for everybody, and cannot be brought back.</Text>
        <Group justify="flex-end" mt="lg" gap="sm">
          <Button variant="default" onClick={ask.close}>
            Keep it
          </Button>
          <Button color="red" onClick={remove}>
            Remove
          </Button>
        </Group>
      </Modal>
    </>
  );
}
