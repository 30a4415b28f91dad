/** One panel: its head, its queries and what it shows. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import type { ChartMarker } from '../chart/markers';
import { Icon } from '../components/icons';
import { Button, Loading, Notice, Popover } from '../components/ui';
import { HeatmapChart } from '../explore/heatmap';
import { classicHeatmap, toHeatmap } from '../explore/shape';
import { utcTime } from '../lib/store';
import { formatDuration, formatMoment, parseDuration } from '../lib/time';
import { FlamePanel, LogsPanel, TracesPanel } from './events';
import { type Answer, fetchPanel, type Query } from './fetch';
import { nameValues } from './frames';
import { at, text } from './json';
import { Markdown, SafeLink, textOfHtml } from './markdown';
import { KIND_NAMES, type Panel } from './model';
import { ScrollBox } from './scroll-box';
import { SingleValues } from './single-values';
import { TablePanel } from './table-panel';
import { linesOf, TimeSeries } from './time-series';
import { transform } from './transform';
import { unitOf } from './units';
import { interpolate, type Scope, type Span, stepOfPanel, withFilters, withStep } from './variables';

/** Pixels of a unit of height, and of the gap between panels. */
export const ROW = 30;
export const GAP = 8;
const HEAD = 40;
const LOW_HEAD = 26;
/** Width of a dashboard on a usual screen: steps do not depend on the size of the window. */
const WIDTH = 1300;

export interface PanelEnv {
  span: Span;
  attempt: number;
  filters: { key: string; operator: string; value: string }[];
  /** Annotations on the time axis. */
  markers: ChartMarker[];
  onSpan: (from: number, to: number) => void;
  onZoomOut: () => void;
}

/** The queries of a panel with variables replaced, and the range that they read. */
export function prepare(panel: Panel, scope: Scope, env: Pick<PanelEnv, 'span' | 'filters'>) {
  const from = parseDuration(interpolate(panel.timeFrom, scope, 'none'));
  const span = from ? { start: env.span.end - from, end: env.span.end } : env.span;
  const shift = parseDuration(interpolate(panel.timeShift, scope, 'none')) ?? 0;
  const width = (panel.place.w / 24) * WIDTH;
  const queries = panel.targets.map((target): Query => {
    const { step, scrape } = stepOfPanel(panel, target.interval, scope, span, width);
    const inner = withStep(scope, span, step, scrape);
    const query = withFilters(interpolate(target.query, inner, target.signal), env.filters, target.signal);
    // Single values and tables of the last values need no range.
    return { target, query, legend: interpolate(target.legend, inner, 'none'), step };
  });
  return { queries, span, shift };
}

function usePanelAnswer(panel: Panel, scope: Scope, env: PanelEnv, visible: boolean) {
  const prepared = useMemo(
    () => prepare(panel, scope, { span: env.span, filters: env.filters }),
    [panel, scope, env.span, env.filters],
  );
  const { queries, span, shift } = prepared;
  const events = queries.filter((q) => q.target.signal !== 'profiles');
  const answer = useQuery({
    queryKey: [
      'dashboard-panel',
      events.map((q) => [
        q.target.signal,
        q.query,
        q.legend,
        q.step,
        q.target.instant,
        q.target.exemplars,
        q.target.table,
        q.target.limit,
        q.target.refId,
      ]),
      span.start,
      span.end,
      shift,
      env.attempt,
    ],
    queryFn: ({ signal }) => fetchPanel(events, span, shift, signal),
    enabled: visible && events.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return { ...prepared, answer };
}

/** Whether an element has been on the screen: panels below it ask nothing. */
function useSeen(): [React.RefObject<HTMLElement | null>, boolean] {
  const node = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !node.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) setSeen(true);
      },
      { rootMargin: '200px' },
    );
    observer.observe(node.current);
    return () => observer.disconnect();
  }, [seen]);
  return [node, seen];
}

/** Explore with the queries of a panel; null where it has none. */
function exploreOf(queries: Query[], env: PanelEnv): { to: string; search: Record<string, string> } | null {
  const first = queries[0];
  if (!first) return null;
  const range = formatDuration(Math.max(10_000, Math.round((env.span.end - env.span.start) / 1000) * 1000));
  const end = formatMoment(env.span.end, true);
  const { signal } = first.target;
  if (signal === 'logs') return { to: '/explore/logs', search: { query: first.query, range, end } };
  if (signal === 'traces') return { to: '/explore/traces', search: { query: first.query, range, end } };
  if (signal === 'profiles')
    return {
      to: '/explore/profiles',
      search: { type: first.target.profileType, query: first.query, range, end },
    };
  const search: Record<string, string> = {};
  queries
    .filter((q) => q.target.signal === 'metrics')
    .slice(0, 10)
    .forEach((q, i) => {
      search[`g${i}.expr`] = q.query;
      search[`g${i}.tab`] = q.target.instant ? 'table' : 'graph';
      search[`g${i}.range_input`] = range;
      search[`g${i}.end_input`] = end;
    });
  return { to: '/query', search };
}

export function PanelView(props: {
  panel: Panel;
  scope: Scope;
  env: PanelEnv;
  /** Buttons of the edit mode. */
  tools?: ReactNode;
}) {
  const { panel, scope, env } = props;
  const [node, seen] = useSeen();
  const { queries, answer, span } = usePanelAnswer(panel, scope, env, seen);
  const title = interpolate(panel.title, scope, 'text');
  const transparent = panel.raw.transparent === true;
  // Single values of two units of height are common: their title leaves them room.
  const isLow = panel.place.h <= 3;
  const height = panel.place.h * ROW + (panel.place.h - 1) * GAP - (isLow ? 6 : 14);
  const headed = title !== '' || props.tools !== undefined || panel.notes.length > 0 || panel.kind !== 'text';
  const body = headed ? height - (isLow ? LOW_HEAD : HEAD) : height;
  const explore = exploreOf(queries, env);
  return (
    <article
      ref={node}
      className={`dash-panel${transparent ? ' is-transparent' : ''}${isLow ? ' is-low' : ''}`}
      aria-label={title || `Panel ${panel.id}`}
      aria-busy={answer.isFetching}
    >
      {headed && (
        <header className="dash-panel-head">
          {title === '' ? <span className="dash-untitled" /> : <h2 title={title}>{title}</h2>}
          {panel.description && (
            <Popover
              label="Description"
              align="end"
              button={(open, toggle) => (
                <Button icon="info" look="ghost" label="Description" aria-expanded={open} onClick={toggle} />
              )}
            >
              {() => <Markdown text={interpolate(panel.description, scope, 'text')} />}
            </Popover>
          )}
          {panel.notes.length > 0 && (
            <Popover
              label="Not shown"
              align="end"
              button={(open, toggle) => (
                <Button icon="warning" look="ghost" label="Not shown" aria-expanded={open} onClick={toggle} />
              )}
            >
              {() => (
                <>
                  <b>Not shown</b>
                  <ul className="dash-notes">
                    {panel.notes.map((n) => (
                      <li key={n}>{n}</li>
                    ))}
                  </ul>
                </>
              )}
            </Popover>
          )}
          {panel.links
            .filter((l) => l.tags === null)
            .slice(0, 5)
            .map((l) => (
              <SafeLink
                key={`${l.title} ${l.url}`}
                url={interpolate(l.url, withStep(scope, env.span, 1000), 'none')}
              >
                <Icon name="link" size={15} />
                <span className="visually-hidden">{l.title}</span>
              </SafeLink>
            ))}
          {props.tools}
          {explore && !props.tools && (
            <Link
              to={explore.to}
              search={explore.search as never}
              className="button button-ghost button-icon dash-explore"
              aria-label={`Open ${title || 'panel'} in Explore`}
              title="Open in Explore"
            >
              <Icon name="explore" size={15} />
            </Link>
          )}
        </header>
      )}
      <div className="dash-panel-body">
        <Body
          panel={panel}
          title={title}
          scope={scope}
          env={env}
          queries={queries}
          span={span}
          answer={answer.data}
          error={answer.error}
          seen={seen}
          stale={answer.isPlaceholderData}
          height={body}
        />
      </div>
    </article>
  );
}

interface BodyProps {
  panel: Panel;
  title: string;
  scope: Scope;
  env: PanelEnv;
  queries: Query[];
  span: Span;
  answer: Answer | undefined;
  error: unknown;
  seen: boolean;
  stale: boolean;
  height: number;
}

function Body(props: BodyProps) {
  const { panel, queries, answer, height } = props;
  if (panel.kind === null)
    return (
      <p className="dash-none">
        {panel.notes[0] ? `Not shown: ${panel.notes[0]}` : `Panels of type ${panel.type} are not shown`}
      </p>
    );
  if (panel.kind === 'text') {
    const content = interpolate(text(panel.options.content), props.scope, 'text');
    const mode = text(panel.options.mode, 'markdown');
    return (
      <ScrollBox className="dash-text" label={`${props.title} text`} style={{ maxHeight: height }}>
        {mode === 'markdown' ? (
          <Markdown text={content} />
        ) : (
          <pre>{mode === 'html' ? textOfHtml(content).trim() : content}</pre>
        )}
      </ScrollBox>
    );
  }
  if (queries.length === 0)
    return <p className="dash-none">{panel.notes.length > 0 ? 'No query that is supported' : 'No query'}</p>;
  const profile = queries.find((q) => q.target.signal === 'profiles');
  if (profile)
    return props.seen ? (
      <FlamePanel
        panel={panel}
        type={profile.target.profileType}
        selector={profile.query}
        span={props.span}
        attempt={props.env.attempt}
        height={height}
      />
    ) : null;
  if (props.error) return <ErrorNotice error={props.error} />;
  if (!answer) return props.seen ? <Loading label={KIND_NAMES[panel.kind]} /> : null;
  return (
    <div className={props.stale ? 'is-stale' : undefined}>
      {answer.warnings.slice(0, 2).map((w) => (
        <Notice key={w} kind="warning">
          {w}
        </Notice>
      ))}
      <Answered {...props} answer={answer} />
    </div>
  );
}

function Answered(props: BodyProps & { answer: Answer }) {
  const { panel, answer, height, queries } = props;
  const utc = utcTime.use();
  const frames = useMemo(
    () => transform(nameValues(answer.frames), panel.transformations),
    [answer.frames, panel.transformations],
  );
  if (panel.kind === 'logs' || (answer.entries.length > 0 && answer.frames.length === 0))
    return (
      <LogsPanel
        panel={panel}
        query={queries[0]?.query ?? ''}
        entries={answer.entries}
        span={props.span}
        height={height}
      />
    );
  if (panel.kind === 'traces' || (answer.traces.length > 0 && answer.frames.length === 0))
    return <TracesPanel panel={panel} traces={answer.traces} height={height} />;
  if (panel.kind === 'table') return <TablePanel panel={panel} frames={frames} height={height} />;
  if (panel.kind === 'stat' || panel.kind === 'gauge' || panel.kind === 'bargauge')
    return <SingleValues panel={panel} frames={frames} height={height} />;
  if (panel.kind === 'heatmap' || (answer.histograms.length > 0 && frames.length === 0)) {
    const heat =
      answer.histograms.length > 0
        ? toHeatmap(answer.histograms, answer.span.start, answer.span.end, answer.step)
        : heatOf(frames, panel);
    if (heat && heat.cells.length > 0)
      return (
        <HeatmapChart
          data={heat}
          unit={unitOf(text(at(panel.options, 'yAxis.unit')) || panel.field.unit).id}
          height={Math.max(80, height - 30)}
          utc={utc}
          step={answer.step}
          label={props.title || 'Heat map'}
        />
      );
  }
  if (frames.every((f) => f.fields.every((x) => x.values.length === 0)))
    return <p className="dash-none">{panel.field.noValue || 'No data'}</p>;
  return (
    <TimeSeries
      panel={panel}
      title={props.title}
      frames={frames}
      exemplars={answer.exemplars}
      markers={props.env.markers}
      span={props.span}
      height={height}
      onSpan={props.env.onSpan}
      onZoomOut={props.env.onZoomOut}
    />
  );
}

/** Buckets that differ in `le`; null for other series. */
function heatOf(frames: Parameters<typeof linesOf>[0], panel: Panel) {
  const { times, lines } = linesOf(frames, panel, 'light');
  return classicHeatmap({
    times: times.map((t) => t / 1000),
    series: lines.map((l) => ({ key: l.key, name: l.name, labels: l.field.labels ?? {}, values: l.values })),
    histograms: [],
  });
}
