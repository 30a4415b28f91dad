/** Twelve colours a theme that stay apart for usual colour vision deficiencies when neighbours; then hues by the golden angle. */
const LIGHT = [
  '#0b8079',
  '#d9622b',
  '#3d6bd6',
  '#b43a72',
  '#b08400',
  '#7a4fc9',
  '#23944e',
  '#c43f34',
  '#2589b0',
  '#8c5a2b',
  '#6b7a1c',
  '#5c6b7a',
];
const DARK = [
  '#45c9bd',
  '#ff9466',
  '#7ea6ff',
  '#f07aa8',
  '#f0bd4a',
  '#b394ff',
  '#5fd38a',
  '#ff7b6b',
  '#62c4e8',
  '#c99a6b',
  '#c3cf5b',
  '#9fb0c0',
];

export function seriesColor(index: number, theme: 'light' | 'dark'): string {
  const list = theme === 'dark' ? DARK : LIGHT;
  if (index < list.length) return list[index] as string;
  const hue = Math.round((index * 137.508) % 360);
  return theme === 'dark' ? `oklch(0.78 0.12 ${hue})` : `oklch(0.56 0.14 ${hue})`;
}

/** One hue from "hardly any" to "most". */
export function heatColor(share: number, theme: 'light' | 'dark'): string {
  const s = Math.sqrt(Math.min(1, Math.max(0, share)));
  return theme === 'dark'
    ? `oklch(${(0.28 + 0.58 * s).toFixed(3)} ${(0.05 + 0.1 * s).toFixed(3)} ${Math.round(215 - 40 * s)})`
    : `oklch(${(0.93 - 0.53 * s).toFixed(3)} ${(0.04 + 0.08 * s).toFixed(3)} ${Math.round(180 + 30 * s)})`;
}

/** Reads a design token for use on a canvas. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
