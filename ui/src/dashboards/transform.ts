/** Grafana's transformations of frames, the common ones. */
import { CALCS, type Cell, type Field, type Frame, nameOf, reduce, rowsOf } from './frames';
import { at, type Json, number, object, objects, text, texts } from './json';
import type { Transformation } from './model';

type Apply = (frames: Frame[], options: Json) => Frame[];

const column = (frame: Frame, name: string): Field | undefined =>
  frame.fields.find((f) => nameOf(f) === name || f.name === name);

/** A regular expression of Grafana: `/x/i` or `x`; null if the browser does not read it. */
export function pattern(source: string): RegExp | null {
  const parts = /^\/(.*)\/([a-z]*)$/s.exec(source);
  try {
    return new RegExp(parts ? (parts[1] as string) : source, (parts?.[2] ?? '').replace(/[gy]/g, ''));
  } catch {
    return null;
  }
}

function organize(frames: Frame[], options: Json): Frame[] {
  const excluded = object(options.excludeByName);
  const included = object(options.includeByName);
  const order = object(options.indexByName);
  const renamed = object(options.renameByName);
  const onlyIncluded = Object.keys(included).length > 0;
  return frames.map((frame) => {
    const place = (f: Field, i: number) => number(order[nameOf(f)] ?? order[f.name]) ?? 1000 + i;
    const fields = frame.fields
      .map((field, i) => ({ field, at: place(field, i) }))
      .filter(({ field }) => excluded[nameOf(field)] !== true && excluded[field.name] !== true)
      .filter(({ field }) => !onlyIncluded || included[nameOf(field)] === true)
      .sort((a, b) => a.at - b.at)
      .map(({ field }) => {
        const name = text(renamed[nameOf(field)]) || text(renamed[field.name]);
        return name ? { ...field, name, title: name } : field;
      });
    return { ...frame, fields };
  });
}

/** Series to rows, or each column to one value. */
function reduceFrames(frames: Frame[], options: Json): Frame[] {
  const calcs = texts(options.reducers);
  const used = calcs.length > 0 ? calcs : ['max'];
  if (text(options.mode) === 'reduceFields') {
    return frames.map((frame) => ({
      ...frame,
      fields: frame.fields
        .filter((f) => f.kind === 'number')
        .flatMap((f) =>
          used.map((calc) => ({
            ...f,
            name: used.length > 1 ? `${nameOf(f)} (${CALCS[calc] ?? calc})` : nameOf(f),
            title: used.length > 1 ? `${nameOf(f)} (${CALCS[calc] ?? calc})` : nameOf(f),
            values: [reduce(f.values, calc)],
          })),
        ),
    }));
  }
  const series = frames.flatMap((frame) => frame.fields.filter((f) => f.kind === 'number'));
  const labels = options.labelsToFields === true;
  const names = labels ? [...new Set(series.flatMap((f) => Object.keys(f.labels ?? {})))] : [];
  return [
    {
      refId: frames[0]?.refId ?? '',
      fields: [
        { name: 'Field', kind: 'string', values: series.map(nameOf) },
        ...names.map(
          (name): Field => ({ name, kind: 'string', values: series.map((f) => f.labels?.[name] ?? null) }),
        ),
        ...used.map(
          (calc): Field => ({
            name: CALCS[calc] ?? calc,
            kind: 'number',
            values: series.map((f) => reduce(f.values, calc)),
          }),
        ),
      ],
    },
  ];
}

/** Rows of all frames below each other; those with equal values in all common columns become one. */
function merge(frames: Frame[]): Frame[] {
  if (frames.length < 2) return frames;
  const names: { name: string; kind: Field['kind']; title?: string }[] = [];
  for (const frame of frames)
    for (const f of frame.fields)
      if (!names.some((n) => n.name === nameOf(f))) names.push({ name: nameOf(f), kind: f.kind });
  const inAll = names.filter((n) => frames.every((frame) => column(frame, n.name)));
  const rows = new Map<string, Map<string, Cell>[]>();
  for (const frame of frames) {
    for (let i = 0; i < rowsOf(frame); i++) {
      const row = new Map<string, Cell>(frame.fields.map((f) => [nameOf(f), f.values[i] ?? null]));
      const key = JSON.stringify(inAll.map((n) => row.get(n.name)));
      const same = rows.get(key) ?? [];
      rows.set(key, same);
      const fitting = same.find((other) =>
        [...row].every(([name, value]) => !other.has(name) || other.get(name) === value),
      );
      if (fitting) for (const [name, value] of row) fitting.set(name, value);
      else same.push(row);
    }
  }
  const all = [...rows.values()].flat();
  return [
    {
      refId: 'merge',
      fields: names.map(({ name, kind }) => ({
        name,
        kind,
        values: all.map((row) => row.get(name) ?? null),
      })),
    },
  ];
}

function labelsToFields(frames: Frame[], options: Json): Frame[] {
  const kept = texts(options.keepLabels);
  const value = text(options.valueLabel);
  const out = frames.map((frame): Frame => {
    const own = frame.fields.filter((f) => f.labels);
    const names = [...new Set(own.flatMap((f) => Object.keys(f.labels ?? {})))].filter(
      (n) => n !== value && (kept.length === 0 || kept.includes(n)),
    );
    if (text(options.mode) === 'rows') {
      return {
        refId: frame.refId,
        fields: [
          { name: 'label', kind: 'string', values: names },
          { name: 'value', kind: 'string', values: names.map((n) => own[0]?.labels?.[n] ?? null) },
        ],
      };
    }
    const rows = rowsOf(frame);
    const first = frame.fields.filter((f) => f.kind === 'time');
    const rest = frame.fields.filter((f) => f.kind !== 'time');
    return {
      refId: frame.refId,
      fields: [
        ...first,
        ...names.map(
          (name): Field => ({
            name,
            kind: 'string',
            values: new Array(rows).fill(own.find((f) => f.labels?.[name])?.labels?.[name] ?? null),
          }),
        ),
        ...rest.map((f): Field => {
          const named = value ? f.labels?.[value] : f.labels?.__name__;
          return { name: named ?? f.name, kind: f.kind, values: f.values };
        }),
      ],
    };
  });
  return text(options.mode) === 'rows' ? out : merge(out);
}

function filterByName(frames: Frame[], options: Json): Frame[] {
  const includes = object(options.include);
  const excludes = object(options.exclude);
  const matcher = (of: Json) => {
    const names = texts(of.names);
    const regex = text(of.pattern) ? pattern(text(of.pattern)) : null;
    if (names.length === 0 && !text(of.pattern)) return null;
    return (f: Field) =>
      names.includes(nameOf(f)) || names.includes(f.name) || (regex?.test(nameOf(f)) ?? false);
  };
  const include = matcher(includes);
  const exclude = matcher(excludes);
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter((f) => (!include || include(f)) && !exclude?.(f)),
    }))
    .filter((frame) => frame.fields.length > 0);
}

function filterByRefId(frames: Frame[], options: Json): Frame[] {
  const regex = pattern(`^(?:${text(options.include, '.*')})$`);
  return regex ? frames.filter((frame) => regex.test(frame.refId)) : frames;
}

function renameByRegex(frames: Frame[], options: Json): Frame[] {
  const regex = pattern(text(options.regex));
  if (!regex) return frames;
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((f) => {
      if (f.kind === 'time') return f;
      const next = nameOf(f).replace(regex, text(options.renamePattern));
      return next === nameOf(f) ? f : { ...f, name: next, title: next };
    }),
  }));
}

/** Columns of all frames beside each other, by equal values of one column. */
function join(frames: Frame[], options: Json): Frame[] {
  if (frames.length < 2) return frames;
  const wanted = text(options.byField);
  const keys = frames.map((frame) =>
    wanted ? column(frame, wanted) : (frame.fields.find((f) => f.kind === 'time') ?? frame.fields[0]),
  );
  const key = keys.find((k) => k);
  if (!key) return frames;
  const inner = text(options.mode) === 'inner';
  const joined = frames.flatMap((frame, i) => (keys[i] ? [{ frame, key: keys[i] as Field }] : []));
  const counts = new Map<Cell, number>();
  for (const { key: k } of joined) for (const v of new Set(k.values)) counts.set(v, (counts.get(v) ?? 0) + 1);
  const values = [...counts.keys()].filter((v) => !inner || counts.get(v) === joined.length);
  if (key.kind === 'time') values.sort((a, b) => Number(a) - Number(b));
  return [
    {
      refId: 'join',
      fields: [
        { ...key, values },
        ...joined.flatMap(({ frame, key: k }) => {
          const index = new Map(k.values.map((v, i) => [v, i]));
          return frame.fields
            .filter((f) => f !== k)
            .map((f) => ({
              ...f,
              values: values.map((v) => {
                const i = index.get(v);
                return i === undefined ? null : (f.values[i] ?? null);
              }),
            }));
        }),
      ],
    },
  ];
}

const picked = (frame: Frame, rows: number[]): Frame => ({
  ...frame,
  fields: frame.fields.map((f) => ({ ...f, values: rows.map((i) => f.values[i] ?? null) })),
});

const indexes = (frame: Frame): number[] => Array.from({ length: rowsOf(frame) }, (_, i) => i);

export function compareCells(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true });
}

function sortBy(frames: Frame[], options: Json): Frame[] {
  const first = objects(options.sort)[0];
  if (!first) return frames;
  return frames.map((frame) => {
    const by = column(frame, text(first.field));
    if (!by) return frame;
    const sign = first.desc === true ? -1 : 1;
    return picked(
      frame,
      indexes(frame).sort((a, b) => sign * compareCells(by.values[a] ?? null, by.values[b] ?? null)),
    );
  });
}

function limit(frames: Frame[], options: Json): Frame[] {
  const most = number(options.limitField) ?? 10;
  return frames.map((frame) => picked(frame, indexes(frame).slice(0, most)));
}

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
};

function calculate(frames: Frame[], options: Json): Frame[] {
  const source = frames.length > 1 ? join(frames, {}) : frames;
  return source.map((frame) => {
    const rows = rowsOf(frame);
    const mode = text(options.mode, 'reduceRow');
    let values: Cell[];
    let name = text(options.alias);
    if (mode === 'binary') {
      const side = (v: unknown): ((i: number) => number | null) => {
        const named =
          typeof v === 'object' ? text(at(v, 'matcher.options')) || text(at(v, 'fixed')) : text(v);
        const field = column(frame, named);
        const fixed = number(named);
        return (i) =>
          field ? (typeof field.values[i] === 'number' ? (field.values[i] as number) : null) : fixed;
      };
      const left = side(at(options, 'binary.left'));
      const right = side(at(options, 'binary.right'));
      const operator = OPERATORS[text(at(options, 'binary.operator'), '+')];
      name ||= `${text(at(options, 'binary.left'))} ${text(at(options, 'binary.operator'), '+')} ${text(at(options, 'binary.right'))}`;
      values = Array.from({ length: rows }, (_, i) => {
        const a = left(i);
        const b = right(i);
        if (a === null || b === null || !operator) return null;
        const v = operator(a, b);
        return Number.isFinite(v) ? v : null;
      });
    } else {
      const include = texts(at(options, 'reduce.include'));
      const used = frame.fields.filter(
        (f) => f.kind === 'number' && (include.length === 0 || include.includes(nameOf(f))),
      );
      const calc = text(at(options, 'reduce.reducer'), 'sum');
      name ||= CALCS[calc] ?? calc;
      values = Array.from({ length: rows }, (_, i) =>
        reduce(
          used.map((f) => f.values[i] ?? null),
          calc,
        ),
      );
    }
    const added: Field = { name, kind: 'number', values };
    const fields =
      options.replaceFields === true
        ? [...frame.fields.filter((f) => f.kind === 'time'), added]
        : [...frame.fields, added];
    return { ...frame, fields };
  });
}

function groupBy(frames: Frame[], options: Json): Frame[] {
  const settings = object(options.fields);
  return frames.map((frame) => {
    const of = (f: Field) => object(settings[nameOf(f)] ?? settings[f.name]);
    const keys = frame.fields.filter((f) => text(of(f).operation) === 'groupby');
    if (keys.length === 0) return frame;
    const groups = new Map<string, number[]>();
    for (const i of indexes(frame)) {
      const key = JSON.stringify(keys.map((f) => f.values[i]));
      const rows = groups.get(key) ?? [];
      rows.push(i);
      groups.set(key, rows);
    }
    const all = [...groups.values()];
    return {
      ...frame,
      fields: [
        ...keys.map((f) => ({ ...f, values: all.map((rows) => f.values[rows[0] as number] ?? null) })),
        ...frame.fields.flatMap((f) =>
          text(of(f).operation) === 'aggregate'
            ? texts(of(f).aggregations).map(
                (calc): Field => ({
                  name: `${nameOf(f)} (${calc})`,
                  kind: 'number',
                  values: all.map((rows) =>
                    reduce(
                      rows.map((i) => f.values[i] ?? null),
                      calc,
                    ),
                  ),
                }),
              )
            : [],
        ),
      ],
    };
  });
}

function test(value: Cell, id: string, options: unknown): boolean {
  const wanted = at(options, 'value');
  const n = Number(value);
  switch (id) {
    case 'equal':
      return String(value) === text(wanted);
    case 'notEqual':
      return String(value) !== text(wanted);
    case 'greater':
      return n > Number(wanted);
    case 'greaterOrEqual':
      return n >= Number(wanted);
    case 'lower':
      return n < Number(wanted);
    case 'lowerOrEqual':
      return n <= Number(wanted);
    case 'between':
      return n >= Number(at(options, 'from')) && n <= Number(at(options, 'to'));
    case 'isNull':
      return value === null;
    case 'isNotNull':
      return value !== null;
    case 'regex':
      return pattern(text(wanted))?.test(String(value)) ?? false;
    case 'substring':
      return String(value).toLowerCase().includes(text(wanted).toLowerCase());
    case 'notSubstring':
      return !String(value).toLowerCase().includes(text(wanted).toLowerCase());
    default:
      return true;
  }
}

function filterByValue(frames: Frame[], options: Json): Frame[] {
  const conditions = objects(options.filters);
  if (conditions.length === 0) return frames;
  const keeps = text(options.type) !== 'exclude';
  const every = text(options.match) === 'all';
  return frames.map((frame) => {
    const matched = (i: number) => {
      const results = conditions.map((c) => {
        const f = column(frame, text(c.fieldName));
        return f ? test(f.values[i] ?? null, text(at(c, 'config.id')), at(c, 'config.options')) : false;
      });
      return every ? results.every(Boolean) : results.some(Boolean);
    };
    return picked(
      frame,
      indexes(frame).filter((i) => matched(i) === keeps),
    );
  });
}

function convert(frames: Frame[], options: Json): Frame[] {
  const conversions = objects(options.conversions);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((f): Field => {
      const to = text(conversions.find((c) => text(c.targetField) === nameOf(f))?.destinationType);
      if (to === 'number')
        return { ...f, kind: 'number', values: f.values.map((v) => (v === null ? null : number(v))) };
      if (to === 'string')
        return { ...f, kind: 'string', values: f.values.map((v) => (v === null ? null : String(v))) };
      if (to === 'time')
        return {
          ...f,
          kind: 'time',
          values: f.values.map((v) => (typeof v === 'string' ? Date.parse(v) : v)),
        };
      return f;
    }),
  }));
}

const same: Apply = (frames) => frames;

const ALL: Record<string, Apply> = {
  organize,
  reduce: reduceFrames,
  seriesToRows: (frames) => {
    const series = frames.flatMap((frame) => {
      const time = frame.fields.find((f) => f.kind === 'time');
      return frame.fields.flatMap((f) => (f.kind === 'number' && time ? [{ time, f }] : []));
    });
    return [
      {
        refId: 'rows',
        fields: [
          { name: 'Time', kind: 'time', values: series.flatMap((s) => s.time.values) },
          {
            name: 'Metric',
            kind: 'string',
            values: series.flatMap((s) => s.f.values.map(() => nameOf(s.f))),
          },
          { name: 'Value', kind: 'number', values: series.flatMap((s) => s.f.values) },
        ],
      },
    ];
  },
  merge,
  labelsToFields,
  filterFieldsByName: filterByName,
  filterByRefId,
  filterByValue,
  renameByRegex,
  joinByField: join,
  seriesToColumns: join,
  concatenate: (frames) => [{ refId: 'all', fields: frames.flatMap((f) => f.fields) }],
  sortBy,
  limit,
  calculateField: calculate,
  groupBy,
  convertFieldType: convert,
  prepareTimeSeries: same,
};

export const SUPPORTED_TRANSFORMATIONS: ReadonlySet<string> = new Set(Object.keys(ALL));

export function transform(frames: Frame[], all: Transformation[]): Frame[] {
  return all.reduce((now, t) => ALL[t.id]?.(now, t.options) ?? now, frames);
}
