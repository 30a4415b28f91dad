/** The service map as a picture: services as cards, calls as bands as wide as their rate. */
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
import { memo, useEffect, useMemo, useRef } from 'react';
import { flows, NODE_HEIGHT, NODE_WIDTH } from '../pipelines/flow';
import '../pipelines/pipelines.css';
import type { Status } from '../insight/types';
import { edgeHealth, type GroupedMap, gapOf, type MapEdge, type MapNode, TYPE_NAMES } from './graph';
import { LABEL_LINE, labelPlaces, layoutOf, type MapLayout } from './map-layout';
import { healthOf } from './model';
import { errorText, rateText, secondsText } from './parts';

interface CardData extends Record<string, unknown> {
  node: MapNode;
  chosen: boolean;
  faded: boolean;
  onChoose: (id: string) => void;
}

type CardNode = Node<CardData, 'service'>;

const KIND_NAMES: Record<MapNode['kind'], string> = {
  service: 'service',
  database: 'database',
  external: 'external',
  group: 'group',
};

const HEALTH_NAMES: Record<Status, string> = {
  critical: 'failing',
  warning: 'warning',
  ok: 'ok',
  unknown: 'unknown',
};
const WORST = ['failing', 'warning', 'ok', 'unknown'];

/** The worse of what inspections found and of the requests that arrive; without either it is not known. */
function healthName(node: MapNode): string {
  const requests = node.rate > 0 ? healthOf(node.errors) : 'unknown';
  const found = HEALTH_NAMES[node.status];
  return WORST[Math.min(WORST.indexOf(found), WORST.indexOf(requests))] ?? 'unknown';
}

const Card = memo(function Card({ data }: NodeProps<CardNode>) {
  const { node } = data;
  const health = healthName(node);
  return (
    <button
      type="button"
      className={`graph-card kind-${node.kind} health-${health}${data.chosen ? ' is-chosen' : ''}${data.faded ? ' is-faded' : ''}`}
      aria-pressed={data.chosen}
      onClick={() => data.onChoose(node.id)}
    >
      <span className="graph-card-head">
        <span className="graph-card-kind">{KIND_NAMES[node.kind]}</span>
        {(health === 'failing' || health === 'warning') && <span className="graph-card-why">{health}</span>}
      </span>
      <span className="graph-card-name" title={node.members.slice(0, 40).join(', ')}>
        <bdi>{node.name}</bdi>
      </span>
      <span className="graph-card-figures">
        {node.rate > 0
          ? `${rateText(node.rate)} · ${errorText(node.errors)} errors`
          : node.name === 'user'
            ? 'sends requests'
            : 'no requests'}
      </span>
      {node.p95 !== null && <span className="graph-card-figures muted">p95 {secondsText(node.p95)}</span>}
    </button>
  );
});

const TYPES = { service: Card };

/** Room for the figures of calls between two columns. */
const BETWEEN = 160;

/** Above this number of edges only those of the chosen service carry their figures. */
const FEW_EDGES = 40;

/** Smallest scale at which the text of cards is read without effort. */
const LEGIBLE = 0.8;

/** Lines of a label: rate and errors; durations of client and callee; the gap between both. */
export function figuresOf(edge: MapEdge): string[] {
  const gap = gapOf(edge);
  const durations =
    edge.clientP95 !== null && edge.serverP95 !== null
      ? `${secondsText(edge.clientP95)} › ${secondsText(edge.serverP95)}`
      : edge.p95 !== null
        ? `p95 ${secondsText(edge.p95)}`
        : '';
  return [
    [
      edge.rate === 0 && edge.connections !== undefined
        ? `${edge.connections} connection${edge.connections === 1 ? '' : 's'}`
        : rateText(edge.rate),
      edge.failed > 0 ? `${errorText(edge.failed / Math.max(edge.rate, 1e-9))} errors` : '',
    ]
      .filter(Boolean)
      .join(' · '),
    durations,
    gap !== null && gap > 0 ? `gap ${secondsText(gap)}` : '',
  ].filter(Boolean);
}

/** Everything that is known of a call, for its tooltip. */
function describe(edge: MapEdge): string {
  const gap = gapOf(edge);
  return [
    `${edge.from} → ${edge.to}`,
    `protocol: ${TYPE_NAMES[edge.type] ?? edge.type}`,
    `requests: ${rateText(edge.rate)}`,
    `errors: ${errorText(edge.rate > 0 ? Math.min(1, edge.failed / edge.rate) : 0)}`,
    edge.clientP95 !== null && `p95 at the client: ${secondsText(edge.clientP95)}`,
    edge.serverP95 !== null && `p95 at the callee: ${secondsText(edge.serverP95)}`,
    gap !== null && `gap: ${secondsText(gap)}`,
    edge.connections !== undefined && `connections: ${edge.connections}`,
    edge.retransmits !== undefined && `retransmits: ${rateText(edge.retransmits)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function Picture({
  map,
  layout,
  chosen,
  onChoose,
  onCollapse,
}: {
  map: GroupedMap;
  layout: MapLayout;
  chosen: string;
  onChoose: (id: string) => void;
  onCollapse: (group: string) => void;
}) {
  const flow = useReactFlow();
  const shape = useMemo(() => [...layout.nodes.keys()].join(' '), [layout]);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const fitted = useRef('');
  const moved = useRef(false);
  useEffect(() => {
    // A picture that was moved stays where it is, until its nodes change.
    if (width === 0 || (fitted.current === shape && moved.current)) return;
    if (fitted.current !== shape) moved.current = false;
    fitted.current = shape;
    const fitting = Math.min(width / layout.width, height / layout.height);
    if (fitting >= LEGIBLE) {
      void flow.fitView({ padding: 0.03, maxZoom: 1.1 });
      return;
    }
    // Too large to be read as a whole: the picture starts at what needs attention.
    const first = [...map.nodes].sort(
      (a, b) =>
        Number(b.id === chosen) - Number(a.id === chosen) ||
        WORST.indexOf(healthName(a)) - WORST.indexOf(healthName(b)) ||
        b.rate - a.rate,
    )[0];
    const at = layout.nodes.get(first?.id ?? '') ?? { x: 0, y: 0 };
    const within = (size: number, whole: number, middle: number) =>
      whole * LEGIBLE <= size
        ? (size - whole * LEGIBLE) / 2
        : Math.max(Math.min(0, size - whole * LEGIBLE), Math.min(0, size / 2 - middle * LEGIBLE));
    void flow.setViewport({
      x: within(width, layout.width, at.x + NODE_WIDTH / 2),
      y: within(height, layout.height, at.y + NODE_HEIGHT / 2),
      zoom: LEGIBLE,
    });
  }, [flow, shape, width, height, layout, map, chosen]);
  const near = useMemo(() => {
    const out = new Set([chosen]);
    for (const edge of map.edges) {
      if (edge.from === chosen) out.add(edge.to);
      if (edge.to === chosen) out.add(edge.from);
    }
    return out;
  }, [map, chosen]);
  const cards = useMemo(
    () =>
      map.nodes.flatMap((node): CardNode[] => {
        const at = layout.nodes.get(node.id);
        return at
          ? [
              {
                id: node.id,
                type: 'service',
                position: at,
                width: NODE_WIDTH,
                height: NODE_HEIGHT,
                selectable: false,
                draggable: false,
                data: {
                  node,
                  chosen: chosen === node.id,
                  faded: chosen !== '' && !near.has(node.id),
                  onChoose,
                },
              },
            ]
          : [];
      }),
    [map, layout, chosen, near, onChoose],
  );
  const bands = useMemo(() => flows(layout, map.edges, (edge) => edge.rate), [layout, map]);
  const byId = useMemo(() => new Map(map.edges.map((edge) => [edge.id, edge])), [map]);
  const labels = useMemo(() => {
    const own = (edge: MapEdge) => edge.from === chosen || edge.to === chosen;
    const labelled = bands
      .map(({ id, points }) => ({ id, points, edge: byId.get(id) as MapEdge }))
      .filter(({ edge }) => (chosen === '' ? map.edges.length <= FEW_EDGES : own(edge)))
      .sort((a, b) => b.edge.failed - a.edge.failed || b.edge.rate - a.edge.rate);
    return labelPlaces(
      labelled.map(({ id, points, edge }) => ({ id, points, lines: figuresOf(edge) })),
      layout,
    );
  }, [bands, byId, chosen, layout, map]);
  return (
    <ReactFlow
      nodes={cards}
      edges={[]}
      nodeTypes={TYPES}
      nodesFocusable={false}
      nodesConnectable={false}
      elementsSelectable={false}
      onMove={(event) => {
        if (event) moved.current = true;
      }}
      zoomOnDoubleClick={false}
      // The page scrolls with the wheel; with Ctrl, two fingers or the buttons the picture zooms.
      zoomOnScroll={false}
      preventScrolling={false}
      minZoom={0.05}
      maxZoom={2}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={22} size={1} />
      <Controls showInteractive={false} position="bottom-left" />
      <ViewportPortal>
        {layout.frames.map(({ id, name, x, y, width: wide, height: high }) => (
          <div
            key={id}
            className="map-frame"
            style={{ transform: `translate(${x}px, ${y}px)`, width: wide, height: high }}
          >
            <button type="button" className="map-frame-name" onClick={() => onCollapse(id)}>
              {name} <span aria-hidden="true">−</span>
              <span className="visually-hidden">, collapse group</span>
            </button>
          </div>
        ))}
        <Bands layout={layout} bands={bands} byId={byId} labels={labels} chosen={chosen} />
      </ViewportPortal>
    </ReactFlow>
  );
}

/** Kept while the picture moves: hundreds of calls are drawn once. */
const Bands = memo(function Bands({
  layout,
  bands,
  byId,
  labels,
  chosen,
}: {
  layout: MapLayout;
  bands: ReturnType<typeof flows>;
  byId: Map<string, MapEdge>;
  labels: ReturnType<typeof labelPlaces>;
  chosen: string;
}) {
  return (
    <svg
      className={bands.length > FEW_EDGES ? 'graph-bands is-many' : 'graph-bands'}
      width={layout.width}
      height={layout.height}
      role="group"
      aria-label="Calls"
    >
      {bands.map((band) => {
        const edge = byId.get(band.id) as MapEdge;
        const own = edge.from === chosen || edge.to === chosen;
        const label = labels.get(band.id);
        return (
          <g
            key={band.id}
            className={`graph-band edge-${edgeHealth(edge)} type-${edge.connection || 'request'}${own ? ' is-chosen' : ''}${chosen !== '' && !own ? ' is-faded' : ''}`}
          >
            <title>{describe(edge)}</title>
            <path d={band.path} className="graph-band-hit" strokeWidth={Math.max(16, band.width)} />
            <path d={band.path} className="graph-band-line" strokeWidth={band.width} />
            {label && (
              <text x={label.x} y={label.y + 11}>
                {figuresOf(edge)
                  .slice(0, label.lines)
                  .map((line, i) => (
                    <tspan key={line} x={label.x} dy={i === 0 ? 0 : LABEL_LINE}>
                      {line}
                    </tspan>
                  ))}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
});

export function MapView(props: {
  map: GroupedMap;
  chosen: string;
  onChoose: (id: string) => void;
  onCollapse: (group: string) => void;
}) {
  const { map } = props;
  // New figures of the same nodes and calls keep their places.
  const shape = JSON.stringify([
    map.nodes.map((n) => n.id).sort(),
    map.edges.map((e) => e.id).sort(),
    map.groups.map((g) => g.id),
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for nodes, edges and groups.
  const layout = useMemo(() => layoutOf(map.nodes, map.edges, map.groups, BETWEEN), [shape]);
  return (
    <div className="graph-frame services-map card">
      <ReactFlowProvider>
        <Picture {...props} layout={layout} />
      </ReactFlowProvider>
    </div>
  );
}
