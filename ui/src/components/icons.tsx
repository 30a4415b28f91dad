import type { ReactNode } from 'react';

const paths = {
  explore: <path d="M3 17.5 8.500 11l4 3.500L21 5M15.500 5H21v5.500" />,
  host: (
    <>
      <rect x="3" y="4" width="18" height="7" rx="2" />
      <rect x="3" y="13" width="18" height="7" rx="2" />
      <path d="M7 7.500h.01M7 16.500h.01M11 7.500h6M11 16.500h6" />
    </>
  ),
  targets: (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <circle cx="12" cy="12" r="4" />
      <path d="M12 1.500v4M12 18.500v4M1.500 12h4M18.500 12h4" />
    </>
  ),
  pipelines: (
    <>
      <rect x="2.500" y="4" width="5" height="5" rx="1.200" />
      <rect x="2.500" y="15" width="5" height="5" rx="1.200" />
      <rect x="16.500" y="9.500" width="5" height="5" rx="1.200" />
      <path d="M7.500 6.500h2c3.500 0 3 5.500 7 5.500M7.500 17.500h2c3.500 0 3-5.500 7-5.500" />
    </>
  ),
  alerts: <path d="M6 10a6 6 0 1 1 12 0c0 5 2 6.500 2 6.500H4S6 15 6 10M10 20a2.200 2.200 0 0 0 4 0" />,
  rules: <path d="M8 6h12M8 12h12M8 18h12M3.500 6h.01M3.500 12h.01M3.500 18h.01" />,
  status: <path d="M3 12h4l2.500-7 5 14 2.500-7h4" />,
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M4.900 4.900l1.800 1.800M17.300 17.300l1.800 1.800M4.900 19.100l1.800-1.800M17.300 6.700l1.800-1.800" />
    </>
  ),
  moon: <path d="M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500" />,
  keyboard: (
    <>
      <rect x="2.500" y="6" width="19" height="12" rx="2" />
      <path d="M6.500 10h.01M10 10h.01M14 10h.01M17.500 10h.01M8 14h8" />
    </>
  ),
  play: <path d="M7 4.500v15l12-7.500z" />,
  plus: <path d="M12 5v14M5 12h14" />,
  close: <path d="M6 6l12 12M18 6 6 18" />,
  trash: <path d="M4 7h16M9 7V4.500h6V7M6.500 7l1 13h9l1-13M10 11v5M14 11v5" />,
  copy: (
    <>
      <rect x="9" y="9" width="11" height="11" rx="2" />
      <path d="M5 15H4.500A1.500 1.500 0 0 1 3 13.500v-9A1.500 1.500 0 0 1 4.500 3h9A1.500 1.500 0 0 1 15 4.500V5" />
    </>
  ),
  check: <path d="m5 12.500 4.500 4.500L19 7.500" />,
  history: <path d="M3.500 12a8.500 8.500 0 1 0 2.700-6.200L3.500 8.500M3.500 3.500v5h5M12 7.500V12l3 2" />,
  format: <path d="M4 6h16M4 10.500h10M4 15h16M4 19.500h7" />,
  search: (
    <>
      <circle cx="11" cy="11" r="6.500" />
      <path d="m16 16 4.500 4.500" />
    </>
  ),
  compass: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="m15.500 8.500-2 5-5 2 2-5z" />
    </>
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <path d="M12 7v5l3.500 2" />
    </>
  ),
  refresh: (
    <path d="M20 11.500A8 8 0 0 0 5.500 7L3.500 9M3.500 4.500V9H8M4 12.500A8 8 0 0 0 18.500 17l2-2M20.500 19.500V15H16" />
  ),
  left: <path d="m14.500 5.500-6.500 6.500 6.500 6.500" />,
  right: <path d="m9.500 5.500 6.500 6.500-6.500 6.500" />,
  down: <path d="m5.500 9.500 6.500 6.500 6.500-6.500" />,
  zoomOut: (
    <>
      <circle cx="11" cy="11" r="6.500" />
      <path d="m16 16 4.500 4.500M8.500 11h5" />
    </>
  ),
  minus: <path d="M5 12h14" />,
  warning: <path d="M12 3.500 2.500 20h19zM12 10v4.500M12 17.300h.01" />,
  error: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7.500v5.500M12 16.300h.01" />
    </>
  ),
  info: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 11v5.500M12 7.700h.01" />
    </>
  ),
  graph: <path d="M4 4v16h16M8 15l3.500-4 3 2.500L20 7" />,
  table: (
    <>
      <rect x="3.500" y="4.500" width="17" height="15" rx="2" />
      <path d="M3.500 10h17M3.500 15h17M9.500 10v9.500" />
    </>
  ),
  plan: (
    <>
      <rect x="9" y="3" width="6" height="5" rx="1.200" />
      <rect x="3" y="16" width="6" height="5" rx="1.200" />
      <rect x="15" y="16" width="6" height="5" rx="1.200" />
      <path d="M12 8v4M6 16v-2.500A1.500 1.500 0 0 1 7.500 12h9a1.500 1.500 0 0 1 1.500 1.500V16" />
    </>
  ),
  stop: <rect x="6" y="6" width="12" height="12" rx="2" />,
  gauge: <path d="M5.300 18.500a9 9 0 1 1 13.400 0M12 14l4-5.500M12 14h.01" />,
  lines: <path d="M3 16c3 0 3.500-6 6.500-6s3.500 4 6 4 3-7 5.500-7M3 20.500h18" />,
  stacked: <path d="M3 19.500V14l6-4 6 3 6-5v11.500zM3 10l6-4 6 3 6-5" />,
  heatmap: (
    <>
      <rect x="3.500" y="3.500" width="7" height="7" rx="1" />
      <rect x="13.500" y="3.500" width="7" height="7" rx="1" />
      <rect x="3.500" y="13.500" width="7" height="7" rx="1" />
      <rect x="13.500" y="13.500" width="7" height="7" rx="1" />
    </>
  ),
  logs: <path d="M4 5.500h16M4 10h10M4 14.500h16M4 19h7" />,
  filterIn: (
    <>
      <circle cx="11" cy="11" r="6.500" />
      <path d="m16 16 4.500 4.500M8.500 11h5M11 8.500v5" />
    </>
  ),
  wrap: <path d="M4 6h16M4 12h13a3 3 0 0 1 0 6h-4M15.500 15.500 13 18l2.500 2.500M4 18h4.500" />,
  pause: <path d="M8 5v14M16 5v14" />,
  exemplar: <path d="m12 3.500 8.500 8.500-8.500 8.500L3.500 12z" />,
  sidebar: (
    <>
      <rect x="3" y="4" width="18" height="16" rx="2.500" />
      <path d="M9.500 4v16" />
    </>
  ),
  more: <path d="M5 12h.01M12 12h.01M19 12h.01" />,
  link: (
    <path d="M10 14a4 4 0 0 0 6 .400l3-3a4.200 4.200 0 0 0-6-6L11.500 7M14 10a4 4 0 0 0-6-.400l-3 3a4.200 4.200 0 0 0 6 6l1.500-1.600" />
  ),
  download: <path d="M12 4v11M7 10.500l5 5 5-5M4.500 20h15" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {paths[name]}
    </svg>
  );
}

/** The mark: the sea moon. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" className="mark">
      <circle cx="16" cy="16" r="14" className="mark-body" />
      <path
        d="M2.400 19.500c3.400-3.600 6.800-3.600 10.200 0s6.800 3.600 10.200 0c2.300-2.400 4.500-3.200 6.800-2.400"
        fill="none"
        className="mark-wave"
        strokeWidth="2.600"
        strokeLinecap="round"
      />
      <circle cx="20.500" cy="9.500" r="3" className="mark-crater" />
    </svg>
  );
}
