/** Aggregated structure of traces as a tree with counts, errors and times. */
import { useMemo, useState } from 'react';
import { Icon } from '../../components/icons';
import type { Colors } from './colors';
import type { Trace } from './model';
import { flatten, type StructureNode, structureOf } from './structure';
import { count, duration, plural, share } from './text';

/** Rows in the document at most; the rest is opened by collapsing what is above. */
const MAX_ROWS = 1000;

export function StructureView({ traces, colors }: { traces: Trace[]; colors: Colors }) {
  const structure = useMemo(() => structureOf(traces), [traces]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => flatten(structure.roots, collapsed), [structure, collapsed]);
  const whole = structure.roots.reduce((sum, node) => sum + node.total, 0);
  const mostSelf = rows.reduce((most, node) => Math.max(most, node.self), 1);
  const toggle = (node: StructureNode) => {
    const next = new Set(collapsed);
    if (!next.delete(node.key)) next.add(node.key);
    setCollapsed(next);
  };
  return (
    <div>
      <p className="panel-stats">
        {plural(structure.spans, 'span')} of {plural(structure.traces, 'trace')} by service, operation and
        parent
        {structure.left > 0 && ` · ${plural(structure.left, 'span')} left out: more than 20,000 nodes`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll" role="region" aria-label="Structure" tabIndex={0}>
        <table className="table structure-table">
          <thead>
            <tr>
              <th scope="col">Service and operation</th>
              <th scope="col" className="num">
                Spans
              </th>
              <th scope="col" className="num">
                Traces
              </th>
              <th scope="col" className="num">
                Errors
              </th>
              <th scope="col" className="num">
                Mean
              </th>
              <th scope="col" className="num">
                Longest
              </th>
              <th scope="col" className="num">
                Self time
              </th>
              <th scope="col">Self, share</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MAX_ROWS).map((node) => (
              <tr key={node.key}>
                <td>
                  <span className="structure-name" style={{ paddingLeft: Math.min(node.depth, 24) * 14 }}>
                    {node.children.length > 0 ? (
                      <button
                        type="button"
                        className="span-toggle"
                        aria-expanded={!collapsed.has(node.key)}
                        aria-label={collapsed.has(node.key) ? `Expand ${node.name}` : `Collapse ${node.name}`}
                        onClick={() => toggle(node)}
                      >
                        <Icon name={collapsed.has(node.key) ? 'right' : 'down'} size={12} />
                      </button>
                    ) : (
                      <span className="span-toggle" />
                    )}
                    <i className="swatch" style={{ background: colors(node.service) }} />
                    <b>{node.service}</b> {node.name}
                  </span>
                </td>
                <td className="num">{count(node.spans)}</td>
                <td className="num">{share(node.traces, structure.traces)}</td>
                <td className={node.errors > 0 ? 'num is-bad' : 'num'}>
                  {node.errors > 0 ? `${count(node.errors)} (${share(node.errors, node.spans)})` : '0'}
                </td>
                <td className="num">{duration(node.total / node.spans)}</td>
                <td className="num">{duration(node.longest)}</td>
                <td className="num">{duration(node.self)}</td>
                <td>
                  <span className="structure-bar" title={share(node.self, whole)}>
                    <i
                      style={{ width: `${(node.self / mostSelf) * 100}%`, background: colors(node.service) }}
                    />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MAX_ROWS && (
        <p className="panel-stats">
          {count(MAX_ROWS)} of {count(rows.length)} rows shown. Collapse rows to see the others.
        </p>
      )}
    </div>
  );
}
