/** Patterns of lines: count, share, trend, whether the preceding range had them. */
import { useMemo } from 'react';
import { ErrorNotice, isMissing } from '../../api/errors';
import { Moment } from '../../components/moment';
import { Button, Empty, Loading, Notice } from '../../components/ui';
import { spellDuration } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { type Span, usePatterns } from './api';
import { readLevel } from './levels';
import { type PatternRow, patternRows, TREND_BARS } from './patterns';

const MAX_ROWS = 200;

function Trend({ row }: { row: PatternRow }) {
  const most = row.trend.reduce((max, count) => Math.max(max, count), 1);
  return (
    <svg
      className="logs-trend"
      viewBox={`0 0 ${TREND_BARS * 3} 24`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Trend: at most ${most} per interval`}
    >
      {row.trend.map((count, i) => {
        const height = count === 0 ? 0 : Math.max(1.5, (count / most) * 24);
        // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity but their place.
        return <rect key={i} x={i * 3} y={24 - height} width={2.2} height={height} />;
      })}
    </svg>
  );
}

function PatternText({ pattern }: { pattern: string }) {
  return (
    <code className="logs-pattern">
      {pattern.split('<_>').map((literal, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place.
        <span key={i}>
          {i > 0 && <i>&lt;_&gt;</i>}
          {literal}
        </span>
      ))}
    </code>
  );
}

export function PatternsView(props: {
  query: string;
  range: Span;
  attempt: number;
  onFilter: (pattern: string, exclude: boolean) => void;
}) {
  const { range, attempt } = props;
  const length = range.end - range.start;
  const step = Math.max(1000, Math.ceil(length / TREND_BARS / 1000) * 1000);
  const answer = usePatterns(props.query, range, step, attempt, true);
  const before = usePatterns(
    props.query,
    { start: range.start - length, end: range.start },
    Math.max(1000, Math.ceil(length / 1000) * 1000),
    attempt,
    answer.data !== undefined && answer.data.items.length > 0,
  );
  const rows = useMemo(
    () => patternRows(answer.data?.items ?? [], before.data?.items ?? null, range.start, range.end),
    [answer.data, before.data, range.start, range.end],
  );
  if (isMissing(answer.error))
    return (
      <Empty icon="stacked" title="Patterns unavailable">
        This server does not serve <code>/loki/api/v1/patterns</code>.
      </Empty>
    );
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!answer.data) return <Loading label="Finding patterns" />;
  const shown = answer.data.query;
  if (rows.length === 0)
    return (
      <Empty icon="stacked" title="No patterns">
        {shown} has no patterns in this time range.
      </Empty>
    );
  const fresh = rows.filter((row) => row.newSince !== null).length;
  return (
    <div className={answer.isPlaceholderData ? 'is-stale' : undefined}>
      {before.error && (
        <Notice kind="info">New patterns are not marked: the preceding time range could not be read.</Notice>
      )}
      <div className="result-bar">
        <span className="muted">
          {`${rows.length} patterns of ${shown}`}
          {before.data && ` · ${fresh} not seen in the preceding ${spellDuration(length)}`}
        </span>
      </div>
      <div className="table-scroll logs-table">
        <table className="table logs-pattern-table">
          <thead>
            <tr>
              <th className="num">Count</th>
              <th className="num">Share</th>
              <th>Trend</th>
              <th>Pattern</th>
              <th aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MAX_ROWS).map((row) => (
              <tr key={row.pattern} className={`level-${readLevel(row.level)}`}>
                <td className="num">{formatValue(row.count, 'none', 4)}</td>
                <td className="num">{formatValue(row.share, 'ratio', 3)}</td>
                <td>
                  <Trend row={row} />
                </td>
                <td>
                  <PatternText pattern={row.pattern} />
                  <span className="logs-pattern-notes">
                    {row.level && (
                      <span className={`badge logs-badge level-${readLevel(row.level)}`}>{row.level}</span>
                    )}
                    {row.newSince !== null && (
                      <span className="badge badge-warn" title="Not seen in the preceding time range">
                        New since <Moment ms={row.newSince} />
                      </span>
                    )}
                  </span>
                </td>
                <td className="logs-pattern-tools">
                  <Button
                    icon="filterIn"
                    look="ghost"
                    label="Filter for"
                    onClick={() => props.onFilter(row.pattern, false)}
                  />
                  <Button
                    icon="zoomOut"
                    look="ghost"
                    label="Filter out"
                    onClick={() => props.onFilter(row.pattern, true)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MAX_ROWS && (
        <p className="panel-stats">{`The ${MAX_ROWS} most frequent of ${rows.length} patterns are shown.`}</p>
      )}
    </div>
  );
}
