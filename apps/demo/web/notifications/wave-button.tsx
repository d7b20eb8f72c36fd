import { ActionIcon } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import { tell } from "./snack.ts";

/** Waves at somebody, who is notified of it. */
export function WaveButton({ id, name }: { readonly id: string; readonly name: string }) {
  const { client } = useStore(visit);
  const wave = () => void tell(client.people({}).send.wave({ to: id }), `You waved at ${name}`);
  return (
    <ActionIcon variant="subtle" color="gray" size="md" aria-label={`Wave at ${name}`} title="Wave" onClick={wave}>
      <IconHandStop size={17} />
    </ActionIcon>
  );
}
