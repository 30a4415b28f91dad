import { describe, expect, it } from 'vitest';
import type { Route } from './api';
import { CARD_HEIGHT, link, treeOf, wayTo } from './tree';

const route = (id: number, routes: Route[] = []): Route => ({
  id,
  where: '',
  receiver: `r${id}`,
  matchers: [],
  groupBy: [],
  groupWaitMillis: 0,
  groupIntervalMillis: 0,
  repeatIntervalMillis: 0,
  continue: false,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
  mutedBy: [],
  routes,
});

describe('the routing tree', () => {
  const tree = treeOf(route(0, [route(1, [route(2), route(3)]), route(4)]));

  it('has its routes apart, parents in the middle of their children', () => {
    const y = (id: number) => tree.places.find((place) => place.route.id === id)?.y ?? Number.NaN;
    expect(y(3) - y(2)).toBeGreaterThan(CARD_HEIGHT);
    expect(y(1)).toBe((y(2) + y(3)) / 2);
    expect(y(0)).toBe((y(1) + y(4)) / 2);
    expect(tree.height).toBeGreaterThan(3 * CARD_HEIGHT);
  });

  it('knows the way to a route', () => {
    expect([...wayTo(tree, 3)]).toEqual([3, 1, 0]);
    const [root, first] = tree.places;
    expect(root && first && link(root, first)).toMatch(/^M236 /);
  });

  it('may be a root alone', () => {
    expect(treeOf(route(0))).toMatchObject({ height: CARD_HEIGHT, places: [{ x: 0, y: 0 }] });
  });
});
