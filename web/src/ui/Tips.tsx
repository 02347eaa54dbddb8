import { Tooltip } from "@base-ui/react/tooltip";

/** Every button's tip is the same one: a tip for each would cost a row of a long list more than all else in it. */
export const tips = Tooltip.createHandle<string>();

/** The tip, once on the page. */
export function Tips() {
  return (
    <Tooltip.Root handle={tips}>
      {({ payload }) => (
        <Tooltip.Portal>
          <Tooltip.Positioner sideOffset={6}>
            <Tooltip.Popup className="tip">{payload}</Tooltip.Popup>
          </Tooltip.Positioner>
        </Tooltip.Portal>
      )}
    </Tooltip.Root>
  );
}
