import { AlertDialog } from "@base-ui/react/alert-dialog";
import { t } from "../messages/index.js";
import { Button } from "./Button.js";

interface Properties {
  title: string;
  text: string;
  action: string;
  open: boolean;
  onClose(): void;
  onConfirm(): void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, text, action, open, onClose, onConfirm }: Properties) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="window">
          <header className="window-head">
            <AlertDialog.Title className="window-title">{title}</AlertDialog.Title>
          </header>
          <div className="window-body">
            <AlertDialog.Description>{text}</AlertDialog.Description>
            <div className="window-actions">
              <AlertDialog.Close render={<Button>{t("common.keep")}</Button>} />
              <AlertDialog.Close
                render={
                  <Button kind="danger" icon="trash" onClick={onConfirm}>
                    {action}
                  </Button>
                }
              />
            </div>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
