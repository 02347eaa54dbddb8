import type { Film, Region } from "@osteon/client";
import { percent } from "../messages/format.js";
import type { Size } from "./view.js";

interface Properties {
  film: Size;
  fracture: NonNullable<Film["fracture"]>;
  /** CSS pixels a film pixel: lines and letters keep their size on the screen. */
  scale: number;
}

/** Boxes around what looks broken: solid where the finding is definite, dotted where it is doubtful. */
export function RegionBoxes({ film, fracture, scale }: Properties) {
  const { width, height } = film;
  return (
    <svg className="pane-regions" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {fracture.regions?.map((region) => (
        <Box
          key={`${region.x} ${region.y}`}
          region={region}
          definite={fracture.certainty === "positive"}
          {...{ width, height, scale }}
        />
      ))}
    </svg>
  );
}

function Box(box: { region: Region; definite: boolean; width: number; height: number; scale: number }) {
  const { region, definite, width, height, scale } = box;
  const x = region.x * width;
  const y = region.y * height;
  return (
    <g className={definite ? "region definite" : "region doubtful"}>
      {["halo", "line"].map((part) => (
        <rect
          key={part}
          className={part}
          x={x}
          y={y}
          width={region.width * width}
          height={region.height * height}
          rx={2 / scale}
        />
      ))}
      <text x={x} y={y - 5 / scale} fontSize={12 / scale} strokeWidth={3 / scale}>
        {percent(region.score)}
      </text>
    </g>
  );
}
