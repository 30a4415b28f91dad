/** Single values, gauges and bars: one value of each series. */
import { useTheme } from '../app/theme';
import { lineColor, optionsOf, type Shown, show, titleOf } from './display';
import { type Cell, type Field, type Frame, reduce } from './frames';
import { at, object, text } from './json';
import type { FieldOptions, Panel } from './model';
import { ScrollBox } from './scroll-box';
import { pattern } from './transform';

const MAX_VALUES = 100;

interface One {
  key: string;
  name: string;
  shown: Shown;
  options: FieldOptions;
  /** For the line below the value. */
  values: Cell[];
  min: number;
  max: number;
  series: string;
}

/** One value of each column, or of each row where the panel shows all values. */
function valuesOf(frames: Frame[], panel: Panel, theme: 'light' | 'dark'): One[] {
  const fields = text(at(panel.options, 'reduceOptions.fields'));
  const rows = at(panel.options, 'reduceOptions.values') === true || panel.type === 'barchart';
  const wanted = (f: Field) =>
    fields === ''
      ? f.kind === 'number'
      : (pattern(fields)?.test(f.title ?? f.name) ?? true) && (f.kind !== 'time' || fields.includes('Time'));
  const prefix = text(object(at(panel.raw, 'fieldConfig.defaults')).prefix);
  const postfix = text(object(at(panel.raw, 'fieldConfig.defaults')).postfix);
  const out: One[] = [];
  for (const frame of frames) {
    const label = frame.fields.find((f) => f.kind === 'string');
    for (const field of frame.fields.filter(wanted)) {
      const options = optionsOf(panel, field, frame.refId);
      const add = (name: string, value: Cell, values: Cell[]) => {
        const shown = show(value, options, theme);
        if (value !== null) shown.text = `${prefix}${shown.text}${postfix}`;
        out.push({
          key: `${out.length} ${name}`,
          name,
          shown,
          options,
          values,
          min: 0,
          max: 0,
          series: lineColor(options, out.length, theme),
        });
      };
      if (rows && label && frame.fields.length > 1)
        field.values.forEach((v, i) => {
          add(String(label.values[i] ?? ''), v, []);
        });
      else if (rows && field.values.length > 1 && label === undefined)
        for (const v of field.values) add(titleOf(field, options), v, []);
      else add(titleOf(field, options), reduce(field.values, panel.calcs[0] ?? 'lastNotNull'), field.values);
    }
  }
  const numbers = out.flatMap((o) => (typeof o.shown.value === 'number' ? [o.shown.value] : []));
  const low = Math.min(0, ...numbers);
  const high = Math.max(0, ...numbers);
  for (const o of out) {
    o.min = o.options.min ?? low;
    o.max =
      o.options.max ?? (o.options.unit === 'percentunit' ? 1 : o.options.unit === 'percent' ? 100 : high);
  }
  return out;
}

const share = (o: One): number =>
  typeof o.shown.value !== 'number' || o.max <= o.min
    ? 0
    : Math.min(1, Math.max(0, (o.shown.value - o.min) / (o.max - o.min)));

function Sparkline({ values, color }: { values: Cell[]; color: string }) {
  const numbers = values.map((v) => (typeof v === 'number' ? v : null));
  const known = numbers.filter((v) => v !== null);
  if (known.length < 2) return null;
  const min = known.reduce((a, b) => Math.min(a, b));
  const max = known.reduce((a, b) => Math.max(a, b));
  const y = (v: number) => (max === min ? 20 : 38 - ((v - min) / (max - min)) * 36);
  const x = (i: number) => (i / (numbers.length - 1)) * 100;
  let path = '';
  numbers.forEach((v, i) => {
    if (v !== null)
      path += `${path === '' || numbers[i - 1] === null ? 'M' : 'L'}${x(i).toFixed(2)} ${y(v).toFixed(2)}`;
  });
  return (
    <svg className="dash-spark" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
      <path d={path} fill="none" stroke={color} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

/** Size of a text that fits into a width, in pixels. */
const sizeOf = (length: number, width: number, height: number) =>
  Math.max(14, Math.min(54, height * 0.5, (width * 1.5) / Math.max(3, length)));

function Stat({ one, panel, count, height }: { one: One; panel: Panel; count: number; height: number }) {
  const mode = text(panel.options.colorMode, 'value');
  const background = mode === 'background' || mode === 'background_solid';
  const graph = text(panel.options.graphMode, 'area') !== 'none';
  const textMode = text(panel.options.textMode, 'auto');
  const named = textMode === 'name' || textMode === 'value_and_name' || (textMode === 'auto' && count > 1);
  const color = one.shown.color ?? 'var(--text)';
  const width = ((panel.place.w / 24) * 1100 - 30) / Math.min(count, 4);
  return (
    <div
      className={`dash-stat${background ? ' has-background' : ''}`}
      style={background ? ({ '--dash-color': color } as React.CSSProperties) : undefined}
    >
      {named && textMode !== 'name' && <span className="dash-stat-name">{one.name}</span>}
      {textMode !== 'none' && (
        <span
          className="dash-stat-value"
          style={{
            fontSize: sizeOf(one.shown.text.length, width, height / (count > 4 ? 2 : 1)),
            ...(background || mode === 'none' ? {} : { color }),
          }}
        >
          {textMode === 'name' ? one.name : one.shown.text}
        </span>
      )}
      {graph && <Sparkline values={one.values} color={one.shown.color ?? one.series} />}
    </div>
  );
}

const ARC = 220;

function point(angle: number, radius: number): string {
  const rad = ((angle - 90) * Math.PI) / 180;
  return `${(50 + radius * Math.cos(rad)).toFixed(2)} ${(50 + radius * Math.sin(rad)).toFixed(2)}`;
}

const arc = (from: number, to: number, radius: number) =>
  `M${point(from, radius)}A${radius} ${radius} 0 ${to - from > 180 ? 1 : 0} 1 ${point(to, radius)}`;

function Gauge({ one, named }: { one: One; named: boolean }) {
  const from = -ARC / 2;
  const to = from + ARC * share(one);
  return (
    <figure className="dash-gauge" aria-label={`${one.name}: ${one.shown.text}`}>
      <svg viewBox="0 0 100 74" aria-hidden="true">
        <path d={arc(from, from + ARC, 42)} className="dash-gauge-track" />
        {share(one) > 0 && (
          <path
            d={arc(from, to, 42)}
            className="dash-gauge-value"
            style={{ stroke: one.shown.color ?? 'var(--accent)' }}
          />
        )}
        <text
          x="50"
          y="56"
          textAnchor="middle"
          style={{ fontSize: sizeOf(one.shown.text.length, 60, 32) / 1.6 }}
        >
          {one.shown.text}
        </text>
      </svg>
      {named && <figcaption>{one.name}</figcaption>}
    </figure>
  );
}

export function SingleValues({ panel, frames, height }: { panel: Panel; frames: Frame[]; height: number }) {
  const theme = useTheme();
  const all = valuesOf(frames, panel, theme);
  const shown = all.slice(0, MAX_VALUES);
  if (all.length === 0) {
    return <p className="dash-none">{show(null, panel.field, theme).text}</p>;
  }
  const more = all.length > MAX_VALUES && (
    <p className="muted">{`${all.length} values: the first ${MAX_VALUES} are shown.`}</p>
  );
  if (panel.kind === 'bargauge') {
    return (
      <ScrollBox className="dash-bars" label={`${panel.title} bars`} style={{ maxHeight: height }}>
        {shown.map((o) => (
          <div key={o.key} className="dash-bar">
            <span className="dash-bar-name" title={o.name}>
              {o.name}
            </span>
            <span className="dash-bar-track">
              <i style={{ width: `${share(o) * 100}%`, background: o.shown.color ?? o.series }} />
            </span>
            <span className="dash-bar-value">{o.shown.text}</span>
          </div>
        ))}
        {more}
      </ScrollBox>
    );
  }
  return (
    <ScrollBox
      label={`${panel.title} values`}
      className={`dash-values is-${panel.kind}`}
      style={{ height, '--dash-count': Math.min(shown.length, 4) } as React.CSSProperties}
    >
      {shown.map((o) =>
        panel.kind === 'gauge' ? (
          <Gauge key={o.key} one={o} named={shown.length > 1} />
        ) : (
          <Stat key={o.key} one={o} panel={panel} count={shown.length} height={height} />
        ),
      )}
      {more}
    </ScrollBox>
  );
}
