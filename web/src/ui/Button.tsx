import { Tooltip } from "@base-ui/react/tooltip";
import type { ComponentProps } from "react";
import { Icon, type IconName } from "./icons.js";
import { tips } from "./Tips.js";

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
    <Tooltip.Trigger
      handle={tips}
      payload={shortcut === undefined ? label : `${label} (${shortcut})`}
      type="button"
      className={`icon-button ${className ?? ""}`}
      aria-label={label}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      {...rest}
    >
      <Icon name={icon} />
    </Tooltip.Trigger>
  );
}
