import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice, isMissing } from '../api/errors';
import { Icon } from '../components/icons';
import { Button, CopyButton, Empty, Loading, Notice, SearchField, Select } from '../components/ui';
import { formatDuration, parseDuration, spellDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import {
  byAdvice,
  type Cardinality,
  type CardinalityState,
  dropLabelRule,
  dropSeriesRule,
  type LabelCost,
  LIMITS,
  type Pair,
  readCardinality,
  selector,
  splitPair,
  whyKept,
  writeInside,
} from './cardinality';
import { HeadCardinality } from './head-cardinality';
import { Top } from './top';

const RANGES = ['1h', '6h', '1d', '7d', '30d'].map((text) => parseDuration(text) as number);
const METRIC = '__name__';

interface Ask {
  select: string;
  range: number;
  limit: number;
  label?: string;
  prefix?: string;
}

function useCardinality(ask: Ask, enabled: boolean) {
  return useQuery({
    queryKey: ['cardinality', ask],
    queryFn: ({ signal }) =>
      call<Cardinality>(
        'status/cardinality',
        {
          'match[]': ask.select || undefined,
          start: ask.range > 0 ? (Date.now() - ask.range) / 1000 : undefined,
          limit: ask.limit,
          label: ask.label || undefined,
          prefix: ask.prefix || undefined,
        },
        signal,
      ),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

const count = (n: number) => n.toLocaleString('en');
const nameOf = (label: string) => (label === METRIC ? 'metric' : label);

function Rule({ text, label }: { text: string; label: string }) {
  return (
    <div className="rule-block">
      <pre>{text}</pre>
      <CopyButton text={text} label={label} />
    </div>
  );
}

/** Why a label stays, and what reduces its series instead. */
function KeepAdvice({ cost }: { cost: LabelCost }) {
  return (
    <div className="drop-advice">
      <p>
        {count(cost.series)} series carry <b>{cost.name}</b>. Do not drop it: {whyKept(cost.name)}
      </p>
      <p className="muted">
        {cost.name === 'le'
          ? 'To store fewer series, use native histograms (scrape_native_histograms: true), or configure fewer buckets where the metric is defined.'
          : 'To store fewer series, configure fewer quantiles where the metric is defined, or drop the whole metric.'}
      </p>
    </div>
  );
}

/** Effect of dropping a label, and the rule that drops it. */
function DropAdvice({ cost, data, inside }: { cost: LabelCost; data: Cardinality; inside: Pair[] }) {
  const gone = data.series - cost.seriesIfDropped;
  return (
    <div className="drop-advice">
      {gone === 0 ? (
        <p>
          {count(cost.series)} series carry <b>{cost.name}</b>, but no two series differ in it alone: dropping
          it would not reduce their number.
        </p>
      ) : (
        <p>
          {count(cost.series)} series carry <b>{cost.name}</b>. Without it there would be{' '}
          <b>{count(cost.seriesIfDropped)}</b> series instead of {count(data.series)}: {count(gone)} fewer,
          about <b>{formatValue(cost.memoryBytesSaved, 'bytes', 3)}</b> of memory.
        </p>
      )}
      <p className="muted">
        In the scrape job of <code>prometheus.yml</code> that adds them
        {inside.length > 0 ? ', for the series selected here only' : ', for all its series'}:
      </p>
      <Rule text={dropLabelRule(cost.name, inside)} label="Copy the rule" />
      {gone > 0 && (
        <p className="muted">
          Series of one target that differ only in this label become one series, which keeps one sample of
          each scrape rather than their sum. If you need the sum, drop the label in the application.
        </p>
      )}
    </div>
  );
}

function LabelTable({
  data,
  state,
  chosen,
  go,
}: {
  data: Cardinality;
  state: CardinalityState;
  chosen: string;
  go: (patch: Partial<CardinalityState>) => void;
}) {
  const most = data.labels.reduce(
    (max, l) => (whyKept(l.name) ? max : Math.max(max, data.series - l.seriesIfDropped)),
    0,
  );
  return (
    <section className="card table-card">
      <header className="table-title">
        <h2>Cost of labels</h2>
        <p className="muted">
          {data.labelNames > data.labels.length
            ? `The ${count(data.labels.length)} whose removal would save most, of ${count(data.labelNames)}`
            : `${count(data.labelNames)} labels, the most expensive first`}
        </p>
      </header>
      <div className="table-wrap">
        <table className="table label-costs">
          <thead>
            <tr>
              <th>Label</th>
              <th className="num">Values</th>
              <th className="num">Without it</th>
              <th className="saved-column">Would save</th>
            </tr>
          </thead>
          <tbody>
            {byAdvice(data.labels).map((cost) => {
              const kept = whyKept(cost.name) !== '';
              const gone = kept ? 0 : data.series - cost.seriesIfDropped;
              const open = state.drop === cost.name;
              return [
                <tr key={cost.name} className={chosen === cost.name ? 'is-chosen' : undefined}>
                  <td className="mono-text">
                    <button
                      type="button"
                      className="top-pick"
                      aria-pressed={chosen === cost.name}
                      title={`List the values of ${cost.name}`}
                      onClick={() => go({ label: cost.name, prefix: '' })}
                    >
                      {cost.name}
                    </button>
                  </td>
                  <td className="num">{count(cost.values)}</td>
                  <td className="num">{kept ? '–' : count(cost.seriesIfDropped)}</td>
                  <td className="saved-column">
                    <button
                      type="button"
                      className="saved"
                      aria-expanded={open}
                      onClick={() => go({ drop: open ? '' : cost.name })}
                    >
                      <span className="visually-hidden">
                        {kept ? `Why ${cost.name} is kept` : `How to drop ${cost.name}`}
                      </span>
                      <span className="saved-text">
                        <span className="num">
                          {kept
                            ? 'part of the metric'
                            : gone === 0
                              ? 'nothing'
                              : `${formatValue(gone / data.series, 'ratio', 2)} · ${formatValue(cost.memoryBytesSaved, 'bytes', 3)}`}
                        </span>
                        <span className="meter">
                          <i style={{ width: `${most > 0 ? (gone / most) * 100 : 0}%` }} />
                        </span>
                      </span>
                      <Icon name={open ? 'down' : 'right'} size={13} />
                    </button>
                  </td>
                </tr>,
                open && (
                  <tr key={`${cost.name} advice`} className="advice-row">
                    <td colSpan={4}>
                      {kept ? (
                        <KeepAdvice cost={cost} />
                      ) : (
                        <DropAdvice cost={cost} data={data} inside={state.inside} />
                      )}
                    </td>
                  </tr>
                ),
              ];
            })}
          </tbody>
        </table>
      </div>
      {data.labels.length === 0 && <p className="muted table-none">These series have no labels.</p>}
    </section>
  );
}

function MatchBox({ value, onChange }: { value: string; onChange: (match: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <form
      className="match-box"
      onSubmit={(e) => {
        e.preventDefault();
        onChange(text.trim());
      }}
    >
      <span className="search-field">
        <Icon name="search" size={15} />
        <input
          aria-label="Series selector"
          placeholder={'Series selector, like {job="api"}'}
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(e) => setText(e.target.value)}
        />
      </span>
      {text.trim() !== value && (
        <Button look="primary" type="submit">
          Count
        </Button>
      )}
    </form>
  );
}

const TYPING_MS = 300;

/** Asks only when someone has stopped typing: each change is counted by the server. */
function PrefixField({ value, onChange }: { value: string; onChange: (prefix: string) => void }) {
  const [text, setText] = useState(value);
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => change.current(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return <SearchField label="Starts with" value={text} onChange={setText} />;
}

/** Where one stands: everything, then each label and value that was pressed. */
function Trail({ inside, onCut }: { inside: Pair[]; onCut: (inside: Pair[]) => void }) {
  if (inside.length === 0) return null;
  return (
    <nav className="trail" aria-label="Selected labels">
      <button type="button" className="plan-link" onClick={() => onCut([])}>
        All series
      </button>
      {inside.map(([name, value], i) => (
        <span className="trail-step" key={`${name}=${value}`}>
          <Icon name="right" size={12} />
          <span className="chip">
            <span className="chip-name">{nameOf(name)}</span>
            <span className="chip-value">{value || '""'}</span>
            <button
              type="button"
              className="chip-remove"
              aria-label={`Without ${name}=${value}`}
              onClick={() => onCut(inside.filter((_, j) => j !== i))}
            >
              <Icon name="close" size={11} />
            </button>
          </span>
        </span>
      ))}
    </nav>
  );
}

export function CardinalityTab() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const state = readCardinality(search);
  const { inside, match } = state;
  const select = selector(match, inside);
  const ask = { select, range: state.range, limit: state.limit };
  const base = useCardinality(ask, true);
  const data = base.data?.data;

  const fixed = new Set(inside.map(([name]) => name));
  // Metrics first; within one, the label that makes most of its series.
  const telling = fixed.has(METRIC)
    ? (data?.labels.find((l) => !fixed.has(l.name) && l.values > 1)?.name ?? '')
    : METRIC;
  const chosen = state.label || telling;
  const own = chosen !== '' && (chosen !== METRIC || state.prefix !== '');
  const listed = useCardinality(
    { ...ask, label: chosen, prefix: state.prefix },
    own && data !== undefined && !base.isPlaceholderData,
  );

  const go = (patch: Partial<CardinalityState>, replace = false) => {
    const next = { ...state, ...patch };
    void navigate({
      to: '/status/$tab',
      params: { tab: 'cardinality' } as never,
      search: {
        match: next.match,
        in: writeInside(next.inside),
        label: next.label,
        prefix: next.prefix,
        range: next.range > 0 ? formatDuration(next.range) : '',
        limit: next.limit === LIMITS[0] ? '' : String(next.limit),
        drop: next.drop,
      } as never,
      resetScroll: false,
      replace,
    });
  };
  const into = (pair: Pair) =>
    go({ inside: [...inside.filter(([name]) => name !== pair[0]), pair], label: '', prefix: '', drop: '' });

  if (isMissing(base.error)) {
    return (
      <>
        <Notice kind="info" title="This server counts only series in memory">
          Like Prometheus, it has no <code>/api/v1/status/cardinality</code>, so labels, values and the
          savings of dropping them are unavailable. These are the largest ones in the head.
        </Notice>
        <HeadCardinality />
      </>
    );
  }
  const values = own ? listed.data?.data : data;
  const bytes = data ? data.series * data.memoryBytesPerSeries : 0;
  const stale = base.isPlaceholderData || (own && listed.isPlaceholderData);
  return (
    <>
      <div className="filters">
        <MatchBox value={match} onChange={(next) => go({ match: next, drop: '' })} />
        <span className="filter-fields">
          <Select
            label="Samples of"
            value={String(state.range)}
            choices={[
              { value: '0', label: 'All time' },
              ...[...new Set([...RANGES, ...(state.range > 0 ? [state.range] : [])])].map((ms) => ({
                value: String(ms),
                label: `Last ${spellDuration(ms)}`,
              })),
            ]}
            onChange={(value) => go({ range: Number(value) })}
          />
          <Select
            label="Show top"
            value={String(state.limit)}
            choices={LIMITS.map((n) => ({ value: String(n), label: String(n) }))}
            onChange={(value) => go({ limit: Number(value) })}
          />
        </span>
      </div>
      <Trail inside={inside} onCut={(next) => go({ inside: next, label: '', prefix: '', drop: '' })} />
      {base.error && <ErrorNotice error={base.error} />}
      {!data && !base.error && <Loading label="Counting series" />}
      {data && !base.error && data.series === 0 && (
        <Empty
          icon="search"
          title="No series"
          actions={
            (match || inside.length > 0 || state.range > 0) && (
              <Button onClick={() => go({ match: '', inside: [], label: '', prefix: '', range: 0 })}>
                Count all series
              </Button>
            )
          }
        >
          {select ? 'No series matches the selector in this time range.' : 'Nothing is stored yet.'}
        </Empty>
      )}
      {data && !base.error && data.series > 0 && (
        <div className={stale ? 'is-stale' : undefined} aria-busy={base.isFetching || listed.isFetching}>
          <div className="tiles">
            <div className="tile">
              <span className="tile-name">Series</span>
              <span className="tile-value">{count(data.series)}</span>
              <span className="tile-note">
                {data.relativeError > 0
                  ? `estimated, ±${formatValue(data.relativeError, 'ratio', 2)}`
                  : 'counted exactly'}
              </span>
            </div>
            <div className="tile">
              <span className="tile-name">Memory</span>
              <span className="tile-value">{formatValue(bytes, 'bytes', 3)}</span>
              <span className="tile-note">
                if all are active · {formatValue(data.memoryBytesPerSeries, 'bytes', 3)} each
              </span>
            </div>
            <div className="tile">
              <span className="tile-name">Labels</span>
              <span className="tile-value">{count(data.labelNames)}</span>
              <span className="tile-note">without the metric name</span>
            </div>
            <div className="tile">
              <span className="tile-name">Counted in</span>
              <span className="tile-value">{data.parts === 1 ? '1 part' : `${count(data.parts)} parts`}</span>
              <span className="tile-note">memory and blocks</span>
            </div>
          </div>
          <div className="cardinality-grid">
            <div className="cardinality-column">
              <LabelTable data={data} state={state} chosen={chosen} go={go} />
              {select !== '' && (
                <section className="card top">
                  <header>
                    <h2>These series</h2>
                    <p className="muted mono-text">{select}</p>
                  </header>
                  <p className="cardinality-links">
                    <Link
                      to="/query"
                      className="button button-plain"
                      search={{ 'g0.expr': select, 'g0.tab': 'table' } as never}
                    >
                      Open in Explore
                    </Link>
                  </p>
                  {inside.length > 0 && match === '' && (
                    <>
                      <p className="muted rule-lead">To drop them entirely:</p>
                      <Rule text={dropSeriesRule(inside)} label="Copy the rule" />
                    </>
                  )}
                </section>
              )}
            </div>
            <div className="cardinality-column">
              {chosen !== '' && (
                <Top
                  title={chosen === METRIC ? 'Metrics' : `Values of ${chosen}`}
                  hint={
                    values
                      ? values.values > values.topValues.length
                        ? `the largest of ${count(values.values)}`
                        : `${count(values.values)}, by series`
                      : ''
                  }
                  values={values?.topValues ?? []}
                  total={data.series}
                  onPick={(value) => into([chosen, value])}
                  empty={
                    own && listed.isPending
                      ? 'Counting…'
                      : state.prefix
                        ? `No value starts with “${state.prefix}”.`
                        : 'No values.'
                  }
                  tools={
                    <>
                      <PrefixField
                        key={chosen}
                        value={state.prefix}
                        onChange={(prefix) => go({ prefix, label: chosen }, true)}
                      />
                      {chosen !== METRIC && !fixed.has(METRIC) && (
                        <Button look="ghost" onClick={() => go({ label: '', prefix: '' })}>
                          Metrics
                        </Button>
                      )}
                    </>
                  }
                />
              )}
              <Top
                title="Label pairs"
                hint="by the series that carry them"
                values={data.topPairs.filter(({ name }) => {
                  const label = splitPair(name)[0];
                  return label !== METRIC && !fixed.has(label);
                })}
                total={data.series}
                onPick={(pair) => into(splitPair(pair))}
                empty="No other labels."
              />
            </div>
          </div>
        </div>
      )}
    </>
  );
}
