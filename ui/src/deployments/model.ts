/** Texts, order and links of deployments and their comparisons. */
import { formatDuration, formatMoment } from '../lib/time';
import { formatValue, type UnitId } from '../lib/units';
import type { Comparison, Deployment, Figure, Judgement, Language, TimeWindow, VersionChange } from './types';

const UNITS: Record<string, UnitId> = {
  per_second: 'per second',
  ratio: 'ratio',
  seconds: 'seconds',
  bytes: 'bytes',
};

const SUFFIXES: Record<string, string> = { cores: ' cores', per_minute: '/min' };

export function figureText(value: number | null, unit: string): string {
  if (value === null) return 'no data';
  return `${formatValue(value, UNITS[unit] ?? 'none', 3)}${SUFFIXES[unit] ?? ''}`;
}

/** Difference with its sign; shares differ by percentage points. */
export function differenceText(figure: Figure): string {
  if (figure.before === null || figure.after === null) return '–';
  const difference = figure.after - figure.before;
  if (difference === 0) return '±0';
  const sign = difference > 0 ? '+' : '−';
  const size = Math.abs(difference);
  const text =
    figure.unit === 'ratio' ? `${formatValue(size * 100, 'none', 2)} points` : figureText(size, figure.unit);
  const share = figure.before > 0 && figure.unit !== 'ratio' ? size / figure.before : null;
  return share === null || share > 99
    ? `${sign}${text}`
    : `${sign}${text} (${sign}${formatValue(share, 'ratio', 2)})`;
}

export const JUDGEMENTS: Record<Judgement, { text: string; badge: string }> = {
  worse: { text: 'worse', badge: 'err' },
  new: { text: 'new', badge: 'warn' },
  grown: { text: 'more', badge: 'warn' },
  changed: { text: 'changed', badge: 'warn' },
  better: { text: 'better', badge: 'ok' },
  usual: { text: 'usual at this hour', badge: 'none' },
  same: { text: 'same', badge: 'none' },
  'one sided': { text: 'only one side', badge: 'none' },
  'not observed': { text: 'not observed', badge: 'none' },
};

const ORDER = Object.keys(JUDGEMENTS) as Judgement[];

/** Worst first; rows of one judgement keep their order. */
export const byJudgement = (figures: Figure[]): Figure[] =>
  [...figures].sort((a, b) => ORDER.indexOf(a.judgement) - ORDER.indexOf(b.judgement));

/** Short text of a change: its version, else the tags of its images, else the revision. */
export const changeText = ({ subject, before, after }: VersionChange): string =>
  `${subject ? `${subject} ` : ''}${before.join(', ')} → ${after}`;

export function versionText(changes: VersionChange[]): string {
  const first = changes[0];
  if (!first) return '';
  return changes
    .filter(({ kind }) => kind === first.kind)
    .map(changeText)
    .join('; ');
}

export const DEPLOYMENT_BADGES: Record<Deployment['status'], string> = {
  complete: 'ok',
  'in progress': 'warn',
  cancelled: 'err',
  superseded: 'none',
};

/** What got worse, as a sentence. */
export function summaryOf({ figures, lists, reason, before }: Comparison): string {
  if (before === null) return reason;
  const worse = figures
    .filter(({ judgement }) => judgement === 'worse')
    .map(({ title }) => title.toLowerCase());
  const fresh = lists.flatMap(({ title, items }) =>
    items.length > 0 ? [`${items.length} new or more frequent in ${title.toLowerCase()}`] : [],
  );
  const observed = figures.filter(({ judgement }) => judgement !== 'not observed');
  if (observed.length === 0) return 'No signal of the service was observed before or after.';
  if (worse.length === 0 && fresh.length === 0)
    return `Nothing got worse among ${observed.length} observed figures.`;
  return [worse.length > 0 ? `Worse: ${worse.join(', ')}.` : '', ...fresh.map((text) => `${text}.`)]
    .filter(Boolean)
    .join(' ');
}

/** Page and parameters that run a query over a window. */
export function queryLink(language: Language, query: string, window: TimeWindow) {
  const range = formatDuration((window.to - window.from) * 1000);
  const end = formatMoment(window.to * 1000, true);
  if (language === 'promql')
    return {
      to: '/query',
      search: { 'g0.expr': query, 'g0.tab': 'graph', 'g0.range_input': range, 'g0.end_input': end },
    };
  const page = { logql: 'logs', traceql: 'traces', profile: 'profiles' }[language];
  return { to: `/explore/${page}`, search: { query, range, end } };
}
