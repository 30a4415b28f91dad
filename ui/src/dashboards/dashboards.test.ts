// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of dashboards have placeholders.
import { describe, expect, it } from 'vitest';
import { seriesFrames, tableFrame } from './frames';
import type { Json } from './json';
import { layout } from './layout';
import type { Target } from './model';
import { readDashboard, reportOf, unwrap } from './read';
import { safeUrl } from './safe-url';
import { readState } from './state';
import { transform } from './transform';
import { unitOf } from './units';
import {
  chosenValue,
  formatted,
  inOrder,
  interpolate,
  labelValuesArguments,
  listOptions,
  type Scope,
  shaped,
  single,
  stepFor,
  type Value,
  withFilters,
  withStep,
} from './variables';

const many = (...values: string[]): Value => ({ values, texts: values, raw: null, many: true });

const panel = (more: Json): Json => ({
  id: 1,
  type: 'timeseries',
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
  ...more,
});
const dashboard = (panels: Json[], more: Json = {}) => readDashboard({ title: 'T', panels, ...more });
const only = (raw: Json) => {
  const item = dashboard([raw]).items[0];
  if (!item?.panel) throw new Error('no panel');
  return item.panel;
};

describe('variables in texts', () => {
  const scope: Scope = new Map([
    ['job', many('a.b', 'c')],
    ['one', single('x"y')],
    ['all', { values: ['p', 'q'], texts: ['All'], raw: '.*', many: true }],
  ]);

  it('escapes values of several for regular expressions in strings', () => {
    expect(interpolate('up{job=~"$job"}', scope, 'metrics')).toBe('up{job=~"(a\\\\.b|c)"}');
    expect(interpolate('up{job="$one"}', scope, 'metrics')).toBe('up{job="x\\"y"}');
    expect(interpolate('up{job=~"[[all]]"}', scope, 'metrics')).toBe('up{job=~".*"}');
    expect(interpolate('$unknown ${unknown:csv}', scope, 'metrics')).toBe('$unknown ${unknown:csv}');
    expect(interpolate('Jobs $job', scope, 'text')).toBe('Jobs a.b + c');
  });

  it('writes the formats of Grafana', () => {
    const v = many('a.b', "c'd");
    expect(formatted(v, 'csv')).toBe("a.b,c'd");
    expect(formatted(v, 'pipe')).toBe("a.b|c'd");
    expect(formatted(v, 'regex')).toBe("(a\\.b|c'd)");
    expect(formatted(v, 'json')).toBe('["a.b","c\'d"]');
    expect(formatted(v, 'singlequote')).toBe("'a.b','c\\'d'");
    expect(formatted(v, 'glob')).toBe("{a.b,c'd}");
    expect(interpolate('${job:queryparam}', scope, 'none')).toBe('var-job=a.b&var-job=c');
  });

  it('gives the step and the range', () => {
    const span = { start: 0, end: 3_600_000 };
    const inner = withStep(scope, span, 60_000, null);
    const text = '$__interval ${__interval_ms} $__rate_interval $__range $__range_s $__from';
    expect(interpolate(text, inner, 'metrics')).toBe('1m 60000 1m15s 1h 3600 0');
    expect(interpolate('$__rate_interval', withStep(scope, span, 1000, null), 'metrics')).toBe('1m');
    expect(stepFor(3_600_000, 300, 1000)).toBe(10_000);
    expect(stepFor(365 * 86_400_000, 1_000_000, 1000) * 10_999).toBeGreaterThanOrEqual(365 * 86_400_000);
  });
});

describe('values of variables', () => {
  const raw = (more: Json): Json => ({ name: 'v', type: 'query', query: 'label_values(job)', ...more });
  const variable = (more: Json) => {
    const found = dashboard([], { templating: { list: [raw(more)] } }).variables[0];
    if (!found) throw new Error('no variable');
    return found;
  };
  const options = listOptions('a, b, c');

  it('takes the address, then the saved value, then the first', () => {
    expect(chosenValue(variable({}), options, ['b']).values).toEqual(['b']);
    expect(chosenValue(variable({ current: { value: 'c' } }), options, undefined).values).toEqual(['c']);
    expect(chosenValue(variable({ current: { value: 'gone' } }), options, undefined).values).toEqual(['a']);
    const all = variable({ includeAll: true, multi: true, current: { value: ['$__all'] } });
    expect(chosenValue(all, options, undefined).values).toEqual(['a', 'b', 'c']);
    expect(chosenValue({ ...all, allValue: '.+' }, options, undefined).raw).toBe('.+');
  });

  it('applies the regular expression and the order', () => {
    const found = listOptions('n10, n2, x');
    expect(shaped(found, '/n(\\d+)/', 3).map((o) => o.value)).toEqual(['2', '10']);
    expect(shaped(found, '/(?<text>n(?<value>\\d+))/', 0)).toContainEqual({ text: 'n10', value: '10' });
    expect(shaped(found, '([', 0)).toEqual([]);
    expect(listOptions('One : 1, a\\,b')).toEqual([
      { text: 'One', value: '1' },
      { text: 'a,b', value: 'a,b' },
    ]);
  });

  it('reads those first that others mention', () => {
    const names = inOrder([
      variable({ name: 'node', query: 'label_values(up{job="$job"}, instance)' }),
      variable({ name: 'job', query: 'label_values(up{ns="$ns"}, job)' }),
      variable({ name: 'ns' }),
    ]).map((v) => v.name);
    expect(names).toEqual(['ns', 'job', 'node']);
    const circle = [variable({ name: 'a', query: '$b' }), variable({ name: 'b', query: '$a' })];
    expect(inOrder(circle)).toHaveLength(2);
  });

  it('finds selector and label of label_values', () => {
    expect(labelValuesArguments('label_values(up{a="x,y"}, job)')).toEqual({
      selector: 'up{a="x,y"}',
      label: 'job',
    });
    expect(labelValuesArguments('label_values(job)')).toEqual({ selector: '', label: 'job' });
    expect(labelValuesArguments('metrics(up)')).toBeNull();
  });

  it('adds filters to each selector', () => {
    const filters = [{ key: 'env', operator: '=', value: 'p"x' }];
    expect(withFilters('sum by (job) (rate(a_total{x="{"}[5m])) / b', filters, 'metrics')).toBe(
      'sum by (job) (rate(a_total{x="{", env="p\\"x"}[5m])) / b{env="p\\"x"}',
    );
    expect(withFilters('up', [{ key: 'a} or b{', operator: '=', value: '' }], 'metrics')).toBe('up');
  });
});

describe('models', () => {
  it('reads rows and graphs of old versions', () => {
    const old = readDashboard({
      title: 'Old',
      rows: [
        {
          title: 'First',
          showTitle: true,
          height: '250px',
          panels: [
            {
              id: 1,
              type: 'graph',
              span: 6,
              stack: true,
              yaxes: [{ format: 'bytes', min: 0 }],
              targets: [{ expr: 'a', legendFormat: '{{x}}' }],
              seriesOverrides: [
                { alias: '/in/', transform: 'negative-Y' },
                { alias: 'b', yaxis: 2 },
              ],
            },
            {
              id: 2,
              type: 'singlestat',
              span: 6,
              format: 'percent',
              thresholds: '50,80',
              valueName: 'avg',
              targets: [{ expr: 'b' }],
            },
          ],
        },
        {
          title: 'Closed',
          collapse: true,
          panels: [{ id: 3, type: 'text', content: '# Hi', mode: 'markdown' }],
        },
      ],
    });
    const [row, graph, stat, closed] = old.items;
    expect(row?.row?.title).toBe('First');
    expect(graph?.panel).toMatchObject({ kind: 'timeseries', place: { x: 0, y: 1, w: 12, h: 7 } });
    expect(graph?.panel?.field).toMatchObject({ unit: 'bytes', stacking: 'normal', min: 0 });
    expect(graph?.panel?.overrides[0]).toMatchObject({ matcher: 'byRegexp', options: { negativeY: true } });
    expect(graph?.panel?.notes).toContain('second axis');
    expect(stat?.panel).toMatchObject({ kind: 'stat', calcs: ['mean'], place: { x: 12, w: 12 } });
    expect(stat?.panel?.field.thresholds.map((t) => t.value)).toEqual([null, 50, 80]);
    expect(closed?.row).toMatchObject({ collapsed: true });
    expect(closed?.row?.panels[0]?.options.content).toBe('# Hi');
  });

  it('names what is not shown', () => {
    const read = dashboard(
      [
        panel({ type: 'geomap', title: 'Map' }),
        panel({
          title: 'P',
          targets: [
            { refId: 'A', expr: 'a', datasource: { type: 'elasticsearch' } },
            { refId: 'B', datasource: { type: '__expr__', uid: '__expr__' }, type: 'reduce' },
          ],
          transformations: [
            { id: 'configFromData', options: {} },
            { id: 'organize', options: {} },
          ],
          fieldConfig: {
            defaults: { custom: { axisPlacement: 'right', lineWidth: 2 }, strange: 1 },
            overrides: [{ matcher: { id: 'byValue' }, properties: [] }],
          },
        }),
      ],
      {
        annotations: { list: [{ builtIn: 1, name: 'Annotations' }, { name: 'Deploys' }] },
        templating: { list: [{ type: 'snapshot', name: 's' }] },
      },
    );
    expect(reportOf(read)).toEqual({
      panels: 2,
      shown: 1,
      notes: [
        { subject: 'Dashboard', notes: ['annotation Deploys', 'variable s of type snapshot'] },
        { subject: 'Map', notes: ['panel type geomap'] },
        {
          subject: 'P',
          notes: [
            'property strange',
            'second axis',
            'override byValue',
            'query A: data source elasticsearch',
            'query B: expressions (reduce)',
            'transformation configFromData',
          ],
        },
      ],
    });
  });

  it('reads annotations of metrics and logs', () => {
    const read = dashboard([], {
      annotations: {
        list: [
          { name: 'Deploys', expr: 'changes(x[1m])', titleFormat: '{{job}}', enable: true },
          { name: 'Off', expr: 'up', enable: false },
          { name: 'Lines', datasource: { type: 'loki' }, expr: '{a="b"}' },
          { name: 'Tags', datasource: { type: 'datasource', uid: 'grafana' } },
        ],
      },
    });
    expect(read.annotations.map((a) => `${a.name} ${a.signal}`)).toEqual(['Deploys metrics', 'Lines logs']);
    expect(read.notes).toEqual(['annotation Tags']);
  });

  it('finds the language of a query', () => {
    const read = readDashboard({
      title: 'T',
      __inputs: [{ name: 'DS_LOKI', pluginId: 'loki' }],
      templating: { list: [{ type: 'datasource', name: 'tempo', query: 'tempo' }] },
      panels: [
        panel({ datasource: '${DS_LOKI}', targets: [{ expr: '{a="b"}' }] }),
        panel({ datasource: '$tempo', targets: [{ queryType: 'traceql', query: '{}' }] }),
        panel({
          datasource: { uid: '-- Mixed --' },
          targets: [{ datasource: { type: 'prometheus' }, expr: 'up' }],
        }),
        panel({
          datasource: { type: 'grafana-pyroscope-datasource' },
          targets: [{ profileTypeId: 'p:c:n:c:n', labelSelector: '{s="x"}' }],
        }),
        panel({
          datasource: { type: 'tempo' },
          targets: [
            {
              queryType: 'traceqlSearch',
              filters: [{ scope: 'resource', tag: 'service.name', operator: '=', value: ['a'] }],
            },
          ],
        }),
      ],
    });
    const targets = read.items.map((i) => i.panel?.targets[0]);
    expect(targets.map((t) => t?.signal)).toEqual(['logs', 'traces', 'metrics', 'profiles', 'traces']);
    expect(targets[4]?.query).toBe('{resource.service.name="a"}');
  });

  it('never fails on other types of members', () => {
    for (const v of [null, 1, 'x', [], [null, 1, []], { a: [] }])
      for (const key of ['panels', 'rows', 'templating', 'annotations', 'links', 'time', 'tags', 'title'])
        expect(readDashboard({ [key]: v }).items.length).toBeLessThan(3);
    for (const key of [
      'targets',
      'fieldConfig',
      'options',
      'gridPos',
      'transformations',
      'links',
      'legend',
      'styles',
    ])
      for (const v of [null, 1, 'x', [], [null, 1, []], { a: [] }])
        for (const type of ['graph', 'table', 'singlestat', 'heatmap', 'timeseries'])
          expect(only(panel({ type, [key]: v })).id).toBe(1);
    expect(unwrap([])).toBeNull();
    expect(unwrap({ dashboard: { title: 'x' } })).toEqual({ title: 'x' });
  });
});

describe('layout', () => {
  it('repeats panels and rows and moves what follows', () => {
    const read = dashboard([
      panel({ id: 1, repeat: 'job', maxPerRow: 2, gridPos: { x: 0, y: 0, w: 24, h: 4 } }),
      panel({ id: 2, gridPos: { x: 0, y: 4, w: 24, h: 4 } }),
      {
        id: 3,
        type: 'row',
        title: '$job',
        repeat: 'job',
        collapsed: false,
        gridPos: { x: 0, y: 8, w: 24, h: 1 },
      },
      panel({ id: 4, gridPos: { x: 0, y: 9, w: 24, h: 5 } }),
    ]);
    const scope: Scope = new Map([['job', many('a', 'b', 'c')]]);
    const placed = layout(read.items, scope, new Set());
    expect(
      placed.map((p) => (p.kind === 'row' ? `row ${p.y}` : `${p.panel.id} ${p.place.x},${p.place.y}`)),
    ).toEqual([
      '1 0,0',
      '1 12,0',
      '1 0,4',
      '2 0,8',
      'row 12',
      '4 0,13',
      'row 18',
      '4 0,19',
      'row 24',
      '4 0,25',
    ]);
    expect(placed.at(-1)?.scope.get('job')?.values).toEqual(['c']);
    const closed = layout(read.items, scope, new Set(['row-3~b']));
    expect(closed.filter((p) => p.kind === 'panel' && p.panel.id === 4)).toHaveLength(2);
  });
});

describe('transformations', () => {
  const target = { refId: 'A', legend: '{{job}}', query: 'up' } as Target;
  const series = seriesFrames(
    [
      {
        metric: { job: 'a', env: 'x' },
        values: [
          [1, '1'],
          [2, '3'],
        ],
      },
      {
        metric: { job: 'b', env: 'y' },
        values: [
          [1, '5'],
          [2, 'NaN'],
        ],
      },
    ],
    target,
    0,
  );
  const run = (...all: [string, Json][]) =>
    transform(
      series,
      all.map(([id, options]) => ({ id, options })),
    );
  const columns = (frames: ReturnType<typeof run>) =>
    frames.map((f) => Object.fromEntries(f.fields.map((x) => [x.title ?? x.name, x.values])));

  it('reduces series to rows', () => {
    expect(columns(run(['reduce', { reducers: ['lastNotNull', 'max'], labelsToFields: true }]))).toEqual([
      { Field: ['a', 'b'], job: ['a', 'b'], env: ['x', 'y'], 'Last *': [3, 5], Max: [3, 5] },
    ]);
  });

  it('merges tables by their common columns, then arranges them', () => {
    const table = (refId: string, name: string, value: string) => {
      const frame = tableFrame([{ labels: { job: 'a' }, time: 1, value }], refId);
      return { ...frame, fields: frame.fields.map((f) => (f.name === 'Value' ? { ...f, name } : f)) };
    };
    const out = transform(
      [table('A', 'Value #A', '1'), table('B', 'Value #B', '2')],
      [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true },
            indexByName: { 'Value #B': 0, job: 1, 'Value #A': 2 },
            renameByName: { 'Value #A': 'Rate' },
          },
        },
      ],
    );
    expect(columns(out)).toEqual([{ 'Value #B': [2], job: ['a'], Rate: [1] }]);
    expect(Object.keys(columns(out)[0] ?? {})).toEqual(['Value #B', 'job', 'Rate']);
  });

  it('makes columns of labels, joins, filters, calculates and sorts', () => {
    expect(columns(run(['labelsToFields', {}]))[0]).toMatchObject({ job: ['a', 'a', 'b', 'b'] });
    expect(columns(run(['joinByField', { byField: 'Time' }]))).toEqual([
      { Time: [1000, 2000], a: [1, 3], b: [5, null] },
    ]);
    expect(columns(run(['filterFieldsByName', { include: { names: ['Time', 'b'] } }]))).toHaveLength(2);
    expect(
      columns(
        run([
          'calculateField',
          { mode: 'binary', alias: 'd', binary: { left: 'b', operator: '-', right: 'a' } },
        ]),
      )[0],
    ).toMatchObject({ d: [4, null] });
    expect(
      columns(
        run(
          ['reduce', { reducers: ['max'] }],
          ['sortBy', { sort: [{ field: 'Max', desc: true }] }],
          [
            'filterByValue',
            { filters: [{ fieldName: 'Max', config: { id: 'greater', options: { value: 3 } } }] },
          ],
        ),
      ),
    ).toEqual([{ Field: ['b'], Max: [5] }]);
    expect(columns(run(['renameByRegex', { regex: '(.*)', renamePattern: 'job $1' }]))[0]).toHaveProperty(
      'job a',
    );
    expect(
      columns(
        run(
          ['labelsToFields', {}],
          [
            'groupBy',
            {
              fields: {
                env: { operation: 'groupby' },
                Value: { operation: 'aggregate', aggregations: ['sum'] },
              },
            },
          ],
        ),
      ),
    ).toEqual([{ env: ['x', 'y'], 'Value (sum)': [4, 5] }]);
  });
});

describe('units', () => {
  it('writes values as the page does, with decimals', () => {
    expect(unitOf('ms').format(1500)).toBe('1.5 s');
    expect(unitOf('bytes').format(1536)).toBe('1.5 KiB');
    expect(unitOf('percentunit').format(0.256, 0)).toBe('26%');
    expect(unitOf('percent').format(12.345, 1)).toBe('12.3%');
    expect(unitOf('reqps').format(12)).toBe('12 req/s');
    expect(unitOf('short').format(12345)).toBe('12.35k');
    expect(unitOf('none').format(12345)).toBe('12345');
    expect(unitOf('suffix:rows').format(3)).toBe('3 rows');
    expect(unitOf('bool_yes_no').format(0)).toBe('No');
    expect(unitOf('decbytes').format(2048, 2)).toBe('2.00 KiB');
  });
});

describe('addresses', () => {
  it('reads times of links of Grafana', () => {
    const defaults = { time: { range: 3_600_000, end: null }, refresh: 0 };
    expect(readState({ from: 'now-6h', to: 'now' }, defaults, 1e12).time).toEqual({
      range: 21_600_000,
      end: null,
    });
    expect(readState({ from: '1000000000000', to: '1000003600000' }, defaults, 2e12).time).toEqual({
      range: 3_600_000,
      end: 1000003600000,
    });
    expect(readState({ from: 'x' }, defaults, 1e12).time.range).toBe(3_600_000);
  });

  it('refuses schemes that run code', () => {
    for (const url of [
      'javascript:alert(1)',
      'JaVaScRiPt:x',
      'java\nscript:x',
      'data:text/html,x',
      '\u0001javascript:x',
      'vbscript:x',
    ])
      expect(safeUrl(url)).toBeNull();
    for (const url of ['https://a', '/d/x', 'mailto:a@b', 'd/x?a=b:c']) expect(safeUrl(url)).toBe(url);
  });
});
