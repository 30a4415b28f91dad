/** The graph as a picture: components as cards, what flows between them as bands as wide as its volume. */
import {
  Background,
  Controls,
  type Node,
  type NodeProps,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  ViewportPortal,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useQuery } from '@tanstack/react-query';
import { memo, useEffect, useMemo, useRef } from 'react';
import { Loading, Notice } from '../components/ui';
import type { GraphEdge, GraphNode } from './api';
import { type Flow, flows, type Layout, NODE_HEIGHT, NODE_WIDTH } from './flow';
import { place, shapeOf } from './layout';
import { blockedBy, breakerOf, fullness, healthOf, type Rate, signalOf, signalsOf } from './model';
import { formatRate, nodeRates, queueText, type Unit } from './rates';

/** A component and everything that its card shows; equal texts are drawn once. */
export interface CardData extends Record<string, unknown> {
  node: GraphNode;
  signals: string[];
  figure: string;
  queue: string;
  full: number;
  health: string;
  why: string;
  chosen: boolean;
  onChoose: (id: string) => void;
}

type CardNode = Node<CardData, 'card'>;

const Card = memo(
  function Card({ data }: NodeProps<CardNode>) {
    const { node } = data;
    return (
      <button
        type="button"
        className={`graph-card health-${data.health} kind-${node.kind}${data.chosen ? ' is-chosen' : ''}`}
        aria-pressed={data.chosen}
        onClick={() => data.onChoose(node.id)}
      >
        <span className="graph-card-head">
          <span className="graph-card-kind">{node.kind}</span>
          {data.signals.map((signal) => (
            <i key={signal} className={`signal-dot signal-${signal}`} title={signal} />
          ))}
          {data.why && <span className="graph-card-why">{data.why}</span>}
        </span>
        <span className="graph-card-name" title={`${node.component}${node.part ? ` · ${node.part}` : ''}`}>
          {/* Of a name that is too long its end is what tells it from others. */}
          <bdi>{node.component}</bdi>
        </span>
        <span className="graph-card-figures">{data.figure || '\u00a0'}</span>
        {data.queue && (
          <span className="graph-card-figures muted" title={data.queue}>
            {data.queue}
          </span>
        )}
        {node.queue && (
          <span className={`meter${data.full >= 0.98 ? ' is-bad' : data.full >= 0.8 ? ' is-warn' : ''}`}>
            <i style={{ width: `${Math.round(data.full * 100)}%` }} />
          </span>
        )}
      </button>
    );
  },
  ({ data: a }, { data: b }) =>
    a.figure === b.figure &&
    a.queue === b.queue &&
    a.full === b.full &&
    a.health === b.health &&
    a.why === b.why &&
    a.chosen === b.chosen &&
    a.node.id === b.node.id &&
    a.onChoose === b.onChoose,
);

const TYPES = { card: Card };

/** Above this number of edges their figures stand only at those that are chosen. */
const FEW_EDGES = 60;

function Band(props: {
  flow: Flow;
  edge: GraphEdge;
  label: string;
  chosen: boolean;
  quiet: boolean;
  onChoose: (id: string) => void;
}) {
  const { flow, edge } = props;
  return (
    <g
      role="button"
      tabIndex={0}
      aria-label={`${edge.from} to ${edge.to}, ${props.label || 'nothing yet'}`}
      aria-pressed={props.chosen}
      className={`graph-band signal-${signalOf(edge.pipeline)}${props.chosen ? ' is-chosen' : ''}${props.quiet ? ' is-quiet' : ''}`}
      onClick={() => props.onChoose(edge.id)}
      onKeyDown={(e) => {
        if (e.key !== 'Enter' && e.key !== ' ') return;
        e.preventDefault();
        props.onChoose(edge.id);
      }}
    >
      <path d={flow.path} className="graph-band-hit" strokeWidth={Math.max(16, flow.width)} />
      <path d={flow.path} className="graph-band-line" strokeWidth={flow.width} />
      {props.label && (
        <text x={flow.middle.x} y={flow.middle.y + 4}>
          {props.label}
        </text>
      )}
    </g>
  );
}

interface Props {
  nodes: GraphNode[];
  edges: GraphEdge[];
  rates: Map<string, Rate>;
  now: number;
  unit: Unit;
  chosen: string;
  onChoose: (id: string) => void;
}

function Picture({ layout, ...props }: Props & { layout: Layout }) {
  const { nodes, edges, rates, unit, chosen, onChoose } = props;
  const flow = useReactFlow();
  const shape = useMemo(() => [...layout.nodes.keys()].join(' '), [layout]);
  const width = useStore((state) => state.width);
  const fitted = useRef('');
  const moved = useRef(false);
  useEffect(() => {
    // Whoever has moved the picture keeps it where it is, until it is another one.
    if (width === 0 || (fitted.current === shape && moved.current)) return;
    if (fitted.current !== shape) moved.current = false;
    fitted.current = shape;
    void flow.fitView({ padding: 0.04, minZoom: 0.3, maxZoom: 1.1 });
  }, [flow, shape, width]);

  const passing = useMemo(() => nodeRates(edges, rates), [edges, rates]);
  const cards = useMemo(
    () =>
      nodes.flatMap((node): CardNode[] => {
        const at = layout.nodes.get(node.id);
        if (!at) return [];
        const rate = passing.get(node.id);
        const { health, why } = healthOf(node, props.now);
        const one = (way: Rate | undefined) => formatRate(way, unit);
        const figure =
          rate?.in && rate.out
            ? `${one(rate.in)} → ${one(rate.out)}`
            : (rate?.in ?? rate?.out)
              ? one(rate?.in ?? rate?.out)
              : '';
        return [
          {
            id: node.id,
            type: 'card',
            position: at,
            width: NODE_WIDTH,
            height: NODE_HEIGHT,
            selectable: false,
            draggable: false,
            data: {
              node,
              signals: signalsOf(node, edges),
              figure,
              queue: blockedBy(node) || queueText(node),
              full: node.queue ? fullness(node.queue) : 0,
              health: node.queue && breakerOf(node.queue) === 'open' ? 'bad' : health,
              why: why[0] ?? '',
              chosen: chosen === node.id,
              onChoose,
            },
          },
        ];
      }),
    [nodes, edges, layout, passing, props.now, unit, chosen, onChoose],
  );
  const bands = useMemo(
    () => flows(layout, edges, (edge) => rates.get(edge.id)?.[unit] ?? 0),
    [layout, edges, rates, unit],
  );
  const byId = useMemo(() => new Map(edges.map((edge) => [edge.id, edge])), [edges]);

  return (
    <ReactFlow
      nodes={cards}
      edges={[]}
      nodeTypes={TYPES}
      onlyRenderVisibleElements={nodes.length > 120}
      nodesFocusable={false}
      nodesConnectable={false}
      elementsSelectable={false}
      onMove={(event) => {
        if (event) moved.current = true;
      }}
      zoomOnDoubleClick={false}
      // The page scrolls on with the wheel; with Ctrl, two fingers or the buttons the picture zooms.
      zoomOnScroll={false}
      preventScrolling={false}
      minZoom={0.05}
      maxZoom={2}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={22} size={1} />
      <Controls showInteractive={false} position="bottom-left" />
      <ViewportPortal>
        <svg
          className="graph-bands"
          width={layout.width}
          height={layout.height}
          role="group"
          aria-label="Flows"
        >
          {bands.map((band) => {
            const edge = byId.get(band.id) as GraphEdge;
            const rate = rates.get(band.id);
            const isChosen = chosen === band.id;
            return (
              <Band
                key={band.id}
                flow={band}
                edge={edge}
                label={
                  rate && (isChosen || (edges.length <= FEW_EDGES && rate[unit] > 0))
                    ? formatRate(rate, unit)
                    : ''
                }
                chosen={isChosen}
                quiet={!rate || rate[unit] === 0}
                onChoose={onChoose}
              />
            );
          })}
        </svg>
      </ViewportPortal>
    </ReactFlow>
  );
}

export function GraphView(props: Props) {
  const shape = shapeOf(props.nodes, props.edges);
  const layout = useQuery({
    queryKey: ['pipelines-layout', shape],
    queryFn: () => place(props.nodes, props.edges),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
    retry: false,
  });
  if (layout.error)
    return (
      <Notice kind="error" title="The graph could not be laid out">
        {layout.error.message}. The table shows the same.
      </Notice>
    );
  if (!layout.data) return <Loading label="Laying out the graph" />;
  return (
    <div className="graph-frame card">
      <ReactFlowProvider>
        <Picture {...props} layout={layout.data} />
      </ReactFlowProvider>
    </div>
  );
}
