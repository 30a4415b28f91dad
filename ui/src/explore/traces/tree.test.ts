import { describe, expect, it } from 'vitest';
import { criticalPath, pathShares, segmentsByNode } from './critical-path';
import { diffCounts, diffTraces } from './diff';
import { type Shape, trace } from './fixtures';
import { collapseBelow, revealed, searchNodes, ticks, visibleRows } from './rows';
import { flatten, structureOf } from './structure';
import { buildTree, correctedStarts, rootOf } from './tree';

const NONE: ReadonlySet<never> = new Set();
const outline = (...shapes: Shape[]) =>
  buildTree(trace(...shapes)).nodes.map((n) => `${'.'.repeat(n.depth)}${n.span.name}`);

describe('tree', () => {
  it('is in depth-first order, siblings by start', () => {
    expect(
      outline(
        { id: 'c', parentId: 'a', at: 5 },
        { id: 'a', lasts: 100 },
        { id: 'd', parentId: 'b', at: 2 },
        { id: 'b', parentId: 'a', at: 1 },
      ),
    ).toEqual(['a', '.b', '..d', '.c']);
  });

  it('keeps spans without parent at the top', () => {
    const tree = buildTree(
      trace({ id: 'a' }, { id: 'b', parentId: 'gone', at: 1 }, { id: 'c', parentId: 'b', at: 2 }),
    );
    expect(tree.nodes.map((n) => n.depth)).toEqual([0, 0, 1]);
    expect(tree.counts.missingParents).toBe(1);
    expect(rootOf(tree)?.span.name).toBe('a');
  });

  it('takes the first span where every parent is missing', () => {
    const tree = buildTree(trace({ id: 'a', parentId: 'x', at: 3 }, { id: 'b', parentId: 'y', at: 1 }));
    expect(rootOf(tree)?.span.name).toBe('b');
  });

  it('cuts cycles at their earliest span', () => {
    const tree = buildTree(
      trace(
        { id: 'a', parentId: 'c', at: 1 },
        { id: 'b', parentId: 'a', at: 2 },
        { id: 'c', parentId: 'b', at: 3 },
        { id: 'd', parentId: 'b', at: 4 },
      ),
    );
    expect(tree.nodes.map((n) => `${n.depth}${n.span.name}`)).toEqual(['0a', '1b', '2c', '2d']);
    expect(tree.counts.cycles).toBe(1);
    expect(tree.nodes[0]).toMatchObject({ cycle: true, missingParent: false });
  });

  it('holds a span that is its own parent', () => {
    const tree = buildTree(trace({ id: 'a', parentId: 'a' }));
    expect(tree.nodes).toHaveLength(1);
    expect(tree.roots).toEqual([0]);
  });

  it('holds duplicates, and counts the halves of a shared span as none', () => {
    const twice = buildTree(trace({ id: 'a' }, { id: 'b', parentId: 'a' }, { id: 'b', parentId: 'a' }));
    expect(twice.nodes).toHaveLength(3);
    expect(twice.counts.duplicates).toBe(2);
    const shared = buildTree(
      trace(
        { id: 'a', service: 'web', lasts: 50 },
        { id: 'b', name: 'server', parentId: 'a', kind: 'server', service: 'api', at: 2 },
        { id: 'b', name: 'client', parentId: 'a', kind: 'client', service: 'web', at: 1 },
        { id: 'c', parentId: 'b', service: 'api', at: 3 },
      ),
    );
    expect(shared.nodes.map((n) => `${n.depth}${n.span.name}`)).toEqual(['0a', '1client', '2server', '3c']);
    expect(shared.counts.duplicates).toBe(0);
  });

  it('does not grow with the square of equal ids', () => {
    const many = Array.from({ length: 5_000 }, (): Shape => ({ id: 'x', parentId: 'x' }));
    const tree = buildTree(trace(...many));
    expect(tree.nodes).toHaveLength(5_000);
  });

  it('is built of a chain of 20,000 spans', () => {
    const chain = Array.from(
      { length: 20_000 },
      (_, i): Shape => ({
        id: `s${i}`,
        parentId: i === 0 ? '' : `s${i - 1}`,
        at: i / 1000,
        lasts: 1000 - i / 1000,
      }),
    );
    const tree = buildTree(trace(...chain));
    expect(tree.maxDepth).toBe(19_999);
    expect(tree.nodes[0]?.size).toBe(20_000);
    expect(criticalPath(tree).length).toBeGreaterThan(0);
    expect(visibleRows(tree, collapseBelow(tree, 1), NONE)).toHaveLength(2);
  });

  it('counts errors below a node', () => {
    const tree = buildTree(
      trace(
        { id: 'a' },
        { id: 'b', parentId: 'a', status: 'error' },
        { id: 'c', parentId: 'b', status: 'error' },
      ),
    );
    expect(tree.nodes.map((n) => n.errorsBelow)).toEqual([2, 1, 0]);
    expect(tree.counts.errors).toBe(2);
  });
});

describe('self time', () => {
  const self = (...shapes: Shape[]) => buildTree(trace(...shapes)).nodes.map((n) => n.self / 1e6);

  it('leaves out the union of the children', () => {
    expect(
      self(
        { id: 'a', lasts: 100 },
        { id: 'b', parentId: 'a', at: 10, lasts: 30 },
        { id: 'c', parentId: 'a', at: 20, lasts: 30 },
      ),
    ).toEqual([60, 30, 30]);
  });

  it('cuts children at the borders of the parent', () => {
    expect(
      self(
        { id: 'a', at: 10, lasts: 10 },
        { id: 'b', parentId: 'a', at: 0, lasts: 15 },
        { id: 'c', parentId: 'a', at: 18, lasts: 100 },
      ),
    ).toEqual([3, 15, 100]);
  });
});

describe('clock skew', () => {
  const skewed: Shape[] = [
    { id: 'a', at: 100, lasts: 50 },
    { id: 'b', parentId: 'a', service: 'api', at: 20, lasts: 30 },
    { id: 'c', parentId: 'b', service: 'api', at: 25, lasts: 5 },
  ];

  it('is found where another process starts before its caller', () => {
    const tree = buildTree(trace(...skewed));
    expect(tree.counts.skewed).toBe(1);
    expect(buildTree(trace({ id: 'a', at: 5 }, { id: 'b', parentId: 'a', at: 1 })).counts.skewed).toBe(0);
  });

  it('is corrected by moving the process into its caller', () => {
    const tree = buildTree(trace(...skewed));
    const starts = [...correctedStarts(tree)].map((ns) => ns / 1e6 + 20);
    expect(starts).toEqual([100, 110, 115]);
  });

  it('moves a longer child to the start of its parent', () => {
    const tree = buildTree(
      trace({ id: 'a', at: 100, lasts: 10 }, { id: 'b', parentId: 'a', service: 'api', at: 0, lasts: 30 }),
    );
    expect([...correctedStarts(tree)].map((ns) => ns / 1e6)).toEqual([100, 100]);
  });

  it('leaves what is right', () => {
    const tree = buildTree(
      trace({ id: 'a', lasts: 10 }, { id: 'b', parentId: 'a', service: 'api', at: 2, lasts: 3 }),
    );
    expect([...correctedStarts(tree)].map((ns) => ns / 1e6)).toEqual([0, 2]);
  });
});

describe('critical path', () => {
  const path = (...shapes: Shape[]) => {
    const tree = buildTree(trace(...shapes));
    return criticalPath(tree).map((s) => `${tree.nodes[s.node]?.span.name} ${s.from / 1e6}-${s.to / 1e6}`);
  };

  it('goes through the child that finished last', () => {
    expect(
      path(
        { id: 'a', lasts: 100 },
        { id: 'b', parentId: 'a', at: 10, lasts: 30 },
        { id: 'c', parentId: 'a', at: 50, lasts: 40 },
        { id: 'd', parentId: 'c', at: 60, lasts: 10 },
      ),
    ).toEqual(['a 0-10', 'b 10-40', 'a 40-50', 'c 50-60', 'd 60-70', 'c 70-90', 'a 90-100']);
  });

  it('leaves out a sibling that ran at the same time', () => {
    expect(
      path(
        { id: 'a', lasts: 13 },
        { id: 'b', parentId: 'a', at: 0, lasts: 10 },
        { id: 'c', parentId: 'a', at: 5, lasts: 7 },
      ),
    ).toEqual(['a 0-5', 'c 5-12', 'a 12-13']);
  });

  it('counts a child that outlives its parent up to its end', () => {
    expect(path({ id: 'a', lasts: 10 }, { id: 'b', parentId: 'a', at: 4, lasts: 100 })).toEqual([
      'a 0-4',
      'b 4-10',
    ]);
  });

  it('leaves out a child outside of its parent', () => {
    expect(path({ id: 'a', lasts: 10 }, { id: 'b', parentId: 'a', at: 50, lasts: 5 })).toEqual(['a 0-10']);
  });

  it('covers the root without gap or overlap', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    for (let round = 0; round < 200; round++) {
      const shapes: Shape[] = [{ id: 's0', at: 50, lasts: 100 }];
      for (let i = 1; i < 30; i++)
        shapes.push({
          id: `s${i}`,
          parentId: `s${Math.floor(random() * i)}`,
          at: Math.floor(random() * 180),
          lasts: Math.floor(random() * 90),
        });
      const tree = buildTree(trace(...shapes));
      const root = rootOf(tree);
      const segments = criticalPath(tree);
      let at = root?.span.start ?? 0;
      for (const s of segments) {
        expect(s.from).toBe(at);
        at = s.to;
      }
      expect(at).toBe((root?.span.start ?? 0) + (root?.span.duration ?? 0));
    }
  });

  it('is summed by operation', () => {
    const tree = buildTree(
      trace(
        { id: 'a', lasts: 100 },
        { id: 'b', name: 'query', parentId: 'a', at: 0, lasts: 30 },
        { id: 'c', name: 'query', parentId: 'a', at: 40, lasts: 40 },
      ),
    );
    const segments = criticalPath(tree);
    expect(pathShares(tree, segments).map((s) => [s.name, s.time / 1e6, s.count])).toEqual([
      ['query', 70, 2],
      ['a', 30, 1],
    ]);
    expect(segmentsByNode(segments).get(0)).toHaveLength(2);
  });
});

describe('rows', () => {
  const tree = buildTree(
    trace(
      { id: 'a', service: 'web', lasts: 100 },
      { id: 'b', service: 'web', parentId: 'a', at: 1, lasts: 90 },
      {
        id: 'c',
        service: 'api',
        parentId: 'b',
        at: 2,
        lasts: 80,
        attributes: [{ key: 'http.route', value: '/cart' }],
      },
      { id: 'd', service: 'db', parentId: 'c', at: 3, lasts: 70, status: 'error', statusMessage: 'deadlock' },
      { id: 'e', service: 'web', parentId: 'a', at: 95, lasts: 1 },
    ),
  );
  const names = (rows: ReturnType<typeof visibleRows>) =>
    rows.map((r) => `${'.'.repeat(r.depth)}${r.node.span.name}${r.hidden ? `+${r.hidden}` : ''}`);

  it('hide the subtree of a collapsed node', () => {
    expect(names(visibleRows(tree, NONE, NONE))).toEqual(['a', '.b', '..c', '...d', '.e']);
    expect(names(visibleRows(tree, new Set([1]), NONE))).toEqual(['a', '.b+2', '.e']);
  });

  it('fold a collapsed service into its entry, and lift what is below', () => {
    expect(names(visibleRows(tree, NONE, new Set(['web'])))).toEqual(['a+2', '.c', '..d']);
    expect(names(visibleRows(tree, NONE, new Set(['db'])))).toHaveLength(5);
  });

  it('are revealed', () => {
    expect(names(visibleRows(tree, revealed(tree, new Set([0, 1, 2]), 3), NONE))).toContain('...d');
  });

  it('are found by text, attribute and error', () => {
    expect(searchNodes(tree, 'CART')).toEqual([2]);
    expect(searchNodes(tree, 'http.route=/ca')).toEqual([2]);
    expect(searchNodes(tree, 'service.name = web')).toEqual([0, 1, 4]);
    expect(searchNodes(tree, 'error')).toEqual([3]);
    expect(searchNodes(tree, 'deadlock')).toEqual([3]);
    expect(searchNodes(tree, ' ')).toEqual([]);
  });

  it('stand over round times', () => {
    expect(ticks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(5, 5, 5)).toEqual([5]);
  });
});

describe('structure', () => {
  const one = trace(
    { id: 'a', name: 'GET', lasts: 10 },
    { id: 'b', name: 'query', service: 'db', parentId: 'a', at: 1, lasts: 2 },
    { id: 'c', name: 'query', service: 'db', parentId: 'a', at: 4, lasts: 4, status: 'error' },
  );
  const two = trace(
    { id: 'a', name: 'GET', lasts: 30 },
    { id: 'b', name: 'send', service: 'mail', parentId: 'a', at: 1, lasts: 5 },
  );

  it('adds up equal paths', () => {
    const { roots, traces, spans } = structureOf([one, two]);
    expect([traces, spans, roots.length]).toEqual([2, 5, 1]);
    expect(roots[0]).toMatchObject({
      name: 'GET',
      spans: 2,
      traces: 2,
      errors: 0,
      total: 40e6,
      longest: 30e6,
    });
    expect(roots[0]?.children.map((c) => [c.name, c.spans, c.traces, c.errors, c.self])).toEqual([
      ['query', 2, 1, 1, 6e6],
      ['send', 1, 1, 0, 5e6],
    ]);
    expect(flatten(roots, new Set()).map((n) => n.name)).toEqual(['GET', 'query', 'send']);
    expect(flatten(roots, new Set([roots[0]?.key ?? '']))).toHaveLength(1);
  });

  it('is bounded', () => {
    const many = Array.from({ length: 50 }, (_, i): Shape => ({ id: `s${i}`, parentId: i ? 's0' : '' }));
    const { left } = structureOf([trace(...many)], 10);
    expect(left).toBe(40);
  });
});

describe('difference', () => {
  const a = trace(
    { id: 'a', name: 'GET', lasts: 100 },
    { id: 'b', name: 'query', service: 'db', parentId: 'a', at: 1, lasts: 20 },
    { id: 'c', name: 'cache', parentId: 'a', at: 30, lasts: 5 },
  );
  const b = trace(
    { id: 'x', name: 'GET', lasts: 180 },
    { id: 'y', name: 'query', service: 'db', parentId: 'x', at: 1, lasts: 120 },
    { id: 'z', name: 'retry', parentId: 'x', at: 130, lasts: 5 },
  );

  it('matches spans by their path', () => {
    const kinds = Object.fromEntries(flatten(diffTraces(a, b), new Set()).map((n) => [n.name, n.kind]));
    expect(kinds).toEqual({ GET: 'slower', query: 'slower', cache: 'removed', retry: 'added' });
    expect(diffCounts(diffTraces(b, a))).toMatchObject({ faster: 2, added: 1, removed: 1 });
  });

  it('matches the only root of each, whatever its name', () => {
    const [root] = diffTraces(a, trace({ id: 'q', name: 'POST', lasts: 100 }));
    expect(root).toMatchObject({ name: 'GET → POST', kind: 'same' });
    expect(root?.children.map((n) => n.kind)).toEqual(['removed', 'removed']);
  });

  it('is nothing between equal traces', () => {
    expect(diffCounts(diffTraces(a, a))).toMatchObject({ same: 3, slower: 0, added: 0 });
  });

  it('shows counts and errors that changed', () => {
    const c = trace(
      { id: 'a', name: 'GET', lasts: 100 },
      { id: 'b', name: 'query', service: 'db', parentId: 'a', at: 1, lasts: 20, status: 'error' },
      { id: 'c', name: 'cache', parentId: 'a', at: 30, lasts: 5 },
    );
    expect(diffCounts(diffTraces(a, c))).toMatchObject({ same: 2, changed: 1 });
  });
});
