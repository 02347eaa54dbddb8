import { Slider } from "@base-ui/react/slider";
import { Toolbar as Bar } from "@base-ui/react/toolbar";
import { percent } from "../messages/format.js";
import { t } from "../messages/index.js";
import { prefer, preferences } from "../state/preferences.js";
import { useStore } from "../state/store.js";
import { IconButton } from "../ui/Button.js";
import type { IconName } from "../ui/icons.js";
import type { Command } from "./commands.js";
import { viewerKeys } from "./keys.js";
import type { View } from "./view.js";

interface Properties {
  view: View | undefined;
  tool: "pan" | "window";
  hasHeat: boolean;
  onCommand(command: Command): void;
  onHelp(): void;
}

const groups: readonly (readonly [Command, IconName][])[] = [
  [
    ["zoomOut", "minus"],
    ["zoomIn", "plus"],
    ["fit", "fit"],
  ],
  [
    ["automatic", "auto"],
    ["invert", "invert"],
    ["turn", "turn"],
    ["mirror", "mirror"],
    ["upend", "upend"],
    ["reset", "reset"],
  ],
];

/** Everything that can be done to the film in hand. */
export function Toolbar({ view, tool, hasHeat, onCommand, onHelp }: Properties) {
  const { heatmap, heatOpacity, regions } = useStore(preferences);
  const keyOf = (command: Command) =>
    viewerKeys.find((each) => each.command === command)?.keys[0]?.toUpperCase() ?? "";
  const button = (command: Command, icon: IconName, pressed?: boolean) => (
    <Bar.Button
      key={command}
      render={
        <IconButton
          icon={icon}
          label={t(`commands.${command}`)}
          shortcut={keyOf(command)}
          {...(pressed === undefined ? {} : { pressed })}
        />
      }
      onClick={() => onCommand(command)}
    />
  );
  const scaleText = view === undefined ? "1:1" : percent(view.scale * window.devicePixelRatio);
  return (
    <Bar.Root className="toolbar" aria-label={t("viewer.tools")}>
      <Bar.Group className="toolbar-group">
        {button("tool", "contrast", tool === "window")}
        {groups[0]?.map(([command, icon]) => button(command, icon))}
        <Bar.Button
          className="toolbar-scale"
          aria-label={t("viewer.scale", { scale: scaleText })}
          onClick={() => onCommand("oneToOne")}
        >
          {scaleText}
        </Bar.Button>
      </Bar.Group>
      <Bar.Group className="toolbar-group">
        {groups[1]?.map(([command, icon]) =>
          button(command, icon, command === "invert" ? (view?.inverted ?? false) : undefined),
        )}
      </Bar.Group>
      {hasHeat && (
        <Bar.Group className="toolbar-group">
          {button("regions", "boxes", regions)}
          {button("heatmap", "heat", heatmap)}
          <Slider.Root
            className="slider"
            value={heatOpacity}
            min={0}
            max={1}
            step={0.05}
            disabled={!heatmap}
            onValueChange={(value) => prefer({ heatOpacity: Array.isArray(value) ? value[0] : value })}
          >
            <Slider.Control className="slider-control">
              <Slider.Track className="slider-track">
                <Slider.Indicator className="slider-indicator" />
                <Slider.Thumb className="slider-thumb" aria-label={t("viewer.opacity")} />
              </Slider.Track>
            </Slider.Control>
          </Slider.Root>
        </Bar.Group>
      )}
      <Bar.Group className="toolbar-group toolbar-end">
        <Bar.Button
          render={<IconButton icon="keyboard" label={t("viewer.keys")} shortcut="?" />}
          onClick={onHelp}
        />
      </Bar.Group>
    </Bar.Root>
  );
}
