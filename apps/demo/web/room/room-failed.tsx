import { Alert, Button } from "@mantine/core";
import type { ShoalError } from "@shoal/contract";
import { IconAlertTriangle } from "@tabler/icons-react";

interface RoomFailedProps {
  readonly error: ShoalError;
  readonly retry: () => void;
}

export function RoomFailed({ error, retry }: RoomFailedProps) {
  return (
    <Alert m="md" color="red" icon={<IconAlertTriangle />} title="This room could not be opened">
      <p>{error.message}</p>
      <Button size="xs" color="red" onClick={retry}>
        Try again
      </Button>
    </Alert>
  );
}
