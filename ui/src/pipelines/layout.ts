/** Places of nodes, found by elkjs in a worker: a graph of a thousand components keeps no page waiting. */
import type { ELK, ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api';
import ElkApi from 'elkjs/lib/elk-api';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { type Edge, type Layout, NODE_HEIGHT, NODE_WIDTH, type Point } from './flow';

let elk: ELK | undefined;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'POLYLINE',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '22',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.componentComponent': '40',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.padding': '[top=12,left=12,bottom=12,right=12]',
};

/** What a layout knows of a node. */
export interface Place {
  id: string;
  kind: string;
}

/** Sources stand on the left, destinations on the right, however short the way between them is. */
function constraint(kind: string): LayoutOptions {
  const name = 'elk.layered.layering.layerConstraint';
  return kind === 'receiver' ? { [name]: 'FIRST' } : kind === 'exporter' ? { [name]: 'LAST' } : {};
}

/** What a layout depends on. */
export const shapeOf = (nodes: Place[], edges: Edge[]): string =>
  JSON.stringify([nodes.map((node) => node.id), edges.map((edge) => edge.id)]);

/** `between` is the distance of columns. */
export async function place(nodes: Place[], edges: Edge[], between = 54): Promise<Layout> {
  elk ??= new ElkApi({ workerUrl });
  const known = new Set(nodes.map((node) => node.id));
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: { ...OPTIONS, 'elk.layered.spacing.nodeNodeBetweenLayers': String(between) },
    children: nodes.map((node) => ({
      id: node.id,
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      layoutOptions: constraint(node.kind),
    })),
    edges: edges
      .filter((edge) => known.has(edge.from) && known.has(edge.to))
      .map((edge): ElkExtendedEdge => ({ id: edge.id, sources: [edge.from], targets: [edge.to] })),
  };
  const done = await elk.layout(graph);
  const places = new Map<string, Point>();
  for (const child of done.children ?? []) places.set(child.id, { x: child.x ?? 0, y: child.y ?? 0 });
  const bends = new Map<string, Point[]>();
  for (const edge of done.edges ?? []) {
    const points = edge.sections?.[0]?.bendPoints;
    if (points && points.length > 0) bends.set(edge.id, points);
  }
  return { nodes: places, bends, width: done.width ?? 0, height: done.height ?? 0 };
}
