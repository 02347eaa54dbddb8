import { Toast } from "@base-ui/react/toast";
import { t } from "../messages/index.js";
import { IconButton } from "./Button.js";

const manager = Toast.createToastManager();

/** Says something in passing; also to those who listen. */
export function say(title: string, description?: string): void {
  manager.add({ title, ...(description === undefined ? {} : { description }) });
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast">
      <div>
        <Toast.Title className="toast-title" />
        <Toast.Description className="toast-text" />
      </div>
      <Toast.Close render={<IconButton icon="close" label={t("common.close")} />} />
    </Toast.Root>
  ));
}
