/** Line icons of one grid (24) and one stroke, by name. */
const paths = {
  add: "M12 5v14M5 12h14",
  alert: "M12 3.5 21.5 20h-19zM12 10v4.500M12 17.300v.2",
  auto: "M12 3v2.500M12 18.500V21M3 12h2.500M18.5 12H21M5.6 5.600l1.8 1.800M16.6 16.600l1.8 1.800M18.4 5.600l-1.8 1.800M7.4 16.600l-1.8 1.800M12 8.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  back: "M15 5l-7 7 7 7",
  boxes: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
  camera: "M4 8h3.500L9 5.500h6L16.5 8H20v11H4zM12 10.200a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.600z",
  check: "M5 12.500l4.5 4.500L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  contrast: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  download: "M12 4v11M7.5 11l4.5 4.500L16.5 11M5 20h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  folder: "M3.5 6h6l2 2.500h9V19h-17z",
  grid: "M4 4h7v16H4zM13 4h7v16h-7z",
  heat: "M12 3c1 3.5 5.5 5.5 5.5 10.500a5.5 5.5 0 0 1-11 0c0-2 .8-3.5 2-4.5 0 2 .8 3 2 3.500C10.2 9.5 10.5 6 12 3z",
  invert: "M4 4h16v16H4zM4 20L20 4",
  keyboard: "M3 7h18v10H3zM7 10.500h.1M11 10.500h.1M15 10.500h.1M8 14h8",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.700l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.700l1-1",
  mirror: "M12 4v16M9 7L4 17h5zM15 7l5 10h-5z",
  moon: "M19.5 14.500A8 8 0 0 1 9.5 4.500a8 8 0 1 0 10 10z",
  more: "M6 12h.1M12 12h.1M18 12h.1",
  plus: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.500L20 20M11 8.500v5M8.5 11h5",
  minus: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.500L20 20M8.5 11h5",
  reset: "M5 4v5h5M5.5 9a7.5 7.5 0 1 1-1 5",
  retry: "M19 4v5h-5M18.5 9a7.5 7.5 0 1 0 1 5",
  search: "M11 4.500a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM16 16l4 4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M18.7 5.300l-1.4 1.400M6.7 17.300l-1.4 1.4",
  trash: "M5 7h14M9.5 7V4.500h5V7M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  turn: "M19 11a7 7 0 1 1-2-5M19 3v4.500h-4.5",
  upend: "M4 12h16M7 9l10-5v5zM7 15l10 5v-5z",
  upload: "M12 16V5M7.5 9.500L12 5l4.5 4.500M5 20h14",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** The product's sign: a bone with a crack. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg className="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <g transform="rotate(45 16 16)">
        <path
          className="mark-bone"
          d="M13 10.500V9.800a3.2 3.2 0 1 1 3-4.3 3.2 3.2 0 1 1 3 4.300v12.400a3.2 3.2 0 1 1-3 4.3 3.2 3.2 0 1 1-3-4.300z"
        />
        <path className="mark-crack" d="M11.5 17.500l3-1.5 1.5 2 2-3 2.5.5" />
      </g>
    </svg>
  );
}
