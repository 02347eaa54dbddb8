import { Tooltip } from "@base-ui/react/tooltip";
import type { ComponentProps, ReactNode } from "react";
import { Icon, type IconName } from "./icons.js";

interface Properties extends ComponentProps<"button"> {
  kind?: "primary" | "plain" | "quiet" | "danger";
  icon?: IconName;
}

export function Button({ kind = "plain", icon, children, className, ...rest }: Properties) {
  return (
    <button type="button" className={`button ${kind} ${className ?? ""}`} {...rest}>
      {icon !== undefined && <Icon name={icon} size={18} />}
      {children}
    </button>
  );
}

interface IconProperties extends Omit<ComponentProps<"button">, "children"> {
  icon: IconName;
  /** What it does: its name for everybody, its tip for the mouse. */
  label: string;
  /** The key that does the same. */
  shortcut?: string;
  /** Of a switch: whether it is on. */
  pressed?: boolean;
}

/** A button with a picture only. */
export function IconButton({ icon, label, shortcut, pressed, className, ...rest }: IconProperties) {
  return (
    <Tip text={shortcut === undefined ? label : `${label} (${shortcut})`}>
      <button
        type="button"
        className={`icon-button ${className ?? ""}`}
        aria-label={label}
        {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
        {...rest}
      >
        <Icon name={icon} />
      </button>
    </Tip>
  );
}

function Tip({ text, children }: { text: string; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children as React.ReactElement<Record<string, unknown>>} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6}>
          <Tooltip.Popup className="tip">{text}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
