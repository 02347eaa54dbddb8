import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { t } from "../messages/index.js";
import { Icon } from "./icons.js";

interface Properties {
  title: string;
  open: boolean;
  onClose(): void;
  children: ReactNode;
  wide?: boolean;
}

/** A dialogue over the page: focus stays inside, Escape closes. */
export function Window({ title, open, onClose, children, wide = false }: Properties) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="window" data-wide={wide}>
          <header className="window-head">
            <Dialog.Title className="window-title">{title}</Dialog.Title>
            {/* Without a tip: the focus begins here, and Escape would first close the tip. */}
            <Dialog.Close className="icon-button" aria-label={t("common.close")}>
              <Icon name="close" />
            </Dialog.Close>
          </header>
          <div className="window-body">{children}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
