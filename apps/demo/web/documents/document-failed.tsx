import { Alert, Button, CopyButton, Group } from "@mantine/core";
import type { DocumentFailure } from "@shoal/client/documents";
import { useDocument } from "@shoal/react/documents";
import { IconAlertTriangle } from "@tabler/icons-react";

/** Says why a document goes on no more, what of it is not stored, and how to go on. */
export function DocumentFailed({ documentId }: { readonly documentId: string }) {
  const { failure, waiting, text, startAnew } = useDocument(
    { documentId },
    { select: ({ failure, waiting }) => ({ failure, waiting }) },
  );
  if (!failure) return null;
  return (
    <Alert
      m="md"
      color="red"
      icon={<IconAlertTriangle />}
      title={waiting > 0 ? "What you wrote last is not saved" : "This document is not available"}
    >
      <p>{textOf(failure)}</p>
      <Group gap="xs">
        {waiting > 0 && (
          <CopyButton value={text.toString()}>
            {({ copied, copy }) => (
              <Button size="xs" color="red" onClick={copy}>
                {copied ? "Copied" : "Copy the text as it is here"}
              </Button>
            )}
          </CopyButton>
        )}
        <Button size="xs" variant="default" onClick={startAnew}>
          {waiting > 0 ? "Go on from what is saved" : "Try again"}
        </Button>
      </Group>
    </Alert>
  );
}

function textOf({ reason, message }: DocumentFailure): string {
  if (reason !== "FORBIDDEN" && reason !== "NOT_FOUND") return message;
  return "It is not shared with you, or there is no such document. Ask its owner to share it.";
}
