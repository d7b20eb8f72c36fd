import { statusText } from "@shoal/client/documents";
import { useDocument } from "@shoal/react/documents";
import { IconAlertTriangle, IconCloudCheck, IconCloudOff, IconCloudUp, IconEye, IconLoader } from "@tabler/icons-react";
import { useEffect } from "react";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import { askBeforeLoss } from "./ask-before-loss.ts";
import classes from "./document-tools.module.css";

const icons = {
  loading: IconLoader,
  saved: IconCloudCheck,
  saving: IconCloudUp,
  offline: IconCloudOff,
  failed: IconAlertTriangle,
  "read-only": IconEye,
} as const;

/** Whether what one has written is stored, in truth. */
export function SaveLine({ documentId }: { readonly documentId: string }) {
  const { status, waiting } = useDocument({ documentId }, { select: ({ status, waiting }) => ({ status, waiting }) });
  const { client } = useStore(visit);
  useEffect(() => askBeforeLoss(client), [client]);
  const Icon = icons[status];
  // That each key is saved is not to be read out.
  const spoken = status === "offline" || status === "failed" || status === "read-only";
  return (
    <>
      <p className={classes.save} data-status={status} data-save>
        <Icon size={17} aria-hidden />
        {statusText({ status, waiting })}
      </p>
      <span className={classes.spoken} role="status" aria-label="Saving">
        {spoken && statusText({ status, waiting: 0 })}
      </span>
    </>
  );
}
