/** Variables in texts: `$name`, `${name}`, `${name:format}` and `[[name]]`, and the values that the page itself gives. */
import { regexLiteral } from '../lib/labels';
import { formatDuration, formatMoment, parseDuration } from '../lib/time';
import { ALL, type Option, type Panel, type Signal, type Variable } from './model';

export interface Value {
  /** One or more values, all of them for All. */
  values: string[];
  /** Texts of the values, for titles. */
  texts: string[];
  /** Value of All as the dashboard writes it: goes into queries as it is. */
  raw: string | null;
  /** Multi-value variables are escaped for regular expressions. */
  many: boolean;
}

export type Scope = ReadonlyMap<string, Value>;

/** Interval between scrapes that is assumed, as Grafana does. */
const SCRAPE = 15_000;

export const single = (value: string): Value => ({ values: [value], texts: [value], raw: null, many: false });

const REFERENCE = /\$(\w+)|\[\[(\w+)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

/** Names of variables that a text mentions. */
export function mentioned(text: string): string[] {
  const out = new Set<string>();
  for (const m of text.matchAll(REFERENCE)) out.add((m[1] ?? m[2] ?? m[4]) as string);
  return [...out];
}

/** How values go into a text that names no format. */
export type Target = Signal | 'text' | 'none';

/** Escapes for a string of PromQL or LogQL, of a value that stands for itself. */
const quoted = (value: string) => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"');
/** The same for a value within a regular expression in such a string. */
const inRegex = (value: string) => regexLiteral(value).replace(/\\/g, '\\\\').replace(/"/g, '\\"');

function byDefault(value: Value, target: Target): string {
  if (target === 'text') return value.texts.join(' + ');
  if (value.raw !== null) return value.raw;
  if (target === 'none')
    return value.values.length === 1 ? (value.values[0] as string) : `{${value.values.join(',')}}`;
  if (!value.many) return quoted(value.values[0] ?? '');
  const escaped = value.values.map(inRegex);
  return escaped.length === 1 ? (escaped[0] as string) : `(${escaped.join('|')})`;
}

/** Grafana's formats of values. An unknown one is written as the format glob, as there. */
export function formatted(value: Value, format: string): string {
  const { values } = value;
  const [name, argument] = format.split(':', 2);
  const quote = (q: string) => values.map((v) => `${q}${v.split(q).join(`\\${q}`)}${q}`).join(',');
  if (name === 'text') return value.texts.join(' + ');
  if (value.raw !== null && name !== 'queryparam') return value.raw;
  switch (name) {
    case 'raw':
      return values.join(',');
    case 'csv':
      return values.join(',');
    case 'pipe':
      return values.join('|');
    case 'regex': {
      const all = values.map(regexLiteral);
      return all.length === 1 ? (all[0] as string) : `(${all.join('|')})`;
    }
    case 'json':
      return JSON.stringify(values.length === 1 && !value.many ? values[0] : values);
    case 'singlequote':
      return quote("'");
    case 'doublequote':
      return quote('"');
    case 'sqlstring':
      return values.map((v) => `'${v.replace(/'/g, "''")}'`).join(',');
    case 'percentencode':
      return encodeURIComponent(values.length === 1 ? (values[0] as string) : `{${values.join(',')}}`);
    case 'uriencode':
      return encodeURI(values.join(','));
    case 'queryparam':
      return values.map((v) => `var-${argument ?? ''}=${encodeURIComponent(v)}`).join('&');
    case 'lucene': {
      const escaped = (v: string) => v.replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, '\\$1');
      return values.length === 1
        ? escaped(values[0] as string)
        : `(${values.map((v) => `"${escaped(v)}"`).join(' OR ')})`;
    }
    case 'join':
      return values.join(argument ?? ',');
    case 'date':
      return momentText(Number(values[0]), argument);
    default:
      return values.length === 1 ? (values[0] as string) : `{${values.join(',')}}`;
  }
}

function momentText(ms: number, format: string | undefined): string {
  if (!Number.isFinite(ms)) return '';
  return format === 'seconds'
    ? String(Math.round(ms / 1000))
    : format
      ? formatMoment(ms, true)
      : new Date(ms).toISOString();
}

/** Replaces variables; one that is not known stays as it is. */
export function interpolate(text: string, scope: Scope, target: Target): string {
  if (!text.includes('$') && !text.includes('[[')) return text;
  return text.replace(REFERENCE, (whole, plain, bracket, bracketFormat, braced, _path, format) => {
    const name = (plain ?? bracket ?? braced) as string;
    const value = scope.get(name);
    if (!value) return whole as string;
    const wanted = (bracketFormat ?? format) as string | undefined;
    if (wanted === undefined) return byDefault(value, target);
    return formatted(value, wanted === 'queryparam' ? `queryparam:${name}` : wanted);
  });
}

/** Steps that read well, in ms. */
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000, 900_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000,
  86_400_000, 604_800_000, 2_592_000_000, 31_536_000_000,
];

/** A step not below a least one that gives about the wanted number of points; at most 11,000, which the server refuses. */
export function stepFor(range: number, points: number, least: number): number {
  const exact = range / Math.max(1, points);
  const nice = STEPS.find((s) => s >= exact * 0.75) ?? exact;
  return Math.ceil(Math.max(nice, least, range / 10_999, 1));
}

/** A duration with variables: `>5m` and `5m` are both the least step. */
export function leastStep(text: string, scope: Scope): number | null {
  const t = interpolate(text, scope, 'none').replace(/^[>=\s]+/, '');
  return t === '' ? null : parseDuration(t);
}

export interface Span {
  start: number;
  end: number;
}

/** Variables of the range and of the step of a query. */
export function withStep(
  scope: Scope,
  { start, end }: Span,
  step: number,
  scrape: number | null = null,
): Scope {
  const range = end - start;
  const out = new Map(scope);
  const set = (name: string, value: string) => out.set(name, single(value));
  set('__interval', formatDuration(step));
  set('__interval_ms', String(step));
  set('__auto', formatDuration(step));
  const base = scrape ?? SCRAPE;
  set('__rate_interval', formatDuration(Math.max(step + base, 4 * base)));
  set('__rate_interval_ms', String(Math.max(step + base, 4 * base)));
  set('__range', formatDuration(Math.round(range / 1000) * 1000));
  set('__range_s', String(Math.round(range / 1000)));
  set('__range_ms', String(Math.round(range)));
  set('__from', String(Math.round(start)));
  set('__to', String(Math.round(end)));
  return out;
}

/** Step and texts of a query of a panel. */
export function stepOfPanel(panel: Panel, interval: string, scope: Scope, span: Span, width: number) {
  const own = leastStep(interval, scope) ?? leastStep(panel.interval, scope);
  const points = panel.maxPoints ?? Math.max(50, Math.round(width / 3));
  const step = stepFor(span.end - span.start, points, own ?? 1000);
  return { step, scrape: own };
}

/** Order in which variables are read: those that another one mentions first. Circles keep the order of the file. */
export function inOrder(variables: Variable[]): Variable[] {
  const byName = new Map(variables.map((v) => [v.name, v]));
  const out: Variable[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (v: Variable) => {
    if (state.has(v.name)) return;
    state.set(v.name, 'open');
    for (const name of dependencies(v)) {
      const other = byName.get(name);
      if (other && state.get(name) === undefined) visit(other);
    }
    state.set(v.name, 'done');
    out.push(v);
  };
  for (const v of variables) visit(v);
  return out;
}

export const dependencies = (v: Variable): string[] => mentioned(`${v.query} ${v.regex} ${v.allValue}`);

/** Values of a list: `a, b`, `text : value`, and `\,` for a comma. */
export function listOptions(query: string): Option[] {
  return (query.match(/(?:\\,|[^,])+/g) ?? [])
    .map((one) => one.replace(/\\,/g, ',').trim())
    .filter((one) => one !== '')
    .map((one) => {
      const pair = /^(.+?)\s:\s(.+)$/.exec(one);
      return pair ? { text: pair[1] as string, value: pair[2] as string } : { text: one, value: one };
    });
}

/** Splits the arguments of `label_values(selector, label)` at the last comma outside of quotes and braces. */
export function labelValuesArguments(query: string): { selector: string; label: string } | null {
  const m = /^label_values\((.*)\)\s*$/s.exec(query.trim());
  if (!m) return null;
  const inside = (m[1] as string).trim();
  const comma = /^(.*),\s*([^,{}()"]+?)\s*$/s.exec(inside);
  return comma
    ? { selector: (comma[1] as string).trim(), label: comma[2] as string }
    : { selector: '', label: inside };
}

const MAX_OPTIONS = 10_000;

/** Applies the regular expression of a variable and its order. */
export function shaped(values: Option[], regex: string, sort: number): Option[] {
  const parts = /^\/(.*)\/([a-z]*)$/s.exec(regex);
  let pattern: RegExp | null = null;
  if (regex) {
    try {
      pattern = new RegExp(parts ? (parts[1] as string) : regex, (parts?.[2] ?? '').replace(/[gy]/g, ''));
    } catch {
      // A regular expression that the browser does not read selects nothing.
      return [];
    }
  }
  const out = new Map<string, Option>();
  for (const option of values.slice(0, MAX_OPTIONS)) {
    let one = option;
    if (pattern) {
      // Values of labels are short; a longer one would make a pattern that backtracks slow.
      const m = option.text.length > 1000 ? null : pattern.exec(option.text);
      if (!m) continue;
      const { text, value } = m.groups ?? {};
      if (text !== undefined || value !== undefined)
        one = { text: text ?? value ?? '', value: value ?? text ?? '' };
      else if (m[1] !== undefined) one = { text: m[1], value: m[1] };
    }
    if (!out.has(one.value)) out.set(one.value, one);
  }
  return sorted([...out.values()], sort);
}

function sorted(options: Option[], sort: number): Option[] {
  if (sort === 0) return options;
  const down = sort % 2 === 0;
  const compare = (a: Option, b: Option): number => {
    if (sort === 3 || sort === 4) return (digits(a.text) ?? 0) - (digits(b.text) ?? 0);
    if (sort === 5 || sort === 6) return a.text.toLowerCase() < b.text.toLowerCase() ? -1 : 1;
    if (sort === 7 || sort === 8) return a.text.localeCompare(b.text, 'en', { numeric: true });
    return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  };
  return [...options].sort((a, b) => (down ? compare(b, a) : compare(a, b)));
}

const digits = (t: string): number | null => {
  const m = /-?\d+(\.\d+)?/.exec(t);
  return m ? Number(m[0]) : null;
};

/** The value of a variable: chosen in the address, saved, or the first. */
export function chosenValue(variable: Variable, options: Option[], chosen: string[] | undefined): Value {
  const wanted = chosen ?? variable.current;
  const all = variable.all && (wanted.includes(ALL) || wanted.includes('All'));
  const many = variable.multi || variable.all;
  if (all) {
    if (variable.allValue)
      return { values: [variable.allValue], texts: ['All'], raw: variable.allValue, many };
    return {
      values: options.map((o) => o.value),
      texts: ['All'],
      raw: options.length === 0 ? '.*' : null,
      many,
    };
  }
  const text = (value: string) => options.find((o) => o.value === value)?.text ?? value;
  if (variable.kind === 'textbox' || variable.kind === 'constant') return single(wanted[0] ?? variable.query);
  let kept =
    options.length > 0 && chosen === undefined
      ? wanted.filter((v) => options.some((o) => o.value === v))
      : wanted;
  if (kept.length === 0) {
    if (variable.all && variable.current.length === 0) return chosenValue(variable, options, [ALL]);
    kept = options[0] ? [options[0].value] : [];
  }
  if (!variable.multi) kept = kept.slice(0, 1);
  return { values: kept, texts: kept.map(text), raw: null, many };
}

/** Parameters of variables in the address: several values are lines. */
export const PREFIX = 'var-';
export const readParam = (value: string | undefined): string[] | undefined =>
  value === undefined ? undefined : value.split('\n');
export const writeParam = (values: string[]): string => values.join('\n');

/** Adds matchers of ad hoc filters to each selector of a query of metrics or logs. */
export function withFilters(
  query: string,
  filters: { key: string; operator: string; value: string }[],
  signal: Signal,
): string {
  const usable = filters.filter(
    (f) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(f.key) && /^(=|!=|=~|!~)$/.test(f.operator),
  );
  if (usable.length === 0 || (signal !== 'metrics' && signal !== 'logs')) return query;
  const matchers = usable.map((f) => `${f.key}${f.operator}${JSON.stringify(f.value)}`).join(', ');
  let out = '';
  for (const part of pieces(query)) {
    if (part.kind !== 'selector') {
      out += part.text;
      continue;
    }
    const inside = part.text.slice(1, -1).trim().replace(/,$/, '');
    out += `{${inside === '' ? matchers : `${inside}, ${matchers}`}}`;
  }
  return out;
}

/** A query cut into selectors and the rest. Metrics without braces get empty ones. */
function pieces(query: string): { kind: 'selector' | 'other'; text: string }[] {
  const out: { kind: 'selector' | 'other'; text: string }[] = [];
  const token =
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\{|\[[^\]]*\]|[A-Za-z_:][\w:]*|\d[\w.]*|\s+|./gs;
  const tokens = query.match(token) ?? [];
  const WORDS = new Set(
    'by without on ignoring group_left group_right bool offset and or unless atan2 sum avg min max count stddev stdvar topk bottomk quantile count_values group limitk limit_ratio start end inf nan'.split(
      ' ',
    ),
  );
  let grouping = 0;
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i] as string;
    if (t === '{') {
      let text = t;
      while (++i < tokens.length) {
        text += tokens[i];
        if (tokens[i] === '}') break;
      }
      out.push({ kind: 'selector', text });
      continue;
    }
    out.push({ kind: 'other', text: t });
    if (t === ')' && grouping > 0) grouping--;
    if (!/^[A-Za-z_:]/.test(t)) continue;
    let next = i + 1;
    while (/^\s+$/.test(tokens[next] ?? '')) next++;
    if (/^(by|without|on|ignoring|group_left|group_right)$/i.test(t) && tokens[next] === '(') {
      grouping++;
      continue;
    }
    if (grouping > 0 || tokens[next] === '(' || tokens[next] === '{' || WORDS.has(t.toLowerCase())) continue;
    out.push({ kind: 'selector', text: '{}' });
  }
  return out;
}
