import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { navigate, pathOfDocument } from "../router.ts";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import classes from "./documents-page.module.css";

/** Makes a document and goes there. */
export function NewDocument() {
  const { client } = useStore(visit);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const create = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const outcome = await client.documents.send.create({ title: "Untitled document" });
      if (outcome.ok) navigate(pathOfDocument(outcome.params.documentId));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "It could not be made. Try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={classes.create}>
      <Button leftSection={<IconPlus size={17} />} loading={busy} onClick={() => void create()}>
        New document
      </Button>
      {problem && (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
