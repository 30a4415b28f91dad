import { describe, expect, it } from 'vitest';
import css from './tokens.css?raw';

const [light = '', dark = ''] = css.split('data-theme');

function tokens(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
  return (x + 0.05) / (y + 0.05);
}

const PAIRS: [string, string][] = [
  ...['bg', 'surface', 'surface-2', 'surface-3'].flatMap((ground): [string, string][] => [
    ['text', ground],
    ['text-soft', ground],
    ['text-muted', ground],
  ]),
  ['accent-text', 'accent'],
  ['accent', 'surface'],
  ['accent-strong', 'accent-soft'],
  ['good', 'good-soft'],
  ['bad', 'bad-soft'],
  ['warn', 'warn-soft'],
  ['info', 'info-soft'],
  ['side-text', 'side'],
  ['side-text-strong', 'side-active'],
  ...['function', 'keyword', 'number', 'string', 'label', 'operator'].map((kind): [string, string] => [
    `code-${kind}`,
    'surface-2',
  ]),
];

// WCAG 2.2, level AA: 4.5 to 1 for text.
describe.each([
  ['light', tokens(light)],
  ['dark', { ...tokens(light), ...tokens(dark) }],
])('contrast, %s', (_name, theme) => {
  it.each(PAIRS)('%s on %s', (front, back) => {
    expect(contrast(theme[front] ?? '', theme[back] ?? '')).toBeGreaterThanOrEqual(4.5);
  });
});
