import { describe, expect, it } from 'vitest';
import type { Balance, Blockage, GraphEdge, GraphNode, Pipelines, Queue } from './api';
import { flows, type Layout, NODE_HEIGHT, NODE_WIDTH } from './flow';
import {
  blockedBy,
  breakerOf,
  definedAt,
  edgeRates,
  fullness,
  healthOf,
  isMeant,
  narrowed,
  obstacles,
  ratesOver,
  remember,
  signalOf,
  WINDOW_MS,
} from './model';
import { nodeRates } from './rates';

const edge = (from: string, to: string, pipeline: string, items = 0, bytes = 0): GraphEdge => ({
  id: `${from}..${pipeline}..${to}`,
  from,
  to,
  pipeline,
  batches: 1,
  items,
  bytes,
});

const node = (id: string, over: Partial<GraphNode> = {}): GraphNode => ({
  id,
  kind: id.split(':')[0] as string,
  component: id.split(':')[1] as string,
  part: '',
  where: '',
  signals: {},
  ...over,
});

const balance = (over: Partial<Balance>): Balance => ({
  in: 0,
  created: 0,
  restored: 0,
  revived: 0,
  out: 0,
  held: 0,
  deadLettered: 0,
  dropped: {},
  returned: 0,
  kept: 0,
  ...over,
});

const queue = (over: Partial<Queue>): Queue => ({
  requests: 0,
  items: 0,
  bytes: 0,
  capacityBytes: 100,
  capacityItems: 0,
  capacityRequests: 0,
  oldestMillis: 0,
  inFlight: 0,
  concurrency: 4,
  pausedMillis: 0,
  retries: 0,
  deadLetters: 0,
  deadLettersEvicted: 0,
  damagedBytes: 0,
  lastError: '',
  lastErrorMillis: 0,
  ...over,
});

const at = (time: number, edges: GraphEdge[], nodes: GraphNode[] = []): Pipelines => ({
  time,
  tap: false,
  nodes,
  edges,
});

describe('volumes', () => {
  it('are taken over the last while, and not where counts began anew', () => {
    let past: Pipelines[] = [];
    for (let i = 0; i <= 30; i++)
      past = remember(
        past,
        at(i * 2000, [edge('a', 'b', 'logs', i * 20, i * 2000), edge('a', 'c', 'logs', 9)]),
      );
    expect(ratesOver(past)).toBeGreaterThanOrEqual(WINDOW_MS / 1000);
    expect(ratesOver(past)).toBeLessThanOrEqual(WINDOW_MS / 1000 + 2);
    expect(edgeRates(past).get('a..logs..b')).toEqual({ items: 10, bytes: 1000 });
    expect(edgeRates(past).get('a..logs..c')).toEqual({ items: 0, bytes: 0 });
    past = remember(past, at(62_000, [edge('a', 'b', 'logs', 5)]));
    expect(edgeRates(past).has('a..logs..b')).toBe(false);
  });

  it('are unknown after one answer, and an answer that is older is left out', () => {
    const one = remember([], at(1000, [edge('a', 'b', 'logs', 7)]));
    expect(edgeRates(one).size).toBe(0);
    expect(remember(one, at(1000, []))).toBe(one);
  });

  it('count what is handed to several places once', () => {
    const edges = [
      edge('receiver:otlp', 'p', 'logs'),
      edge('receiver:otlp', 'x', 'logs/raw'),
      edge('receiver:otlp', 'q', 'metrics'),
      edge('p', 'e', 'logs'),
      edge('p', 'f', 'logs'),
    ];
    const rates = new Map(edges.map((one) => [one.id, { items: 10, bytes: 100 }]));
    const nodes = nodeRates(edges, rates);
    expect(nodes.get('receiver:otlp')?.out).toEqual({ items: 20, bytes: 200 });
    expect(nodes.get('p')).toEqual({ in: { items: 10, bytes: 100 }, out: { items: 10, bytes: 100 } });
  });
});

describe('blockages', () => {
  const blockage = (over: Partial<Blockage>): Blockage => ({
    by: 'exporter:a',
    byKind: 'exporter',
    byComponent: 'a',
    reason: 'queue_full',
    effect: 'waiting',
    signal: 'logs',
    sinceMillis: 5000,
    ...over,
  });
  const nodes = [
    node('exporter:b', { blocked: [blockage({ effect: 'starved' })] }),
    node('receiver:in', { blocked: [blockage({}), blockage({ signal: 'traces' })] }),
    node('exporter:a', { blocked: [blockage({ effect: 'cause' })] }),
    node('exporter:c'),
  ];

  it('name the component that takes nothing', () => {
    expect(nodes.map(blockedBy)).toEqual(['blocked by exporter a', 'blocked by exporter a', '', '']);
    expect(nodes.map((one) => healthOf(one, 0).why)).toEqual([['blocked'], ['blocked'], ['blocking'], []]);
    expect(nodes.map((one) => healthOf(one, 0).health)).toEqual(['bad', 'bad', 'bad', 'good']);
  });

  it('are listed once for each cause, with every component that waits for it', () => {
    expect(obstacles(nodes).map((one) => [one.by, one.blocks.map((n) => n.id)])).toEqual([
      ['exporter:a', ['exporter:b', 'receiver:in']],
    ]);
    expect(obstacles([node('exporter:c')])).toEqual([]);
  });
});

describe('health', () => {
  it('tells a breaker from a pause that was asked for', () => {
    expect(breakerOf(queue({}))).toBe('closed');
    expect(breakerOf(queue({ pausedMillis: 5, probing: true }))).toBe('open');
    expect(breakerOf(queue({ pausedMillis: 5, probing: false }))).toBe('waiting');
    expect(breakerOf(queue({ probing: true }))).toBe('probing');
  });

  it('is by the bound that is nearest, and by what is lost', () => {
    expect(fullness(queue({ bytes: 50, requests: 9, capacityRequests: 10 }))).toBe(0.9);
    expect(healthOf(node('exporter:x', { queue: queue({ bytes: 99 }) }), 0)).toEqual({
      health: 'bad',
      why: ['queue nearly full'],
    });
    const lost = { signals: { logs: balance({ dropped: { queue_full: 1 } }) } };
    expect(healthOf(node('exporter:x', lost), 0).health).toBe('warn');
    const meant = { signals: { logs: balance({ dropped: { filtered: 1 } }) } };
    expect(healthOf(node('processor:x', meant), 0).health).toBe('good');
  });
});

describe('a graph', () => {
  const graph = at(
    0,
    [
      edge('receiver:otlp', 'processor:batch', 'logs'),
      edge('processor:batch', 'exporter:kafka', 'logs'),
      edge('receiver:otlp', 'exporter:nop', 'metrics'),
    ],
    [node('receiver:otlp'), node('processor:batch'), node('exporter:kafka'), node('exporter:nop')],
  );

  it('is narrowed to a signal, or to all that leads to a component and from it', () => {
    expect(signalOf('logs/2')).toBe('logs');
    expect(narrowed(graph, 'metrics', '').nodes.map((one) => one.id)).toEqual([
      'receiver:otlp',
      'exporter:nop',
    ]);
    expect(narrowed(graph, '', 'kafka').nodes.map((one) => one.component)).toEqual([
      'otlp',
      'batch',
      'kafka',
    ]);
    expect(narrowed(graph, '', 'nonsense').nodes).toEqual([]);
  });

  it('has flows that are stacked at their nodes and as wide as their volume', () => {
    const layout: Layout = {
      nodes: new Map([
        ['receiver:otlp', { x: 0, y: 0 }],
        ['processor:batch', { x: 300, y: 0 }],
        ['exporter:nop', { x: 300, y: 200 }],
      ]),
      bends: new Map(),
      width: 500,
      height: 300,
    };
    const volume = (one: GraphEdge) => (one.pipeline === 'logs' ? 30 : 10);
    const [logs, metrics] = flows(layout, graph.edges, volume);
    expect(flows(layout, graph.edges, volume)).toHaveLength(2);
    expect(logs?.width).toBeCloseTo(3 * (metrics?.width ?? 0));
    const start = (path = '') => Number(/^M\S+ (\S+?)C/.exec(path)?.[1]);
    expect(logs?.path.startsWith(`M${NODE_WIDTH} `)).toBe(true);
    expect(start(logs?.path)).toBeLessThan(NODE_HEIGHT / 2);
    expect(start(metrics?.path)).toBeGreaterThan(NODE_HEIGHT / 2);
  });

  it('is found in its configuration', () => {
    const yaml = 'receivers:\n  otlp:\n    protocols: {}\nexporters:\n  otlp: {}\n  "kafka/a b":\n    x: 1\n';
    expect(definedAt(yaml, 'receiver', 'otlp')).toBe(2);
    expect(definedAt(yaml, 'exporter', 'otlp')).toBe(5);
    expect(definedAt(yaml, 'exporter', 'kafka/a b')).toBe(6);
    expect(definedAt(yaml, 'exporter', 'x')).toBe(0);
  });
});

describe('drops of live controls', () => {
  it('are meant, and those of a full queue are not', () => {
    for (const reason of ['muted:c1', 'filtered:c2', 'sampled:noisy', 'limited:c3', 'filtered'])
      expect(isMeant(reason)).toBe(true);
    for (const reason of ['queue_full', 'muted', 'other:c1']) expect(isMeant(reason)).toBe(false);
  });
});
