import type { ReactNode } from "react";

/** Bones of a drawn hand: of each ray its root, angle (degrees) and the lengths of its bones from the wrist out. */
const rays = [
  { x: 76, y: 150, angle: -48, bones: [30, 24, 18] },
  { x: 88, y: 138, angle: -14, bones: [44, 28, 18, 13] },
  { x: 100, y: 135, angle: -1, bones: [46, 32, 20, 14] },
  { x: 112, y: 138, angle: 11, bones: [42, 29, 19, 13] },
  { x: 123, y: 145, angle: 24, bones: [37, 22, 14, 11] },
];
const carpals = [
  [84, 152],
  [97, 149],
  [110, 151],
  [121, 157],
  [90, 164],
  [103, 163],
  [115, 167],
] as const;
const gap = 3;

interface Properties {
  children?: ReactNode;
  mirrored?: boolean;
  tint?: string;
}

/** A drawn film of a hand, to show the rules on. */
export function HandFilm({ children, mirrored = false, tint = "#dfe7ee" }: Properties) {
  return (
    <svg viewBox="0 0 200 240" className="drawn" aria-hidden="true">
      <rect width="200" height="240" rx="6" className="drawn-film" />
      <g transform={mirrored ? "matrix(-1 0 0 1 200 0)" : undefined} fill={tint}>
        <g className="drawn-flesh">
          {rays.map(({ x, y, angle, bones }) => (
            <rect
              key={angle}
              x={x - 10}
              y={y - bones.reduce((sum, bone) => sum + bone + gap, 8)}
              width="20"
              height={bones.reduce((sum, bone) => sum + bone + gap, 14)}
              rx="10"
              transform={`rotate(${angle} ${x} ${y})`}
            />
          ))}
          <path d="M72 128c10-10 46-10 60 6l-4 60-8 46H82l-6-46z" />
        </g>
        {rays.flatMap(({ x, y, angle, bones }) => {
          let at = y;
          return bones.map((bone) => {
            const top = at - bone;
            at = top - gap;
            return (
              <Bone key={`${angle} ${top}`} x={x} y={top} length={bone} turn={`rotate(${angle} ${x} ${y})`} />
            );
          });
        })}
        {carpals.map(([x, y]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r="6.200" />
        ))}
        <Bone x={92} y={176} length={62} turn="" wide={9} />
        <Bone x={114} y={180} length={58} turn="" wide={7} />
      </g>
      {children}
    </svg>
  );
}

function Bone({
  x,
  y,
  length,
  turn,
  wide = 5,
}: {
  x: number;
  y: number;
  length: number;
  turn: string;
  wide?: number;
}) {
  const waist = wide * 0.62;
  return (
    <path
      transform={turn}
      d={`M${x - wide} ${y}q${wide} -3 ${2 * wide} 0q-${wide - waist} ${length * 0.2} -${wide - waist} ${length / 2}t${wide - waist} ${length / 2}q-${wide} 3 -${2 * wide} 0q${wide - waist} -${length * 0.2} ${wide - waist} -${length / 2}t-${wide - waist} -${length / 2}z`}
    />
  );
}
