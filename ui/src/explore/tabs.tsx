import { Link } from '@tanstack/react-router';
import { formatDuration, formatMoment, type TimeRange } from '../lib/time';

export type Signal = 'metrics' | 'logs' | 'traces' | 'profiles';

/** What each tab showed last: a tab that is left and opened again keeps its query. */
const last: Record<Signal, Record<string, string>> = { metrics: {}, logs: {}, traces: {}, profiles: {} };

/** The metrics of the last address with another time range; without panels an empty one carries the range. */
function metricsSearch(time: TimeRange): Record<string, string> {
  const out = { ...last.metrics };
  const panels = new Set(Object.keys(out).flatMap((key) => /^g\d+/.exec(key)?.[0] ?? []));
  if (panels.size === 0) {
    panels.add('g0');
    out['g0.expr'] = '';
    out['g0.tab'] = 'graph';
  }
  for (const panel of panels) {
    out[`${panel}.range_input`] = formatDuration(time.range);
    if (time.end === null) delete out[`${panel}.end_input`];
    else out[`${panel}.end_input`] = formatMoment(time.end, true);
  }
  return out;
}

function logsSearch(time: TimeRange): Record<string, string> {
  const { end: _end, line: _line, ...out } = last.logs;
  out.range = formatDuration(time.range);
  if (time.end !== null) out.end = formatMoment(time.end, true);
  return out;
}

function tracesSearch(time: TimeRange): Record<string, string> {
  const { end: _end, box: _box, ...out } = last.traces;
  out.range = formatDuration(time.range);
  if (time.end !== null) out.end = formatMoment(time.end, true);
  return out;
}

function profilesSearch(time: TimeRange): Record<string, string> {
  const { end: _end, zoom: _zoom, ...out } = last.profiles;
  out.range = formatDuration(time.range);
  if (time.end !== null) out.end = formatMoment(time.end, true);
  return out;
}

/** Signals of Explore over one time range. Without a search the page is below its tab, and the tab leads back. */
export function ExploreTabs({
  signal,
  search,
  time,
}: {
  signal: Signal;
  search: Record<string, string> | null;
  time: TimeRange;
}) {
  if (search) last[signal] = search;
  const shown = last[signal];
  const tab = (to: string, name: string, own: Signal, target: Record<string, string>) => (
    <Link to={to} search={target as never} className="tab" aria-current={own === signal ? 'page' : undefined}>
      {name}
    </Link>
  );
  return (
    <nav className="tabs explore-tabs" aria-label="Signals">
      {tab('/query', 'Metrics', 'metrics', signal === 'metrics' ? shown : metricsSearch(time))}
      {tab('/explore/logs', 'Logs', 'logs', signal === 'logs' ? shown : logsSearch(time))}
      {tab('/explore/traces', 'Traces', 'traces', signal === 'traces' ? shown : tracesSearch(time))}
      {tab('/explore/profiles', 'Profiles', 'profiles', signal === 'profiles' ? shown : profilesSearch(time))}
    </nav>
  );
}
