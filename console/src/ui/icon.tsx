/**
 * The icons, drawn as those of Lucide: https://lucide.dev, ISC License, Copyright (c) Lucide Icons and Contributors.
 * Lucide's package has 1,600; these are the ones in use.
 */
const PATHS = {
  start: 'M12 3l9 8 M5 9.500V20a1 1 0 0 0 1 1h4v-6h4v6h4a1 1 0 0 0 1-1V9.500 M12 3l-9 8',
  tasks: 'M3 6l2 2 3-4 M3 17l2 2 3-4 M12 6h9 M12 12h9 M12 18h9',
  users:
    'M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2 M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M22 21v-2a4 4 0 0 0-3-3.870 M16 3.130a4 4 0 0 1 0 7.750',
  tokens:
    'M15.500 7.500l2.300 2.300a1 1 0 0 0 1.400 0l2.100-2.100a1 1 0 0 0 0-1.400L19 4 M21 2l-9.600 9.600 M7.500 21a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11z',
  webhooks:
    'M18 16.980h-5.990c-1.100 0-1.950.940-2.480 1.900A4 4 0 1 1 2 17c.010-.700.200-1.400.570-2 M6 17l3.130-5.780c.530-.970.100-2.180-.500-3.100a4 4 0 1 1 6.890-4.060 M12 6l3.130 5.730C15.660 12.700 16.900 13 18 13a4 4 0 1 1 0 8',
  audit:
    'M15 12h-5 M15 8h-5 M19 17V5a2 2 0 0 0-2-2H4 M8 21h12a2 2 0 0 0 2-2v-1a1 1 0 0 0-1-1H11a1 1 0 0 0-1 1v1a2 2 0 1 1-4 0V5a2 2 0 1 0-4 0v2a1 1 0 0 0 1 1h3',
  events:
    'M4.900 19.100a10 10 0 0 1 0-14.200 M7.800 16.200a6 6 0 0 1 0-8.500 M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4z M16.200 7.800a6 6 0 0 1 0 8.500 M19.100 4.900a10 10 0 0 1 0 14.100',
  health:
    'M22 12h-2.500a2 2 0 0 0-1.900 1.500l-2.400 8.400a.25.25 0 0 1-.5 0L9.200 2.200a.25.25 0 0 0-.5 0l-2.300 8.300A2 2 0 0 1 4.500 12H2',
  search: 'M11 19a8 8 0 1 0 0-16 8 8 0 0 0 0 16z M21 21l-4.300-4.300',
  more: 'M12 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2z M19 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2z M5 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2z',
  close: 'M18 6L6 18 M6 6l12 12',
  check: 'M20 6L9 17l-5-5',
  chevronDown: 'M6 9l6 6 6-6',
  chevronRight: 'M9 18l6-6-6-6',
  chevronLeft: 'M15 18l-6-6 6-6',
  plus: 'M5 12h14 M12 5v14',
  theme: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 3v18 M12 8l5-3 M12 13l8-4.500 M12 18l8-4.500',
  account: 'M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2 M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8z',
  copy: 'M20 8H10a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V10a2 2 0 0 0-2-2z M4 16a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2',
  trash: 'M3 6h18 M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6 M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2 M10 11v6 M14 11v6',
  edit: 'M21.200 6.800a2.800 2.800 0 0 0-4-4L3.800 16.200a2 2 0 0 0-.5.800l-1.300 4.400a.5.500 0 0 0 .6.600l4.400-1.300a2 2 0 0 0 .8-.500z M15 5l4 4',
  warning: 'M21.730 18l-8-14a2 2 0 0 0-3.480 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.730-3z M12 9v4 M12 17h.010',
  refresh:
    'M3 12a9 9 0 0 1 9-9 9.750 9.750 0 0 1 6.740 2.740L21 8 M21 3v5h-5 M21 12a9 9 0 0 1-9 9 9.750 9.750 0 0 1-6.740-2.740L3 16 M8 16H3v5',
  upload: 'M12 3v12 M17 8l-5-5-5 5 M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4',
  download: 'M12 15V3 M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4 M7 10l5 5 5-5',
  filter: 'M3 6h18 M7 12h10 M10 18h4',
  calendar: 'M8 2v4 M16 2v4 M5 4h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z M3 10h18',
  board: 'M5 3h4v14H5z M15 3h4v9h-4z',
  list: 'M3 6h.010 M3 12h.010 M3 18h.010 M8 6h13 M8 12h13 M8 18h13',
  link: 'M15 3h6v6 M10 14L21 3 M18 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon beside a name, which screen readers skip. An icon alone is an {@link IconButton}, which has a name. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
