import { Component, type ReactNode } from "react";
import { t } from "../messages/index.js";
import { Button } from "./Button.js";
import { fetchAgain } from "./later.js";
import { Notice } from "./Notice.js";

interface Properties {
  /** At another place the part is tried again. */
  place: string;
  children: ReactNode;
}

/**
 * Keeps what goes wrong in one part of the page from the rest of it: it cannot be fetched, since the gateway is away or was
 * upgraded meanwhile. What waits to be sent goes on.
 */
export class Mishap extends Component<Properties, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidUpdate(before: Properties): void {
    if (!this.state.failed || before.place === this.props.place) return;
    fetchAgain();
    this.setState({ failed: false });
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Notice icon="alert" title={t("app.broken")}>
        <p>{t("app.brokenText")}</p>
        <Button icon="retry" onClick={() => location.reload()}>
          {t("app.reload")}
        </Button>
      </Notice>
    );
  }
}
