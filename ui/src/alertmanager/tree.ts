/** Where the routes of a tree stand in its picture: parents on the left, in the middle of their children. */
import type { Route } from './api';

export const CARD_WIDTH = 236;
export const CARD_HEIGHT = 84;
const GAP_X = 56;
const GAP_Y = 16;

export interface Place {
  route: Route;
  x: number;
  y: number;
  parent: number | null;
}

export interface Tree {
  places: Place[];
  width: number;
  height: number;
}

export function treeOf(root: Route): Tree {
  const places: Place[] = [];
  let leaves = 0;
  let deepest = 0;
  const put = (route: Route, depth: number, parent: number | null): number => {
    deepest = Math.max(deepest, depth);
    const place: Place = { route, x: depth * (CARD_WIDTH + GAP_X), y: 0, parent };
    places.push(place);
    const below = route.routes.map((child) => put(child, depth + 1, route.id));
    place.y =
      below.length === 0
        ? leaves++ * (CARD_HEIGHT + GAP_Y)
        : ((below[0] as number) + (below.at(-1) as number)) / 2;
    return place.y;
  };
  put(root, 0, null);
  return {
    places,
    width: (deepest + 1) * (CARD_WIDTH + GAP_X) - GAP_X,
    height: Math.max(1, leaves) * (CARD_HEIGHT + GAP_Y) - GAP_Y,
  };
}

/** A level curve from one card to another. */
export function link(from: Place, to: Place): string {
  const x1 = from.x + CARD_WIDTH;
  const y1 = from.y + CARD_HEIGHT / 2;
  const x2 = to.x;
  const y2 = to.y + CARD_HEIGHT / 2;
  const half = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + half} ${y1} ${x2 - half} ${y2} ${x2} ${y2}`;
}

/** The routes above a route, itself included. */
export function wayTo(tree: Tree, id: number): Set<number> {
  const parents = new Map(tree.places.map((place) => [place.route.id, place.parent]));
  const out = new Set<number>();
  for (let at: number | null | undefined = id; at !== null && at !== undefined; at = parents.get(at))
    out.add(at);
  return out;
}
