/** What is said around an answer: warnings, its cost, that it is empty. */
import type { QueryStats } from '../api/types';
import { Button, Empty, Notice } from '../components/ui';
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

export function NothingFound({
  time,
  utc,
  onZoomOut,
}: {
  time: string;
  utc: boolean;
  onZoomOut?: () => void;
}) {
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
