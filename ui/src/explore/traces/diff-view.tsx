/** Two traces side by side: nodes that exist in one only, and those that became slower or faster. */
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Loading, Notice, Segmented } from '../../components/ui';
import { useTrace } from './api';
import { type DiffNode, type DiffSide, diffCounts, diffTraces } from './diff';
import { isTraceId, type Trace } from './model';
import { flatten } from './structure';
import { count, duration } from './text';

const MAX_ROWS = 1000;
const NONE: ReadonlySet<string> = new Set();

const WORDS: Record<DiffNode['kind'], string> = {
  added: 'only here',
  removed: 'missing here',
  slower: 'slower',
  faster: 'faster',
  changed: 'changed',
  same: 'same',
};

function Cell({ side }: { side: DiffSide | null }) {
  return side ? (
    <td className="num">
      {duration(side.total)}{' '}
      <span className="muted">
        {count(side.spans)} ×{side.errors > 0 && <b className="is-bad"> {count(side.errors)} err</b>}
      </span>
    </td>
  ) : (
    <td className="num absent" />
  );
}

function Result({ a, b }: { a: Trace; b: Trace }) {
  const [only, setOnly] = useState<'differences' | 'all'>('differences');
  const roots = useMemo(() => diffTraces(a, b), [a, b]);
  const counts = useMemo(() => diffCounts(roots), [roots]);
  const all = useMemo(() => flatten(roots, NONE), [roots]);
  const rows = only === 'all' ? all : all.filter((node) => node.kind !== 'same');
  const delta = (node: DiffNode) => (node.b?.total ?? 0) - (node.a?.total ?? 0);
  return (
    <>
      <div className="panel-tools">
        <Segmented
          label="Rows"
          value={only}
          choices={[
            { value: 'differences', label: 'Differences' },
            { value: 'all', label: 'All' },
          ]}
          onChange={setOnly}
        />
        <span className="muted">
          {(['slower', 'faster', 'added', 'removed', 'changed', 'same'] as const)
            .filter((kind) => counts[kind] > 0)
            .map((kind) => `${counts[kind]} ${WORDS[kind]}`)
            .join(' · ')}
        </span>
      </div>
      {rows.length === 0 ? (
        <p className="muted">No differences in structure, errors or durations.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label="Differences" tabIndex={0}>
          <table className="table diff-table">
            <thead>
              <tr>
                <th scope="col">Service and operation</th>
                <th scope="col" className="num">
                  This trace
                </th>
                <th scope="col" className="num">
                  Other trace
                </th>
                <th scope="col" className="num">
                  Difference
                </th>
                <th scope="col">Other is</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, MAX_ROWS).map((node) => (
                <tr key={node.key} className={`diff-${node.kind}`}>
                  <td>
                    <span className="structure-name" style={{ paddingLeft: Math.min(node.depth, 24) * 14 }}>
                      <b>{node.service}</b> {node.name}
                    </span>
                  </td>
                  <Cell side={node.a} />
                  <Cell side={node.b} />
                  <td className="num">
                    {delta(node) > 0 ? '+' : delta(node) < 0 ? '−' : ''}
                    {duration(Math.abs(delta(node)))}
                  </td>
                  <td>
                    <span className={`badge diff-badge diff-badge-${node.kind}`}>{WORDS[node.kind]}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > MAX_ROWS && (
        <p className="panel-stats">
          {count(MAX_ROWS)} of {count(rows.length)} rows shown.
        </p>
      )}
    </>
  );
}

export function DiffView({
  trace,
  other,
  local,
  onOther,
}: {
  trace: Trace;
  other: string;
  /** Traces of the same file, where the trace comes from one. */
  local: Trace[];
  onOther: (id: string) => void;
}) {
  const [text, setText] = useState(other);
  const own = local.find((one) => one.id === other);
  const answer = useTrace(other, own === undefined && isTraceId(other));
  const found = own ?? answer.data?.trace;
  const valid = isTraceId(text.trim().toLowerCase());
  return (
    <div>
      <form
        className="diff-form"
        onSubmit={(e) => {
          e.preventDefault();
          if (valid) onOther(text.trim().toLowerCase());
        }}
      >
        <label>
          Other trace
          <input
            type="text"
            value={text}
            placeholder="Trace id"
            spellCheck={false}
            aria-invalid={text !== '' && !valid}
            onChange={(e) => setText(e.target.value)}
          />
        </label>
        <Button type="submit" disabled={!valid}>
          Compare
        </Button>
        {local.length > 1 && (
          <span className="muted">
            In this file:{' '}
            {local
              .filter((one) => one.id !== trace.id)
              .slice(0, 8)
              .map((one) => (
                <button
                  key={one.id}
                  type="button"
                  className="suggestion-inline"
                  onClick={() => {
                    setText(one.id);
                    onOther(one.id);
                  }}
                >
                  {one.id.slice(0, 12)}
                </button>
              ))}
          </span>
        )}
      </form>
      {other === '' ? (
        <p className="muted">Enter the id of a second trace, or choose two traces in the list.</p>
      ) : found ? (
        <Result a={trace} b={found} />
      ) : answer.error ? (
        <ErrorNotice error={answer.error} />
      ) : answer.data === null ? (
        <Notice kind="warning" title="Trace not found">
          No spans of trace <code>{other}</code> are stored.
        </Notice>
      ) : (
        <Loading label="Loading trace" />
      )}
    </div>
  );
}
