/** What distinguishes the selected spans from all others of the query. One click filters. */
import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Loading } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { formatMoment } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { fetchMetrics, useMetrics, type Window } from './api';
import { type Comparison, type Difference, pairsOf, rank } from './compare';
import { compareQuery, spansetPart, withTerm } from './filters';
import type { Selection } from './state';
import { count } from './text';

/** Values that the server counts for each attribute. */
const TOP = 100;
const FIRST_ATTRIBUTES = 8;

const percent = (share: number) => formatValue(share, 'ratio', share < 0.1 ? 2 : 3);

function Shares({ inside, outside }: { inside: number; outside: number }) {
  return (
    <span className="compare-shares">
      <span className="compare-bar is-inside">
        <i style={{ width: `${Math.min(1, inside) * 100}%` }} />
        <b>{percent(inside)}</b>
      </span>
      <span className="compare-bar is-outside">
        <i style={{ width: `${Math.min(1, outside) * 100}%` }} />
        <b>{percent(outside)}</b>
      </span>
    </span>
  );
}

function Value({ one, onTerm }: { one: Difference; onTerm: (term: string) => void }) {
  return (
    <li className="compare-value">
      <button
        type="button"
        className="compare-name"
        title={`Filter for ${one.term}`}
        onClick={() => onTerm(one.term)}
      >
        {one.text || '""'}
      </button>
      <Shares inside={one.inside} outside={one.outside} />
      <Button
        icon="zoomOut"
        look="ghost"
        label={`Filter out ${one.text}`}
        onClick={() => onTerm(one.without)}
      />
    </li>
  );
}

function describe(box: Selection, utc: boolean): string {
  if (box === 'errors') return 'Failed spans';
  const low = formatValue(box.low, 'seconds', 3);
  const length = Number.isFinite(box.high)
    ? `${low} – ${formatValue(box.high, 'seconds', 3)}`
    : `longer than ${low}`;
  return `Spans ${length}, ${formatMoment(box.from, utc)} → ${formatMoment(box.to, utc).slice(11)}`;
}

/** Conditions that hold together: asked of the server, as shares of single values do not tell. */
function Combinations(props: {
  query: string;
  window: Window;
  step: number;
  box: Selection;
  comparison: Comparison;
  onTerm: (term: string) => void;
}) {
  const { comparison } = props;
  const pairs = useMemo(() => pairsOf(comparison), [comparison]);
  const answers = useQueries({
    queries: pairs.map(([a, b]) => {
      const narrowed = withTerm(withTerm(spansetPart(props.query), a.term), b.term);
      const query = compareQuery(narrowed, props.box, 1);
      return {
        queryKey: ['tempo-metrics', query, props.window.start, props.window.end, props.step],
        queryFn: async ({ signal }: { signal: AbortSignal }) =>
          rank(await fetchMetrics(query, props.window, props.step, signal)),
        staleTime: Number.POSITIVE_INFINITY,
      };
    }),
  });
  const rows = pairs.flatMap(([a, b], i) => {
    const found = answers[i]?.data;
    if (!found || found.inside === 0) return [];
    const inside = found.inside / Math.max(1, comparison.inside);
    const outside = found.outside / Math.max(1, comparison.outside);
    // Worth saying when it leaves out more of the others than either alone, and keeps most of the selected.
    return outside < Math.min(a.outside, b.outside) * 0.9 && inside > 0.5 * Math.min(a.inside, b.inside)
      ? [{ term: `${a.term} && ${b.term}`, inside, outside }]
      : [];
  });
  if (rows.length === 0) return null;
  return (
    <section className="compare-attribute" aria-label="Combinations">
      <h3>Combinations</h3>
      <ul>
        {rows.map((row) => (
          <li key={row.term} className="compare-value">
            <button type="button" className="compare-name" onClick={() => props.onTerm(row.term)}>
              {row.term}
            </button>
            <Shares inside={row.inside} outside={row.outside} />
            <span />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function ComparePanel(props: {
  query: string;
  window: Window;
  step: number;
  attempt: number;
  box: Selection;
  onTerm: (term: string) => void;
}) {
  const utc = utcTime.use();
  const [all, setAll] = useState(false);
  const answer = useMetrics(
    compareQuery(props.query, props.box, TOP),
    props.window,
    props.step,
    props.attempt,
  );
  const comparison = useMemo(() => (answer.data ? rank(answer.data.series) : null), [answer.data]);
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!comparison) return <Loading label="Comparing spans" />;
  const comparable = comparison.inside > 0 && comparison.outside > 0;
  const more = comparable ? comparison.attributes.length - FIRST_ATTRIBUTES : 0;
  const shown = all ? comparison.attributes : comparison.attributes.slice(0, FIRST_ATTRIBUTES);
  return (
    <section
      className={answer.isPlaceholderData ? 'compare is-stale' : 'compare'}
      aria-label="Comparison"
      aria-busy={answer.isFetching}
    >
      <header className="compare-head">
        <h3>{describe(props.box, utc)}</h3>
        <span className="compare-key is-inside">{count(comparison.inside)} selected</span>
        <span className="compare-key is-outside">{count(comparison.outside)} others</span>
      </header>
      {comparison.inside === 0 ? (
        <p className="muted">The selection contains no spans.</p>
      ) : comparison.outside === 0 ? (
        <p className="muted">
          The selection contains all spans of the query, so there are no others to compare with.
        </p>
      ) : comparison.attributes.length === 0 ? (
        <p className="muted">
          No attribute differs by more than 2 % between the selected and the other spans.
        </p>
      ) : (
        <div className="compare-grid">
          {shown.map((attribute) => (
            <section key={attribute.name} className="compare-attribute" aria-label={attribute.name}>
              <h3>
                <code>{attribute.name}</code>
                {attribute.cut && <span className="muted"> more values exist</span>}
              </h3>
              <ul>
                {attribute.values.map((one) => (
                  <Value key={one.term} one={one} onTerm={props.onTerm} />
                ))}
              </ul>
            </section>
          ))}
          <Combinations
            query={props.query}
            window={props.window}
            step={props.step}
            box={props.box}
            comparison={comparison}
            onTerm={props.onTerm}
          />
        </div>
      )}
      {more > 0 && (
        <Button onClick={() => setAll(!all)}>
          {all ? 'Fewer attributes' : `${more} more ${more === 1 ? 'attribute' : 'attributes'}`}
        </Button>
      )}
    </section>
  );
}
