/** The graph as a list, for phones, keyboards and those who look for a number. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { formatValue } from '../lib/units';
import type { GraphNode, Pipelines } from './api';
import { blockedBy, dropped, healthOf, type Rate, signalsOf, total } from './model';
import { formatRate, nodeRates, queueText, type Unit } from './rates';

const KINDS = ['receiver', 'processor', 'connector', 'exporter', 'extension'];

/** Rows further down are drawn when they come into sight. */
const ROW = 58;

export function ComponentTable(props: {
  graph: Pipelines;
  rates: Map<string, Rate>;
  unit: Unit;
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const { graph, rates, unit } = props;
  const frame = useRef<HTMLDivElement>(null);
  const passing = useMemo(() => nodeRates(graph.edges, rates), [graph.edges, rates]);
  const rows = useMemo(
    () => [...graph.nodes].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)),
    [graph.nodes],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  return (
    <div className="component-table card" ref={frame}>
      <ul style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const node = rows[item.index] as GraphNode;
          return (
            <li
              key={node.id}
              ref={virtual.measureElement}
              data-index={item.index}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Row
                node={node}
                graph={graph}
                rate={passing.get(node.id)}
                unit={unit}
                chosen={props.chosen === node.id}
                onChoose={props.onChoose}
              />
              <Outgoing {...props} from={node.id} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Row(props: {
  node: GraphNode;
  graph: Pipelines;
  rate: { in?: Rate; out?: Rate } | undefined;
  unit: Unit;
  chosen: boolean;
  onChoose: (id: string) => void;
}) {
  const { node, rate, unit } = props;
  const { health, why } = healthOf(node, props.graph.time);
  const lost = total(node, dropped);
  const facts = [
    blockedBy(node),
    rate?.in ? `in ${formatRate(rate.in, unit)}` : '',
    rate?.out ? `out ${formatRate(rate.out, unit)}` : '',
    queueText(node),
    node.queue && node.queue.deadLetters > 0 ? `${node.queue.deadLetters} dead letters` : '',
    lost > 0 ? `${formatValue(lost, 'none', 3)} dropped` : '',
  ].filter(Boolean);
  return (
    <button
      type="button"
      className={`component-row health-${health}${props.chosen ? ' is-chosen' : ''}`}
      aria-pressed={props.chosen}
      onClick={() => props.onChoose(node.id)}
    >
      <span className="component-kind">{node.kind}</span>
      <span className="component-name">
        {node.component}
        {node.part && <span className="muted"> {node.part}</span>}
        {signalsOf(node, props.graph.edges).map((signal) => (
          <i key={signal} className={`signal-dot signal-${signal}`} title={signal} />
        ))}
        {why.map((word) => (
          <span key={word} className={`badge badge-${health === 'bad' ? 'err' : 'warn'}`}>
            {word}
          </span>
        ))}
      </span>
      <span className="component-facts muted">{facts.join(' · ')}</span>
    </button>
  );
}

/** Where a component leads, so that edges are within reach without the picture. */
function Outgoing(props: {
  graph: Pipelines;
  rates: Map<string, Rate>;
  unit: Unit;
  from: string;
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const edges = props.graph.edges.filter((edge) => edge.from === props.from);
  if (edges.length === 0) return null;
  const name = (id: string) => props.graph.nodes.find((node) => node.id === id)?.component ?? id;
  return (
    <span className="component-edges">
      {edges.map((edge) => (
        <button
          key={edge.id}
          type="button"
          className={`pill${props.chosen === edge.id ? ' is-chosen' : ''}`}
          aria-pressed={props.chosen === edge.id}
          title={edge.pipeline}
          onClick={() => props.onChoose(edge.id)}
        >
          → {name(edge.to)} <span className="muted">{formatRate(props.rates.get(edge.id), props.unit)}</span>
        </button>
      ))}
    </span>
  );
}
