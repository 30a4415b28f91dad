/** Dashboard as the page shows it: what `read.ts` makes of Grafana's JSON model. */
import type { Json } from './json';

export type Signal = 'metrics' | 'logs' | 'traces' | 'profiles';

export const KINDS = [
  'timeseries',
  'stat',
  'gauge',
  'bargauge',
  'table',
  'heatmap',
  'logs',
  'traces',
  'flamegraph',
  'text',
] as const;
export type PanelKind = (typeof KINDS)[number];

export const KIND_NAMES: Record<PanelKind, string> = {
  timeseries: 'Time series',
  stat: 'Single value',
  gauge: 'Gauge',
  bargauge: 'Bars',
  table: 'Table',
  heatmap: 'Heat map',
  logs: 'Logs',
  traces: 'Traces',
  flamegraph: 'Flame graph',
  text: 'Text',
};

export interface Target {
  refId: string;
  signal: Signal;
  query: string;
  legend: string;
  instant: boolean;
  /** One frame with a column for each label. */
  table: boolean;
  exemplars: boolean;
  /** Smallest step, as text with variables. */
  interval: string;
  limit: number;
  /** Profiles: `process_cpu:…`; the query is the selector of labels. */
  profileType: string;
  /** Profiles: labels of the series. */
  groupBy: string[];
}

export interface Threshold {
  /** Null: from the lowest value on. */
  value: number | null;
  color: string;
}

export interface Mapping {
  kind: 'value' | 'range' | 'regex' | 'special';
  /** Value, regular expression, or name of the special value. */
  match: string;
  from: number | null;
  to: number | null;
  text: string;
  color: string;
}

export interface FieldOptions {
  unit: string;
  decimals: number | null;
  min: number | null;
  max: number | null;
  displayName: string;
  noValue: string;
  colorMode: string;
  color: string;
  thresholds: Threshold[];
  percentThresholds: boolean;
  mappings: Mapping[];
  draw: 'line' | 'bars' | 'points';
  fill: number;
  stacking: 'none' | 'normal' | 'percent';
  hidden: boolean;
  /** Table cells: auto, text, background, gauge. */
  cell: 'auto' | 'text' | 'background' | 'gauge';
  thresholdLines: boolean;
  negativeY: boolean;
  /** Lines go over gaps. */
  spanGaps: boolean;
}

export interface Override {
  matcher: 'byName' | 'byNames' | 'byRegexp' | 'byType' | 'byFrameRefID';
  argument: string;
  /** byNames: the names, or all others. */
  names: string[];
  others: boolean;
  options: Partial<FieldOptions>;
}

export interface Transformation {
  id: string;
  options: Json;
}

export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Panel {
  id: number;
  kind: PanelKind | null;
  /** Grafana's type, for panels that cannot be shown. */
  type: string;
  title: string;
  description: string;
  place: Place;
  targets: Target[];
  field: FieldOptions;
  overrides: Override[];
  transformations: Transformation[];
  /** Reducers of series: lastNotNull, mean … */
  calcs: string[];
  options: Json;
  legend: { shown: boolean; table: boolean; calcs: string[] };
  interval: string;
  maxPoints: number | null;
  timeFrom: string;
  timeShift: string;
  repeat: string;
  repeatDown: boolean;
  repeatMax: number;
  links: Link[];
  /** Options and queries that are not shown. */
  notes: string[];
  raw: Json;
}

export interface Row {
  id: number;
  title: string;
  collapsed: boolean;
  repeat: string;
  y: number;
  /** Panels of a collapsed row. */
  panels: Panel[];
}

export type Item = { row: Row; panel?: undefined } | { panel: Panel; row?: undefined };

export interface Link {
  title: string;
  url: string;
  /** Instead of a URL: to all dashboards with these tags. */
  tags: string[] | null;
}

export type VariableKind = 'query' | 'custom' | 'constant' | 'interval' | 'textbox' | 'datasource' | 'adhoc';

export interface Variable {
  name: string;
  label: string;
  kind: VariableKind;
  /** Query, list of values, or text. */
  query: string;
  signal: Signal;
  regex: string;
  sort: number;
  multi: boolean;
  all: boolean;
  allValue: string;
  /** Values as saved; `$__all` for all. */
  current: string[];
  hidden: boolean;
  hideLabel: boolean;
  /** Interval: number of steps of the value auto; 0 without. */
  auto: number;
  autoMin: string;
  /** Query: whether it is read again when the range changes. */
  onRange: boolean;
  filters: { key: string; operator: string; value: string }[];
  options: Option[];
}

export interface Option {
  text: string;
  value: string;
}

export interface Annotation {
  name: string;
  signal: 'metrics' | 'logs';
  query: string;
  title: string;
  text: string;
  valueIsTime: boolean;
}

export interface Dashboard {
  title: string;
  description: string;
  tags: string[];
  items: Item[];
  variables: Variable[];
  /** ms, and its end; null ends now. */
  range: number;
  refresh: number;
  links: Link[];
  annotations: Annotation[];
  /** What of the dashboard itself is not shown. */
  notes: string[];
}

export const ALL = '$__all';
