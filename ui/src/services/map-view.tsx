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
import { useQuery } from '@tanstack/react-query';
import { memo, useEffect, useMemo, useRef } from 'react';
import { Loading, Notice } from '../components/ui';
import { flows, type Layout, NODE_HEIGHT, NODE_WIDTH } from '../pipelines/flow';
import { place } from '../pipelines/layout';
import '../pipelines/pipelines.css';
import { edgeHealth, type MapEdge, type MapNode, type ServiceMap, TYPE_NAMES } from './graph';
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

const Card = memo(function Card({ data }: NodeProps<CardNode>) {
  const { node } = data;
  const health = node.rate > 0 ? healthOf(node.errors) : 'ok';
  return (
    <button
      type="button"
      className={`graph-card kind-${node.kind} health-${health}${data.chosen ? ' is-chosen' : ''}${data.faded ? ' is-faded' : ''}`}
      aria-pressed={data.chosen}
      onClick={() => data.onChoose(node.id)}
    >
      <span className="graph-card-head">
        <span className="graph-card-kind">{KIND_NAMES[node.kind]}</span>
        {health !== 'ok' && <span className="graph-card-why">{health}</span>}
      </span>
      <span className="graph-card-name" title={node.members.join(', ')}>
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
const BETWEEN = 140;

/** Above this number of edges only those of the chosen service carry their figures. */
const FEW_EDGES = 30;

const describe = (edge: MapEdge) =>
  [
    edge.rate === 0 && edge.connections !== undefined
      ? `${edge.connections} connection${edge.connections === 1 ? '' : 's'}`
      : rateText(edge.rate),
    edge.failed > 0 ? `${errorText(edge.failed / Math.max(edge.rate, 1e-9))} errors` : '',
    edge.p95 === null ? '' : `p95 ${secondsText(edge.p95)}`,
  ].filter(Boolean);

function Picture({
  map,
  layout,
  chosen,
  onChoose,
}: {
  map: ServiceMap;
  layout: Layout;
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const flow = useReactFlow();
  const shape = useMemo(() => [...layout.nodes.keys()].join(' '), [layout]);
  const width = useStore((state) => state.width);
  const fitted = useRef('');
  const moved = useRef(false);
  useEffect(() => {
    // A picture that was moved stays where it is, until its nodes change.
    if (width === 0 || (fitted.current === shape && moved.current)) return;
    if (fitted.current !== shape) moved.current = false;
    fitted.current = shape;
    void flow.fitView({ padding: 0.06, minZoom: 0.3, maxZoom: 1.1 });
  }, [flow, shape, width]);
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
        <svg
          className="graph-bands"
          width={layout.width}
          height={layout.height}
          role="group"
          aria-label="Calls"
        >
          {bands.map((band) => {
            const edge = byId.get(band.id) as MapEdge;
            const own = edge.from === chosen || edge.to === chosen;
            const labelled = own || (chosen === '' && map.edges.length <= FEW_EDGES);
            const figures = describe(edge);
            return (
              <g
                key={band.id}
                className={`graph-band edge-${edgeHealth(edge)} type-${edge.connection || 'request'}${own ? ' is-chosen' : ''}${chosen !== '' && !own ? ' is-faded' : ''}`}
              >
                <title>{`${edge.from} → ${edge.to} (${TYPE_NAMES[edge.type] ?? edge.type}): ${figures.join(' · ')}`}</title>
                <path d={band.path} className="graph-band-hit" strokeWidth={Math.max(16, band.width)} />
                <path d={band.path} className="graph-band-line" strokeWidth={band.width} />
                {labelled && (
                  <text x={band.middle.x} y={band.middle.y - 3}>
                    <tspan>{figures[0]}</tspan>
                    <tspan x={band.middle.x} dy={15}>
                      {figures.slice(1).join(' · ')}
                    </tspan>
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      </ViewportPortal>
    </ReactFlow>
  );
}

export function MapView(props: { map: ServiceMap; chosen: string; onChoose: (id: string) => void }) {
  const { map } = props;
  const shape = JSON.stringify([map.nodes.map((n) => n.id).sort(), map.edges.map((e) => e.id).sort()]);
  const layout = useQuery({
    queryKey: ['services-layout', shape],
    queryFn: () =>
      place(
        [...map.nodes].sort((a, b) => a.id.localeCompare(b.id)),
        [...map.edges].sort((a, b) => a.id.localeCompare(b.id)),
        BETWEEN,
      ),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
    retry: false,
  });
  if (layout.error)
    return (
      <Notice kind="error" title="The map could not be laid out">
        {layout.error.message}. The table shows the same.
      </Notice>
    );
  if (!layout.data) return <Loading label="Laying out the map" />;
  return (
    <div className="graph-frame services-map card">
      <ReactFlowProvider>
        <Picture {...props} layout={layout.data} />
      </ReactFlowProvider>
    </div>
  );
}
