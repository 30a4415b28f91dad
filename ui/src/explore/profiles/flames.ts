/** Trees of stacks: decoding of Pyroscope's flame graphs, inversion, callers and callees, layout. */

/** Tree in breadth-first order; children of a node are adjacent. Node 0 is the root. */
export interface Flames {
  names: string[];
  /** Index into `names`. */
  name: Int32Array;
  parent: Int32Array;
  depth: Int32Array;
  first: Int32Array;
  count: Int32Array;
  total: Float64Array;
  self: Float64Array;
  /** Values of the baseline, when two selections are compared. */
  base: { total: Float64Array; self: Float64Array } | null;
}

/** Answer of SelectMergeStacktraces and Diff; numbers of 64 bits are strings. */
export interface WireFlames {
  names?: string[];
  levels?: { values?: (string | number)[] }[];
}

interface Draft {
  name: number;
  children: Map<number, Draft>;
  total: number;
  self: number;
  baseTotal: number;
  baseSelf: number;
}

const draft = (name: number): Draft => ({
  name,
  children: new Map(),
  total: 0,
  self: 0,
  baseTotal: 0,
  baseSelf: 0,
});

function childOf(parent: Draft, name: number): Draft {
  let child = parent.children.get(name);
  if (!child) {
    child = draft(name);
    parent.children.set(name, child);
  }
  return child;
}

function freeze(root: Draft, names: string[], compared: boolean): Flames {
  const order: Draft[] = [root];
  const parent: number[] = [-1];
  const depth: number[] = [0];
  const first: number[] = [];
  for (let i = 0; i < order.length; i++) {
    const node = order[i] as Draft;
    first.push(order.length);
    const children = [...node.children.values()].sort((a, b) =>
      (names[a.name] as string) < (names[b.name] as string) ? -1 : 1,
    );
    for (const child of children) {
      order.push(child);
      parent.push(i);
      depth.push((depth[i] as number) + 1);
    }
  }
  return {
    names,
    name: Int32Array.from(order, (n) => n.name),
    parent: Int32Array.from(parent),
    depth: Int32Array.from(depth),
    first: Int32Array.from(first),
    count: Int32Array.from(order, (n) => n.children.size),
    total: Float64Array.from(order, (n) => n.total),
    self: Float64Array.from(order, (n) => n.self),
    base: compared
      ? {
          total: Float64Array.from(order, (n) => n.baseTotal),
          self: Float64Array.from(order, (n) => n.baseSelf),
        }
      : null,
  };
}

/**
 * Reads levels. A node has distance, total and self, or these of the baseline and of the compared profile,
 * then the index of its name. Distances start at the end of the node before.
 */
export function decodeFlames(wire: WireFlames, compared = false): Flames {
  const names = wire.names ?? [];
  const width = compared ? 7 : 4;
  const root = draft(0);
  let above: { node: Draft; from: number; to: number }[] = [];
  (wire.levels ?? []).forEach((level, depth) => {
    const values = (level.values ?? []).map(Number);
    const here: typeof above = [];
    let end = 0;
    let at = 0;
    for (let i = 0; i + width <= values.length; i += width) {
      const v = (k: number) => values[i + k] as number;
      const from = end + v(0) + (compared ? v(3) : 0);
      const to = from + v(1) + (compared ? v(4) : 0);
      end = to;
      while (at + 1 < above.length && (above[at] as { to: number }).to <= from) at++;
      const node = depth === 0 ? root : childOf((above[at] as { node: Draft }).node, v(width - 1));
      node.name = v(width - 1);
      node.total += compared ? v(4) : v(1);
      node.self += compared ? v(5) : v(2);
      node.baseTotal += compared ? v(1) : 0;
      node.baseSelf += compared ? v(2) : 0;
      here.push({ node, from, to });
    }
    above = here;
  });
  return freeze(root, names.length > 0 ? names : ['total'], compared);
}

/** Adds the values of a stack to a draft. */
function add(to: Draft, flames: Flames, node: number, values: 'total' | 'self', end: boolean): void {
  const value = flames[values][node] as number;
  const base = flames.base ? (flames.base[values][node] as number) : 0;
  to.total += value;
  to.baseTotal += base;
  if (end) {
    to.self += value;
    to.baseSelf += base;
  }
}

/** The path from a node to its root's child, added below the root of a draft; the node is on top. */
function addUpwards(root: Draft, flames: Flames, node: number, values: 'total' | 'self'): void {
  let at = root;
  add(at, flames, node, values, false);
  for (let n = node; n > 0; n = flames.parent[n] as number) {
    at = childOf(at, flames.name[n] as number);
    add(at, flames, node, values, (flames.parent[n] as number) <= 0);
  }
}

/** Tree of callers: functions by their own value on top, below each the functions that called it. */
export function invert(flames: Flames): Flames {
  const root = draft(flames.name[0] ?? 0);
  for (let i = 1; i < flames.name.length; i++) {
    if (flames.self[i] !== 0 || (flames.base && flames.base.self[i] !== 0))
      addUpwards(root, flames, i, 'self');
  }
  return freeze(root, flames.names, flames.base !== null);
}

/** Marks nodes below a node with the same name: their values are within those of the outer node. */
export function recursive(flames: Flames): Uint8Array {
  const out = new Uint8Array(flames.name.length);
  const open = new Map<number, number>();
  // Depth first with an explicit stack: ~node closes a node.
  const stack = [0];
  while (stack.length > 0) {
    const n = stack.pop() as number;
    const name = flames.name[n < 0 ? ~n : n] as number;
    if (n < 0) {
      open.set(name, (open.get(name) as number) - 1);
      continue;
    }
    const outer = open.get(name) ?? 0;
    if (outer > 0) out[n] = 1;
    open.set(name, outer + 1);
    stack.push(~n);
    const first = flames.first[n] as number;
    for (let i = 0; i < (flames.count[n] as number); i++) stack.push(first + i);
  }
  return out;
}

/** Callers and callees of a function. Both trees have the function as the only child of the root. */
export function sandwich(flames: Flames, fn: string): { callers: Flames; callees: Flames } {
  const callers = draft(flames.name[0] ?? 0);
  const callees = draft(flames.name[0] ?? 0);
  const inner = recursive(flames);
  const compared = flames.base !== null;
  for (let i = 1; i < flames.name.length; i++) {
    if (inner[i] || flames.names[flames.name[i] as number] !== fn) continue;
    addUpwards(callers, flames, i, 'total');
    add(callees, flames, i, 'total', false);
    const pairs: [number, Draft][] = [[i, callees]];
    while (pairs.length > 0) {
      const [node, into] = pairs.pop() as [number, Draft];
      const here = childOf(into, flames.name[node] as number);
      here.total += flames.total[node] as number;
      here.self += flames.self[node] as number;
      here.baseTotal += flames.base?.total[node] ?? 0;
      here.baseSelf += flames.base?.self[node] ?? 0;
      const first = flames.first[node] as number;
      for (let k = 0; k < (flames.count[node] as number); k++) pairs.push([first + k, here]);
    }
  }
  return {
    callers: freeze(callers, flames.names, compared),
    callees: freeze(callees, flames.names, compared),
  };
}

export interface FunctionRow {
  name: string;
  total: number;
  self: number;
  baseTotal: number;
  baseSelf: number;
}

/** Values by function; a recursive function counts once a stack. */
export function functionsOf(flames: Flames): FunctionRow[] {
  const inner = recursive(flames);
  const rows = new Map<string, FunctionRow>();
  for (let i = 1; i < flames.name.length; i++) {
    const name = flames.names[flames.name[i] as number] as string;
    let row = rows.get(name);
    if (!row) {
      row = { name, total: 0, self: 0, baseTotal: 0, baseSelf: 0 };
      rows.set(name, row);
    }
    row.self += flames.self[i] as number;
    row.baseSelf += flames.base?.self[i] ?? 0;
    if (inner[i]) continue;
    row.total += flames.total[i] as number;
    row.baseTotal += flames.base?.total[i] ?? 0;
  }
  return [...rows.values()];
}

/** Share of the compared profile minus share of the baseline, -1 to 1. */
export const change = (value: number, whole: number, base: number, baseWhole: number): number =>
  (whole > 0 ? value / whole : 0) - (baseWhole > 0 ? base / baseWhole : 0);

/** Width of each node as a share of the root. Of compared profiles both have the same weight. */
export function widthsOf(flames: Flames): Float64Array {
  const whole = flames.total[0] || 0;
  const baseWhole = flames.base?.total[0] || 0;
  const sides = (whole > 0 ? 1 : 0) + (baseWhole > 0 ? 1 : 0) || 1;
  return Float64Array.from(flames.total, (total, i) => {
    const own = whole > 0 ? total / whole : 0;
    const base = baseWhole > 0 ? (flames.base?.total[i] as number) / baseWhole : 0;
    return (own + base) / sides;
  });
}

/** Left edge of each node as a share of the root: children are at the left of their parent. */
export function leftsOf(flames: Flames, widths: Float64Array): Float64Array {
  const out = new Float64Array(flames.name.length);
  for (let n = 0; n < out.length; n++) {
    let x = out[n] as number;
    const first = flames.first[n] as number;
    for (let i = first; i < first + (flames.count[n] as number); i++) {
      out[i] = x;
      x += widths[i] as number;
    }
  }
  return out;
}

/** Address of a node: a hash of the names of its path, so that it survives a refresh. */
export function pathHash(flames: Flames, node: number): string {
  const path: string[] = [];
  for (let n = node; n > 0; n = flames.parent[n] as number)
    path.push(flames.names[flames.name[n] as number] as string);
  return hash(path.reverse());
}

/** FNV-1a with two seeds: 64 bits, in base 36. */
function hash(path: string[]): string {
  const text = path.join('\n');
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b ^ c, 0x85ebca6b);
  }
  return `${(a >>> 0).toString(36)}-${(b >>> 0).toString(36)}`;
}

/** Node of an address, 0 if there is none. */
export function nodeOf(flames: Flames, address: string): number {
  if (address === '') return 0;
  for (let i = 1; i < flames.name.length; i++) if (pathHash(flames, i) === address) return i;
  return 0;
}

/** Package of a function: of Java, Go, C++, Rust, Python; else the text before the last separator. */
export function packageOf(name: string): string {
  // Go's receivers stay out; template arguments are within the path of C++ and Rust.
  const plain = name.replace(/<[^<>]*>/g, '').replace(/[(<[{].*$/s, '');
  const colons = plain.lastIndexOf('::');
  if (colons > 0) return plain.slice(0, colons);
  const slash = plain.lastIndexOf('/');
  const dot = plain.indexOf('.', slash + 1);
  const last = plain.lastIndexOf('.');
  // Go has the package up to the first dot after the slash; Java names have dots only, or slashes before the class.
  if (slash >= 0)
    return /^[A-Z]/.test(plain.slice(slash + 1))
      ? plain.slice(0, slash)
      : plain.slice(0, dot < 0 ? slash : dot);
  if (last <= 0) return '';
  const type = /^(.*?)\.[A-Z]/.exec(plain);
  return type ? (type[1] as string) : plain.slice(0, last);
}
