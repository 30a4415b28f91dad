/**
 * The unit of a query's values, read off its syntax tree: a metric's base unit comes from its name
 * (or its metadata), `rate` makes it "per second", a quotient cancels units. What is not understood
 * has no unit: a wrong unit is worse than none.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { UnitId } from './units';

type Base =
  | 'bytes'
  | 'bits'
  | 'seconds'
  | 'ratio'
  | 'percent'
  | 'celsius'
  | 'hertz'
  | 'volts'
  | 'amperes'
  | 'watts'
  | 'joules'
  | 'meters'
  | 'timestamp'
  | 'count'
  | 'unknown';

interface Unit {
  base: Base;
  perSecond: boolean;
  /** What the values were multiplied with since they had the base unit; 1 when absent. */
  factor?: number;
  /** Set for a number literal: scaling by it may change the unit. */
  literal?: number;
}

const UNKNOWN: Unit = { base: 'unknown', perSecond: false };
const COUNT: Unit = { base: 'count', perSecond: false };

const SUFFIXES: [RegExp, Base][] = [
  [
    /_timestamp_seconds$|_(boot|start|last_gc)_time_seconds$|_time_seconds_since_epoch$|^node_time_seconds$/,
    'timestamp',
  ],
  [/_bytes$/, 'bytes'],
  [/_bits$/, 'bits'],
  [/_seconds$/, 'seconds'],
  [/_ratio$/, 'ratio'],
  [/_percent$/, 'percent'],
  [/_celsius$/, 'celsius'],
  [/_hertz$/, 'hertz'],
  [/_volts$/, 'volts'],
  [/_amperes$/, 'amperes'],
  [/_watts$/, 'watts'],
  [/_joules$/, 'joules'],
  [/_meters$/, 'meters'],
];

const UNIT_NAMES: Record<string, Base> = {
  bytes: 'bytes',
  seconds: 'seconds',
  ratio: 'ratio',
  percent: 'percent',
  celsius: 'celsius',
  hertz: 'hertz',
  volts: 'volts',
  amperes: 'amperes',
  watts: 'watts',
  joules: 'joules',
  meters: 'meters',
  bits: 'bits',
};

/** Recorded rules say level:metric:operations; the operations may hold a rate. */
export function unitOfMetric(name: string, declared = ''): Unit {
  const parts = name.split(':');
  const metric = parts.length > 1 ? (parts[1] as string) : name;
  const operations = parts.length > 2 ? (parts[2] as string) : '';
  const perSecond = /(^|_)i?rate\d/.test(operations);
  if (/_count$|_bucket$/.test(metric)) return { base: 'count', perSecond };
  const stem = metric.replace(/_(total|sum)$/, '');
  for (const [pattern, base] of SUFFIXES) if (pattern.test(stem)) return { base, perSecond };
  const fromMetadata = UNIT_NAMES[declared];
  if (fromMetadata) return { base: fromMetadata, perSecond };
  return { base: 'count', perSecond };
}

const PASS = new Set([
  'abs',
  'absent_over_time',
  'avg_over_time',
  'ceil',
  'clamp',
  'clamp_max',
  'clamp_min',
  'delta',
  'double_exponential_smoothing',
  'first_over_time',
  'floor',
  'holt_winters',
  'histogram_avg',
  'histogram_stddev',
  'histogram_sum',
  'idelta',
  'increase',
  'info',
  'label_join',
  'label_replace',
  'last_over_time',
  'mad_over_time',
  'max_over_time',
  'min_over_time',
  'predict_linear',
  'quantile_over_time',
  'round',
  'scalar',
  'sort',
  'sort_by_label',
  'sort_by_label_desc',
  'sort_desc',
  'stddev_over_time',
  'sum_over_time',
  'vector',
]);
const RATES = new Set(['rate', 'irate', 'deriv']);
const MOMENTS = new Set([
  'time',
  'timestamp',
  'ts_of_first_over_time',
  'ts_of_last_over_time',
  'ts_of_max_over_time',
  'ts_of_min_over_time',
]);
const COMPARISONS = new Set(['Eql', 'Neq', 'Gtr', 'Lss', 'Gte', 'Lte']);

function children(node: SyntaxNode): SyntaxNode[] {
  const out: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) out.push(child);
  return out;
}

/** Operands sit directly in their parent; everything else there is syntax. */
const OPERANDS = new Set([
  'AggregateExpr',
  'BinaryExpr',
  'FunctionCall',
  'MatrixSelector',
  'NumberDurationLiteral',
  'OffsetExpr',
  'ParenExpr',
  'StepInvariantExpr',
  'StringLiteral',
  'SubqueryExpr',
  'UnaryExpr',
  'VectorSelector',
]);

const operands = (node: SyntaxNode) => children(node).filter((child) => OPERANDS.has(child.name));

class Inference {
  constructor(
    private readonly text: string,
    private readonly declared: (metric: string) => string,
  ) {}

  of(node: SyntaxNode): Unit {
    switch (node.name) {
      case 'VectorSelector':
        return this.selector(node);
      case 'NumberDurationLiteral':
        return { ...COUNT, literal: Number(this.slice(node)) };
      case 'FunctionCall':
        return this.call(node);
      case 'AggregateExpr':
        return this.aggregate(node);
      case 'BinaryExpr':
        return this.binary(node);
      default: {
        const inner = operands(node)[0];
        return inner ? this.of(inner) : UNKNOWN;
      }
    }
  }

  private slice(node: SyntaxNode): string {
    return this.text.slice(node.from, node.to);
  }

  private selector(node: SyntaxNode): Unit {
    const name = node.getChild('Identifier');
    if (!name) return UNKNOWN;
    const metric = this.slice(name);
    return unitOfMetric(metric, this.declared(metric));
  }

  private call(node: SyntaxNode): Unit {
    const identifier = node.getChild('FunctionIdentifier');
    const body = node.getChild('FunctionCallBody');
    const name = identifier ? this.slice(identifier) : '';
    const args = body ? operands(body) : [];
    if (MOMENTS.has(name)) return { base: 'timestamp', perSecond: false };
    if (name === 'histogram_quantile' || name === 'histogram_quantiles')
      return this.buckets(args.at(-1) ?? node);
    if (name === 'histogram_fraction') return { base: 'ratio', perSecond: false };
    if (name === 'histogram_count' || name === 'count_over_time' || name === 'changes' || name === 'resets') {
      const inner = args[0] ? this.of(args[0]) : UNKNOWN;
      return { base: 'count', perSecond: name === 'histogram_count' && inner.perSecond };
    }
    if (RATES.has(name)) {
      const inner = args[0] ? this.of(args[0]) : UNKNOWN;
      if (inner.base === 'unknown' || inner.base === 'timestamp') return UNKNOWN;
      // Seconds gained a second: a share of time, as in rate(node_cpu_seconds_total).
      if (inner.base === 'seconds' && !inner.perSecond) return { base: 'seconds', perSecond: true };
      return { base: inner.base, perSecond: true };
    }
    if (PASS.has(name)) {
      const vector =
        args.find((arg) => arg.name !== 'NumberDurationLiteral' && arg.name !== 'StringLiteral') ?? args[0];
      return vector ? this.of(vector) : UNKNOWN;
    }
    return UNKNOWN;
  }

  /** The observed unit below _bucket (or of a native histogram), whatever rates lie between. */
  buckets(node: SyntaxNode): Unit {
    let found: Unit = UNKNOWN;
    const visit = (at: SyntaxNode) => {
      if (found.base !== 'unknown') return;
      if (at.name === 'VectorSelector') {
        const name = at.getChild('Identifier');
        if (!name) return;
        const metric = this.slice(name);
        found = { ...unitOfMetric(metric.replace(/_bucket$/, ''), this.declared(metric)), perSecond: false };
        return;
      }
      for (const child of children(at)) visit(child);
    };
    visit(node);
    return found;
  }

  private aggregate(node: SyntaxNode): Unit {
    const operator = node.getChild('AggregateOp');
    const body = node.getChild('FunctionCallBody');
    const op = operator ? this.slice(operator).toLowerCase() : '';
    const inner = body ? operands(body).at(-1) : undefined;
    if (op === 'count' || op === 'count_values' || op === 'group') return COUNT;
    if (op === 'stdvar' || !inner) return UNKNOWN;
    return { ...this.of(inner), literal: undefined };
  }

  private binary(node: SyntaxNode): Unit {
    const [left, right] = operands(node);
    if (!left || !right) return UNKNOWN;
    const a = this.of(left);
    const b = this.of(right);
    const operator =
      children(node).find((child) => child.from >= left.to && !OPERANDS.has(child.name))?.name ?? '';
    if (COMPARISONS.has(operator))
      return node.getChild('BoolModifier') ? COUNT : a.literal === undefined ? a : b;
    switch (operator) {
      case 'And':
      case 'Unless':
        return a;
      case 'Or':
        return a.base === b.base ? a : a.base === 'unknown' ? b : a;
      case 'Add':
      case 'Sub':
        if (a.base === 'timestamp' && b.base === 'timestamp' && operator === 'Sub')
          return { base: 'seconds', perSecond: false };
        if (a.literal !== undefined) return { ...b, literal: undefined };
        if (b.literal !== undefined) return { ...a, literal: undefined };
        return a.base === b.base && a.perSecond === b.perSecond && factorOf(a) === factorOf(b) ? a : UNKNOWN;
      case 'Mul':
        if (a.literal !== undefined) return this.scale(b, a.literal);
        if (b.literal !== undefined) return this.scale(a, b.literal);
        if (isRatio(a)) return this.scale(b, factorOf(a));
        if (isRatio(b)) return this.scale(a, factorOf(b));
        return UNKNOWN;
      case 'Div':
        if (b.literal !== undefined) return this.scale(a, 1 / b.literal);
        return quotient(a, b);
      case 'Mod':
        return a;
      default:
        return UNKNOWN;
    }
  }

  private scale(unit: Unit, by: number): Unit {
    // A count is a count, whatever it is multiplied with.
    if (unit.base === 'count') return { ...unit, literal: undefined };
    return { ...unit, literal: undefined, factor: factorOf(unit) * by };
  }
}

const factorOf = (unit: Unit) => unit.factor ?? 1;

function isRatio(unit: Unit): boolean {
  return (unit.base === 'ratio' && !unit.perSecond) || (unit.base === 'seconds' && unit.perSecond);
}

function quotient(a: Unit, b: Unit): Unit {
  if (a.base === 'unknown' || b.base === 'unknown') return UNKNOWN;
  const factor = factorOf(a) / factorOf(b);
  // Plain counts of different things (load / cores) are not shares of each other; rates of events mostly are.
  if (a.base === 'count' && b.base === 'count' && !a.perSecond && !b.perSecond) return COUNT;
  if (a.base === b.base && a.perSecond === b.perSecond) return { base: 'ratio', perSecond: false, factor };
  if (b.base === 'count') return { base: a.base, perSecond: a.perSecond && !b.perSecond, factor };
  if (b.base === 'seconds' && !b.perSecond && !a.perSecond) return { base: a.base, perSecond: true, factor };
  return UNKNOWN;
}

const near = (a: number, b: number) => Math.abs(a - b) < 1e-9 * b;

function toId(unit: Unit): UnitId {
  const factor = factorOf(unit);
  if (isRatio(unit)) return near(factor, 1) ? 'ratio' : near(factor, 100) ? 'percent' : 'none';
  if (unit.base === 'percent' && near(factor, 0.01)) return 'ratio';
  const inBits = unit.base === 'bytes' && near(factor, 8);
  if (!inBits && !near(factor, 1)) return 'none';
  const base = inBits ? 'bits' : unit.base;
  if (!unit.perSecond) return base === 'count' || base === 'unknown' ? 'none' : base;
  if (base === 'bytes') return 'bytes/s';
  if (base === 'bits') return 'bits/s';
  if (base === 'count') return 'per second';
  if (base === 'joules') return 'watts';
  return 'none';
}

/** The unit of what a histogram query observed: that of its buckets' bounds. */
export function inferBucketUnit(query: string, declared: (metric: string) => string = () => ''): UnitId {
  const top = parser.parse(query).topNode.firstChild;
  return top ? toId(new Inference(query, declared).buckets(top)) : 'none';
}

/** `declared` tells the UNIT a metric's metadata gives, '' when none. */
export function inferUnit(query: string, declared: (metric: string) => string = () => ''): UnitId {
  const top = parser.parse(query).topNode.firstChild;
  return top ? toId(new Inference(query, declared).of(top)) : 'none';
}
