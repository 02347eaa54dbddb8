import { Menu } from "@base-ui/react/menu";
import type { ReactElement } from "react";
import { Icon, type IconName } from "./icons.js";

export interface Action {
  label: string;
  icon: IconName;
  run(): void;
  danger?: boolean;
}

/** A button that opens a list of actions. */
export function ActionMenu({
  trigger,
  actions,
}: {
  trigger: ReactElement<Record<string, unknown>>;
  actions: readonly Action[];
}) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger render={trigger} />
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end">
          <Menu.Popup className="menu">
            {actions.map(({ label, icon, run, danger }) => (
              <Menu.Item key={label} className="menu-item" data-danger={danger} onClick={run}>
                <Icon name={icon} size={18} />
                {label}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
