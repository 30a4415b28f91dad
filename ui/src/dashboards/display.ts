/** How values of a field are written and coloured: overrides, units, thresholds, mappings. */
import { seriesColor } from '../chart/palette';
import { type Cell, type Field, nameOf } from './frames';
import type { FieldOptions, Mapping, Panel } from './model';
import { pattern } from './transform';
import { unitOf } from './units';

type Theme = 'light' | 'dark';

/** Grafana's named colours, with enough contrast on the page. */
const NAMED: Record<string, [string, string]> = {
  green: ['#17794a', '#5fd394'],
  red: ['#bd2f25', '#ff8579'],
  orange: ['#b3560a', '#ff9f5a'],
  yellow: ['#8f6a00', '#f2cf4b'],
  blue: ['#2a5fb4', '#86b4ff'],
  purple: ['#7a4fc9', '#b394ff'],
  text: ['#0f2124', '#e6f0f0'],
  transparent: ['transparent', 'transparent'],
};

/** A colour of a dashboard: a name such as dark-red, or one of CSS. Other texts are the colour of the text. */
export function colorOf(name: string, theme: Theme): string {
  const base = name.replace(/^(dark|semi-dark|light|super-light)-/, '');
  const known = NAMED[base];
  if (known) return known[theme === 'dark' ? 1 : 0];
  return /^(#[0-9a-f]{3,8}|rgba?\([\d\s.,%/]+\)|hsla?\([\d\s.,%/deg]+\))$/i.test(name)
    ? name
    : (NAMED.text as [string, string])[theme === 'dark' ? 1 : 0];
}

/** Options of a field after the overrides of its panel. */
export function optionsOf(panel: Panel, field: Field, refId: string): FieldOptions {
  let out = panel.field;
  for (const o of panel.overrides) {
    const name = nameOf(field);
    const fits =
      o.matcher === 'byName'
        ? name === o.argument || field.name === o.argument
        : o.matcher === 'byNames'
          ? o.names.includes(name) !== o.others
          : o.matcher === 'byRegexp'
            ? (pattern(o.argument)?.test(name) ?? false)
            : o.matcher === 'byType'
              ? field.kind === o.argument
              : refId === o.argument;
    if (fits) out = { ...out, ...o.options };
  }
  return out;
}

/** Name of a field with the display name of its options. */
export function titleOf(field: Field, options: FieldOptions): string {
  if (!options.displayName) return nameOf(field);
  return options.displayName
    .replace(
      /\$\{__field\.labels\.([\w.]+)\}|\$\{__field\.labels\["([^"]+)"\]\}/g,
      (_, a, b) => field.labels?.[a ?? b] ?? '',
    )
    .replace(/\$\{__(?:field\.name|series\.name|field\.displayName)\}/g, nameOf(field))
    .replace(/\$\{__field\.labels\}/g, nameOf(field));
}

export interface Shown {
  text: string;
  /** Null where neither thresholds nor mappings colour the value. */
  color: string | null;
  value: Cell;
}

function mapped(value: Cell, mappings: Mapping[]): Mapping | null {
  for (const m of mappings) {
    if (m.kind === 'value' && value !== null && String(value) === m.match) return m;
    if (
      m.kind === 'range' &&
      typeof value === 'number' &&
      value >= (m.from ?? Number.NEGATIVE_INFINITY) &&
      value <= (m.to ?? Number.POSITIVE_INFINITY)
    )
      return m;
    if (m.kind === 'regex' && value !== null && (pattern(m.match)?.test(String(value)) ?? false)) return m;
    if (m.kind === 'special') {
      const none = value === null;
      if ((m.match === 'null' || m.match === 'null+nan' || m.match === 'nan') && none) return m;
      if (m.match === 'empty' && value === '') return m;
      if (m.match === 'true' && String(value) === 'true') return m;
      if (m.match === 'false' && String(value) === 'false') return m;
    }
  }
  return null;
}

/** Colour of the threshold that a value has reached. */
export function thresholdColor(value: number, options: FieldOptions, theme: Theme): string | null {
  const min = options.min ?? 0;
  const max = options.max ?? 100;
  let found: string | null = null;
  for (const t of options.thresholds) {
    const limit =
      t.value === null
        ? Number.NEGATIVE_INFINITY
        : options.percentThresholds
          ? min + ((max - min) * t.value) / 100
          : t.value;
    if (value >= limit) found = t.color;
  }
  return found === null ? null : colorOf(found, theme);
}

export function show(value: Cell, options: FieldOptions, theme: Theme): Shown {
  const mapping = mapped(value, options.mappings);
  const fixed = options.colorMode === 'fixed' && options.color ? colorOf(options.color, theme) : null;
  const color = mapping?.color
    ? colorOf(mapping.color, theme)
    : options.colorMode === 'fixed'
      ? fixed
      : typeof value === 'number'
        ? thresholdColor(value, options, theme)
        : null;
  if (mapping?.text) return { text: mapping.text, color, value };
  if (value === null) return { text: options.noValue || 'No data', color: null, value };
  if (typeof value === 'string') return { text: value, color, value };
  return { text: unitOf(options.unit).format(value, options.decimals), color, value };
}

/** Colour of a series: fixed by an override or by the order of series. */
export function lineColor(options: FieldOptions, index: number, theme: Theme): string {
  if (options.colorMode === 'fixed' && options.color) return colorOf(options.color, theme);
  return seriesColor(index, theme);
}
