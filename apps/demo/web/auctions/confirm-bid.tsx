import { Button, Group, Modal } from "@mantine/core";
import { formatMoney } from "../../contract/money.ts";
import type { AskedBid } from "./use-bidding.ts";

interface ConfirmBidProps {
  readonly asked: AskedBid | undefined;
  readonly currency: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Asks whether a bid that is far above all others is meant. */
export function ConfirmBid({ asked, currency, onConfirm, onCancel }: ConfirmBidProps) {
  return (
    <Modal
      opened={asked !== undefined}
      onClose={onCancel}
      title={<strong>Is that what you mean?</strong>}
      centered
      size="sm"
      radius="lg"
    >
      {asked && (
        <>
          <p>
            You are about to bid <strong>{formatMoney(asked.amount, currency)}</strong>. That is more than{" "}
            {formatMoney(asked.limit, currency)}, and far above the price. A bid cannot be taken back.
          </p>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onCancel} data-autofocus>
              Change it
            </Button>
            <Button onClick={onConfirm}>Bid {formatMoney(asked.amount, currency)}</Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
