import type { Tone } from "../words/results.js";

/** The sign of an answer: a shape of its own for each, since colour alone tells not everybody. */
export function ToneSign({ tone, size = 18 }: { tone: Tone; size?: number }) {
  if (tone === "running") return <span className="spinner" aria-hidden="true" />;
  return (
    <svg
      className="tone-sign"
      data-tone={tone}
      viewBox="0 0 20 20"
      width={size}
      height={size}
      aria-hidden="true"
    >
      {shapes[tone]}
    </svg>
  );
}

const shapes = {
  fractured: (
    <>
      <path d="M10 1.500 19 17.500H1z" className="fill" />
      <path d="M10 7v5M10 14.600v.2" className="cut" />
    </>
  ),
  doubtful: (
    <>
      <path d="M10 1 19 10 10 19 1 10z" className="fill" />
      <path d="M8 8.200a2.100 2.100 0 1 1 3 1.900c-.7.400-1 .8-1 1.600M10 13.900v.2" className="cut" />
    </>
  ),
  normal: (
    <>
      <circle cx="10" cy="10" r="9" className="fill" />
      <path d="m6 10.300 2.800 2.700L14 7.500" className="cut" />
    </>
  ),
  none: (
    <>
      <circle cx="10" cy="10" r="8" className="line" />
      <path d="M6.500 10h7" className="line" />
    </>
  ),
  failed: (
    <>
      <rect x="1.500" y="1.500" width="17" height="17" rx="4" className="fill" />
      <path d="m7 7 6 6m0-6-6 6" className="cut" />
    </>
  ),
} as const;
