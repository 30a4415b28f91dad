/** Time on the critical path by service and operation, and the path itself in order. */
import { useMemo } from 'react';
import type { Colors } from './colors';
import { criticalPath, pathShares } from './critical-path';
import { count, duration, share } from './text';
import type { TraceTree } from './tree';

const MAX_ROWS = 500;

export function CriticalView({
  tree,
  colors,
  onChoose,
}: {
  tree: TraceTree;
  colors: Colors;
  onChoose: (index: number) => void;
}) {
  const path = useMemo(() => criticalPath(tree), [tree]);
  const shares = useMemo(() => pathShares(tree, path), [tree, path]);
  const whole = path.reduce((sum, s) => sum + s.to - s.from, 0);
  return (
    <div>
      <p className="panel-stats">
        The end of the root span waited for these {count(path.length)} segments, {duration(whole)} in all.
      </p>
      <div className="critical-strip" role="img" aria-label="Critical path by service">
        {path.map((s) => {
          const span = tree.nodes[s.node]?.span;
          return (
            <i
              key={`${s.node} ${s.from}`}
              title={`${span?.resource.service} ${span?.name}: ${duration(s.to - s.from)}`}
              style={{
                flexGrow: s.to - s.from,
                background: colors(span?.resource.service ?? ''),
              }}
            />
          );
        })}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll" role="region" aria-label="Time on the path" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Service and operation</th>
              <th scope="col" className="num">
                Spans
              </th>
              <th scope="col" className="num">
                On path
              </th>
              <th scope="col" className="num">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {shares.slice(0, MAX_ROWS).map((one) => (
              <tr key={`${one.service} ${one.name}`}>
                <td>
                  <button
                    type="button"
                    className="span-open"
                    onClick={() => {
                      const longest = path
                        .filter((s) => {
                          const span = tree.nodes[s.node]?.span;
                          return span?.name === one.name && span.resource.service === one.service;
                        })
                        .sort((a, b) => b.to - b.from - (a.to - a.from))[0];
                      if (longest) onChoose(longest.node);
                    }}
                  >
                    <i className="swatch" style={{ background: colors(one.service) }} />
                    <b>{one.service}</b> {one.name}
                  </button>
                </td>
                <td className="num">{count(one.count)}</td>
                <td className="num">{duration(one.time)}</td>
                <td className="num">{share(one.time, whole)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
