import type { Film, Region } from "@osteon/client";
import { percent } from "../messages/format.js";
import { inverse, type Orientation, seenFirst } from "./orientation.js";
import type { Size } from "./view.js";

interface Properties {
  film: Size;
  fracture: NonNullable<Film["fracture"]>;
  /** CSS pixels a film pixel: lines and letters keep their size on the screen. */
  scale: number;
  /** How the film lies: letters stay upright on it. */
  orientation: Orientation;
}

/** Boxes around what looks broken: solid where the finding is definite, dotted where it is doubtful. */
export function RegionBoxes({ film, fracture, scale, orientation }: Properties) {
  const { width, height } = film;
  return (
    <svg className="pane-regions" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {fracture.regions?.map((region) => (
        <Box
          key={`${region.x} ${region.y}`}
          region={region}
          definite={fracture.certainty === "positive"}
          {...{ width, height, scale, orientation }}
        />
      ))}
    </svg>
  );
}

interface BoxProperties extends Size, Pick<Properties, "scale" | "orientation"> {
  region: Region;
  definite: boolean;
}

function Box({ region, definite, width, height, scale, orientation }: BoxProperties) {
  const x = region.x * width;
  const y = region.y * height;
  const { farX, farY } = seenFirst(orientation);
  const corner = [x + (farX ? region.width * width : 0), y + (farY ? region.height * height : 0)];
  const { a, b, c, d } = inverse(orientation);
  // Not by vector-effect: that does not see the transform of the stage around it.
  const strokes = {
    halo: { strokeWidth: 5 / scale },
    line: definite
      ? { strokeWidth: 2.25 / scale }
      : { strokeWidth: 3 / scale, strokeDasharray: `${0.1 / scale} ${5.5 / scale}` },
  };
  return (
    <g className={definite ? "region definite" : "region doubtful"}>
      {(["halo", "line"] as const).map((part) => (
        <rect
          key={part}
          className={part}
          {...strokes[part]}
          x={x}
          y={y}
          width={region.width * width}
          height={region.height * height}
          rx={2 / scale}
        />
      ))}
      <text
        transform={`matrix(${[a, b, c, d, ...corner].join(" ")})`}
        y={-5 / scale}
        fontSize={12 / scale}
        strokeWidth={3 / scale}
      >
        {percent(region.score)}
      </text>
    </g>
  );
}
