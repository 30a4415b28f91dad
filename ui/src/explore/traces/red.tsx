/** Rate, errors and duration of the spans of a query. */
import { useMemo } from 'react';
import { ErrorNotice } from '../../api/errors';
import { useTheme } from '../../app/theme';
import { Chart, type ChartSeries } from '../../chart/chart';
import { seriesColor, token } from '../../chart/palette';
import { Loading } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { clampRange, type TimeRange } from '../../lib/time';
import { formatValue, type UnitId } from '../../lib/units';
import type { MetricSeries } from './answers';
import { type MetricsAnswer, useMetrics, type Window } from './api';
import { durationQuery, rateQuery } from './filters';
import { toLines } from './lines';
import { aligned, stepOf } from './state';

const HEIGHT = 120;

function Figure(props: {
  title: string;
  figure: string;
  answer: MetricsAnswer;
  lines: ChartSeries[];
  times: number[];
  unit: UnitId;
  onTime: (time: TimeRange) => void;
}) {
  const utc = utcTime.use();
  const { answer } = props;
  return (
    <section className="red-figure" aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        <span className="red-value">{props.figure}</span>
      </header>
      <Chart
        times={props.times}
        series={props.lines}
        unit={props.unit}
        label={`${props.title}: ${props.figure}`}
        height={HEIGHT}
        from={answer.start / 1000}
        to={answer.end / 1000}
        utc={utc}
        floor={0}
        syncKey="traces"
        onSpan={(from, to) =>
          props.onTime({ range: clampRange((to - from) * 1000), end: Math.ceil(to) * 1000 })
        }
        onZoomOut={() => {
          const length = answer.end - answer.start;
          props.onTime({
            range: clampRange(length * 2),
            end: Math.ceil((answer.end + length / 2) / 1000) * 1000,
          });
        }}
      />
    </section>
  );
}

const sumOf = (series: MetricSeries[]) =>
  series.reduce((sum, s) => sum + s.samples.reduce((a, b) => a + b.value, 0), 0);

export function RedCharts(props: {
  query: string;
  window: Window;
  attempt: number;
  onTime: (time: TimeRange) => void;
}) {
  const theme = useTheme();
  const step = stepOf(props.window.end - props.window.start);
  // Without the last step, which is not complete: its rate would drop.
  const whole = Math.floor(props.window.end / step) * step;
  const window = aligned(props.window.start, Math.max(whole, props.window.start + step), step);
  const rate = useMetrics(rateQuery(props.query), window, step, props.attempt);
  const latency = useMetrics(durationQuery(props.query), window, step, props.attempt);
  const red = useMemo(() => {
    if (!rate.data) return null;
    const { series } = rate.data;
    const failed = series.filter((s) => s.labels.status === 'error');
    const all = toLines([{ labels: {}, samples: series.flatMap((s) => s.samples) }], rate.data);
    const bad = toLines([{ labels: {}, samples: failed.flatMap((s) => s.samples) }], rate.data);
    const steps = Math.max(1, all.times.length);
    const total = sumOf(series);
    return { all, bad, rate: total / steps, errors: total > 0 ? sumOf(failed) / total : 0, any: total > 0 };
  }, [rate.data]);
  const quantiles = useMemo(() => {
    if (!latency.data) return null;
    const sorted = [...latency.data.series].sort((a, b) => Number(a.labels.p ?? 0) - Number(b.labels.p ?? 0));
    // A step without spans is answered with 0, as by Tempo.
    const known = sorted.map((s) => ({ ...s, samples: s.samples.filter((one) => one.value !== 0) }));
    return toLines(known, latency.data, null);
  }, [latency.data]);
  const error = rate.error ?? latency.error;
  if (error) return <ErrorNotice error={error} />;
  if (!rate.data || !red || !latency.data || !quantiles) return <Loading label="Measuring spans" />;
  const line = (
    key: string,
    name: string,
    values: (number | null)[] | undefined,
    color: string,
  ): ChartSeries => ({ key, name, values: values ?? [], color });
  const latest = quantiles.lines.find((l) => Number(l.labels.p) === 0.95)?.values;
  const known = (latest ?? []).filter((v): v is number => v !== null);
  const mean = known.length > 0 ? known.reduce((a, b) => a + b, 0) / known.length : null;
  const stale = rate.isPlaceholderData || latency.isPlaceholderData;
  return (
    <div className={stale ? 'red-charts is-stale' : 'red-charts'}>
      <Figure
        title="Rate"
        figure={red.any ? `${formatValue(red.rate, 'none', 3)} spans/s` : 'No data'}
        answer={rate.data}
        times={red.all.times}
        lines={[line('rate', 'Spans', red.all.lines[0]?.values, seriesColor(0, theme))]}
        unit="per second"
        onTime={props.onTime}
      />
      <Figure
        title="Errors"
        figure={red.any ? formatValue(red.errors, 'ratio', 3) : 'No data'}
        answer={rate.data}
        times={red.bad.times}
        lines={[line('errors', 'Failed spans', red.bad.lines[0]?.values, token('--bad'))]}
        unit="per second"
        onTime={props.onTime}
      />
      <Figure
        title="Duration"
        figure={mean === null ? 'No data' : `p95 ${formatValue(mean, 'seconds', 3)}`}
        answer={latency.data}
        times={quantiles.times}
        lines={quantiles.lines.map((l, i) =>
          line(
            l.labels.p ?? String(i),
            `p${Number(l.labels.p ?? 0) * 100}`,
            l.values,
            seriesColor([2, 4, 7][i] ?? i, theme),
          ),
        )}
        unit="seconds"
        onTime={props.onTime}
      />
    </div>
  );
}
