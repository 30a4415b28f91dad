/** What is said around an answer: warnings, its cost, that it is empty. */
import { useMemo } from 'react';
import { useMetricNames } from '../api/queries';
import type { QueryStats } from '../api/types';
import { Button, Empty, Notice } from '../components/ui';
import { metricNames, nearest, withName } from '../lib/nearest';
import { roughDuration, type TimeRange } from '../lib/time';
import { formatValue } from '../lib/units';
import type { PanelState } from './state';

export interface TabProps {
  panel: PanelState;
  time: TimeRange;
  /** The moment that "now" stands for, ms: moves on run and refresh. */
  now: number;
  /** Counts explicit runs: a query that is run again is asked again. */
  attempt: number;
  update: (patch: Partial<PanelState>, replace?: boolean) => void;
  run: (expr: string) => void;
  setTime: (time: TimeRange) => void;
}

export function Messages({ warnings, infos }: { warnings: string[]; infos: string[] }) {
  return (
    <>
      {warnings.map((text) => (
        <Notice key={text} kind="warning">
          {text}
        </Notice>
      ))}
      {infos.map((text) => (
        <Notice key={text} kind="info">
          {text}
        </Notice>
      ))}
    </>
  );
}

export function Stats({ took, stats, extra }: { took: number; stats?: QueryStats; extra: string[] }) {
  const server = stats?.timings?.execTotalTime;
  const samples = stats?.samples?.totalQueryableSamples;
  const parts = [`${roughDuration(took)} round trip`];
  if (server !== undefined) parts.push(`${formatValue(server, 'seconds', 3)} on the server`);
  if (samples !== undefined) parts.push(`${formatValue(samples, 'none', 3)} samples read`);
  if (stats?.samples?.peakSamples !== undefined)
    parts.push(`peak ${formatValue(stats.samples.peakSamples, 'none', 3)}`);
  return <div className="panel-stats">{[...extra, ...parts].join(' · ')}</div>;
}

/** Metric names of a query that the server does not have, with names that are near. */
function useUnknown(expr: string): { name: string; near: string[] } | null {
  const names = useMetricNames(true);
  return useMemo(() => {
    if (!names.data || names.data.data.length === 0) return null;
    const known = new Set(names.data.data);
    const name = metricNames(expr).find((one) => !known.has(one));
    return name ? { name, near: nearest(known, name) } : null;
  }, [names.data, expr]);
}

export function NothingFound({
  expr,
  time,
  utc,
  onRun,
  onZoomOut,
}: {
  expr: string;
  time: string;
  utc: boolean;
  onRun: (expr: string) => void;
  onZoomOut?: () => void;
}) {
  const unknown = useUnknown(expr);
  if (unknown)
    return (
      <Empty icon="search" title={`No metric named ${unknown.name}`}>
        {unknown.near.length === 0 ? (
          <>The server has no series of this metric, and no metric with a similar name.</>
        ) : (
          <>
            Did you mean{' '}
            {unknown.near.map((name, i) => (
              <span key={name}>
                {i > 0 && (i === unknown.near.length - 1 ? ' or ' : ', ')}
                <button
                  type="button"
                  className="suggestion-inline"
                  onClick={() => onRun(withName(expr, unknown.name, name))}
                >
                  <code>{name}</code>
                </button>
              </span>
            ))}
            ?
          </>
        )}
      </Empty>
    );
  return (
    <Empty
      icon="search"
      title="No data"
      actions={
        onZoomOut && (
          <Button icon="zoomOut" onClick={onZoomOut}>
            Zoom out
          </Button>
        )
      }
    >
      The query is valid, but no series matched {time}
      {utc ? ' (UTC)' : ''}. Check label values and the time range.
    </Empty>
  );
}
