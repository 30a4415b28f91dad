/** Form of a panel: title, queries, and how values are shown. The panel above it shows the result. */
import { useMemo, useState } from 'react';
import { Button, Dialog, Select } from '../components/ui';
import { Editor } from '../explore/lazy-editor';
import { LogqlEditor } from '../explore/logs/lazy-logql';
import { TraceqlEditor } from '../explore/traces/lazy-traceql';
import { type Reading, readingOf, sourceOf, withQuery, withReading } from './edit';
import { at, type Json, number, object, objects, set, text } from './json';
import { KIND_NAMES, KINDS, type PanelKind, type Signal, type Target } from './model';
import { type PanelEnv, PanelView } from './panel-view';
import { readPanel } from './read';
import type { Scope } from './variables';

const UNITS: [string, string][] = [
  ['', 'None'],
  ['short', 'Short number'],
  ['none', 'Plain number'],
  ['percentunit', 'Percent (0–1)'],
  ['percent', 'Percent (0–100)'],
  ['s', 'Seconds'],
  ['ms', 'Milliseconds'],
  ['bytes', 'Bytes'],
  ['Bps', 'Bytes per second'],
  ['bps', 'Bits per second'],
  ['reqps', 'Requests per second'],
  ['ops', 'Operations per second'],
  ['hertz', 'Hertz'],
  ['celsius', 'Degrees Celsius'],
  ['watt', 'Watts'],
  ['dateTimeAsIso', 'Date and time'],
  ['bool_yes_no', 'Yes or no'],
];
const COLORS = ['green', 'yellow', 'orange', 'red', 'blue', 'purple', 'text', 'transparent'];
const CALCS = ['lastNotNull', 'mean', 'min', 'max', 'sum', 'count', 'range', 'delta'];
const CALC_NAMES: Record<string, string> = {
  lastNotNull: 'Last value',
  mean: 'Mean',
  min: 'Minimum',
  max: 'Maximum',
  sum: 'Sum',
  count: 'Count',
  range: 'Range',
  delta: 'Increase',
};
const SIGNALS: { value: Signal; label: string }[] = [
  { value: 'metrics', label: 'PromQL' },
  { value: 'logs', label: 'LogQL' },
  { value: 'traces', label: 'TraceQL' },
  { value: 'profiles', label: 'Profiles' },
];
const READINGS: { value: Reading; label: string }[] = [
  { value: 'range', label: 'Time range' },
  { value: 'instant', label: 'Last value' },
  { value: 'table', label: 'Last values as table' },
];

export function PanelEditor(props: {
  panel: Json;
  scope: Scope;
  env: PanelEnv;
  onDone: (panel: Json) => void;
  onClose: () => void;
}) {
  const [raw, setRaw] = useState(props.panel);
  const panel = useMemo(() => readPanel({ ...raw, gridPos: { x: 0, y: 0, w: 18, h: 7 } }), [raw]);
  const put = (path: string, value: unknown) => setRaw((now) => set(now, path, value));
  const field = (path: string, label: string, type: 'text' | 'number' = 'text') => (
    <label>
      <span className="field-label">{label}</span>
      <input
        className="dash-input"
        type={type}
        step="any"
        value={text(at(raw, path))}
        onChange={(e) =>
          put(
            path,
            e.target.value === '' ? undefined : type === 'number' ? number(e.target.value) : e.target.value,
          )
        }
      />
    </label>
  );
  const choice = (path: string, label: string, choices: [string, string][], fallback: string) => {
    const value = text(at(raw, path), fallback);
    const known = choices.some(([v]) => v === value)
      ? choices
      : [...choices, [value, value] as [string, string]];
    return (
      <Select
        label={label}
        value={value}
        choices={known.map(([v, name]) => ({ value: v, label: name }))}
        onChange={(v) => put(path, v)}
      />
    );
  };
  const single = panel.kind === 'stat' || panel.kind === 'gauge' || panel.kind === 'bargauge';
  return (
    <Dialog title="Edit panel" open onClose={props.onClose} wide>
      <div className="dash-editor">
        <div className="dash-preview">
          <PanelView panel={panel} scope={props.scope} env={props.env} />
        </div>
        <fieldset>
          <legend>Panel</legend>
          {field('title', 'Title')}
          <Select
            label="Kind"
            value={panel.kind ?? (panel.type as PanelKind)}
            choices={[
              ...KINDS.map((k) => ({ value: k, label: KIND_NAMES[k] })),
              ...(panel.kind === null || panel.kind !== panel.type
                ? [{ value: panel.type as PanelKind, label: panel.type }]
                : []),
            ]}
            onChange={(k) => put('type', k)}
          />
          {field('description', 'Description (optional)')}
        </fieldset>
        {panel.kind === 'text' ? (
          <label>
            <span className="field-label">Markdown</span>
            <textarea
              className="dash-json"
              rows={8}
              value={text(panel.options.content)}
              onChange={(e) =>
                put('options', { ...panel.options, mode: 'markdown', content: e.target.value })
              }
            />
          </label>
        ) : (
          <>
            <Queries
              raw={raw}
              targets={panel.targets}
              env={props.env}
              onChange={(targets) => put('targets', targets)}
            />
            <fieldset>
              <legend>Values</legend>
              {choice('fieldConfig.defaults.unit', 'Unit', UNITS, '')}
              {field('fieldConfig.defaults.decimals', 'Decimals', 'number')}
              {field('fieldConfig.defaults.min', 'Minimum', 'number')}
              {field('fieldConfig.defaults.max', 'Maximum', 'number')}
              {single && (
                <Select
                  label="Value"
                  value={panel.calcs[0] ?? 'lastNotNull'}
                  choices={[...new Set([...CALCS, ...panel.calcs])].map((c) => ({
                    value: c,
                    label: CALC_NAMES[c] ?? c,
                  }))}
                  onChange={(c) => put('options.reduceOptions.calcs', [c])}
                />
              )}
            </fieldset>
            {panel.kind === 'timeseries' && (
              <fieldset>
                <legend>Graph</legend>
                {choice(
                  'fieldConfig.defaults.custom.drawStyle',
                  'Style',
                  [
                    ['line', 'Lines'],
                    ['bars', 'Bars'],
                    ['points', 'Points'],
                  ],
                  'line',
                )}
                {choice(
                  'fieldConfig.defaults.custom.stacking.mode',
                  'Stacking',
                  [
                    ['none', 'None'],
                    ['normal', 'Sum'],
                    ['percent', 'Percent'],
                  ],
                  'none',
                )}
                <Select
                  label="Area"
                  value={panel.field.fill > 0 ? 'on' : 'off'}
                  choices={[
                    { value: 'on', label: 'Filled' },
                    { value: 'off', label: 'None' },
                  ]}
                  onChange={(v) => put('fieldConfig.defaults.custom.fillOpacity', v === 'on' ? 12 : 0)}
                />
                <Select
                  label="Legend"
                  value={!panel.legend.shown ? 'hidden' : panel.legend.table ? 'table' : 'list'}
                  choices={[
                    { value: 'list', label: 'List' },
                    { value: 'table', label: 'Table' },
                    { value: 'hidden', label: 'Hidden' },
                  ]}
                  onChange={(v) =>
                    put('options.legend', {
                      ...object(at(raw, 'options.legend')),
                      showLegend: v !== 'hidden',
                      displayMode: v === 'hidden' ? 'list' : v,
                      calcs:
                        v === 'table' && panel.legend.calcs.length === 0
                          ? ['mean', 'max', 'lastNotNull']
                          : panel.legend.calcs,
                    })
                  }
                />
                <Select
                  label="Threshold lines"
                  value={panel.field.thresholdLines ? 'line' : 'off'}
                  choices={[
                    { value: 'off', label: 'Off' },
                    { value: 'line', label: 'On' },
                  ]}
                  onChange={(v) => put('fieldConfig.defaults.custom.thresholdsStyle.mode', v)}
                />
              </fieldset>
            )}
            <Thresholds
              raw={raw}
              onChange={(steps) =>
                put('fieldConfig.defaults.thresholds', {
                  mode: 'absolute',
                  ...object(at(raw, 'fieldConfig.defaults.thresholds')),
                  steps,
                })
              }
            />
          </>
        )}
        <div className="dialog-actions">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button look="primary" onClick={() => props.onDone(raw)}>
            Apply
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function Thresholds({ raw, onChange }: { raw: Json; onChange: (steps: Json[]) => void }) {
  const steps = objects(at(raw, 'fieldConfig.defaults.thresholds.steps'));
  const change = (i: number, patch: Json) =>
    onChange(steps.map((s, k) => (k === i ? { ...s, ...patch } : s)));
  return (
    <fieldset>
      <legend>Thresholds</legend>
      {steps.map((s, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity of a threshold.
        <span key={i} className="dash-threshold">
          {i === 0 ? (
            <span className="field-label">Base</span>
          ) : (
            <input
              className="dash-input"
              type="number"
              step="any"
              aria-label={`Threshold ${i}`}
              value={text(s.value)}
              onChange={(e) => change(i, { value: number(e.target.value) ?? 0 })}
            />
          )}
          <Select
            label={`Color ${i}`}
            hideLabel
            value={text(s.color, 'green')}
            choices={[...new Set([...COLORS, text(s.color, 'green')])].map((c) => ({ value: c, label: c }))}
            onChange={(color) => change(i, { color })}
          />
          <Button
            icon="trash"
            look="ghost"
            label={`Remove threshold ${i}`}
            onClick={() => onChange(steps.filter((_, k) => k !== i))}
          />
        </span>
      ))}
      <Button
        icon="plus"
        onClick={() =>
          onChange(
            steps.length === 0
              ? [
                  { value: null, color: 'green' },
                  { value: 80, color: 'red' },
                ]
              : [...steps, { value: (number(steps.at(-1)?.value) ?? 0) + 10, color: 'red' }],
          )
        }
      >
        Add threshold
      </Button>
    </fieldset>
  );
}

function Queries(props: {
  raw: Json;
  targets: Target[];
  env: PanelEnv;
  onChange: (targets: Json[]) => void;
}) {
  const raws = objects(props.raw.targets);
  // Queries that are not supported have no target; they keep their place and cannot be edited.
  const read = (t: Json) =>
    readPanel({
      ...props.raw,
      targets: [t.expr || t.query || t.labelSelector ? t : { ...t, expr: ' x', query: ' x' }],
    }).targets[0];
  const change = (i: number, next: Json) => props.onChange(raws.map((t, k) => (k === i ? next : t)));
  return (
    <fieldset>
      <legend>Queries</legend>
      {raws.map((t, i) => (
        <Query
          // biome-ignore lint/suspicious/noArrayIndexKey: a query may have no id.
          key={i}
          raw={t}
          target={read(t)}
          index={i}
          env={props.env}
          onChange={(next) => change(i, next)}
          onRemove={() => props.onChange(raws.filter((_, k) => k !== i))}
        />
      ))}
      <Button
        icon="plus"
        onClick={() =>
          props.onChange([
            ...raws,
            {
              refId: String.fromCharCode(65 + raws.length),
              datasource: sourceOf(props.targets[0]?.signal ?? 'metrics'),
              expr: '',
            },
          ])
        }
      >
        Add query
      </Button>
    </fieldset>
  );
}

function Query(props: {
  raw: Json;
  target: Target | undefined;
  index: number;
  env: PanelEnv;
  onChange: (next: Json) => void;
  onRemove: () => void;
}) {
  const { raw, target } = props;
  const refId = text(raw.refId) || String.fromCharCode(65 + props.index);
  const remove = (
    <Button icon="trash" look="ghost" label={`Remove query ${refId}`} onClick={props.onRemove} />
  );
  const saved =
    target?.signal === 'traces'
      ? text(raw.query)
      : target?.signal === 'profiles'
        ? text(raw.labelSelector)
        : text(raw.expr);
  const [draft, setDraft] = useState(saved);
  if (!target)
    return (
      <div className="dash-query">
        <p className="muted">{`Query ${refId} is hidden, or of a data source that is not supported.`}</p>
        {remove}
      </div>
    );
  const { signal } = target;
  const commit = (query: string) => {
    if (query !== saved) props.onChange(withQuery(raw, signal, query));
  };
  const editor = { value: draft, onChange: setDraft, onRun: commit, label: `Query ${refId}` };
  return (
    <div className="dash-query">
      <div className="dash-query-head">
        <b>{refId}</b>
        <Select
          label={`Language of ${refId}`}
          hideLabel
          value={signal}
          choices={SIGNALS}
          onChange={(next) => props.onChange(withQuery({ refId, datasource: sourceOf(next) }, next, draft))}
        />
        {(signal === 'metrics' || signal === 'logs') && (
          <Select
            label={`Reading of ${refId}`}
            hideLabel
            value={readingOf(target)}
            choices={READINGS}
            onChange={(r) => props.onChange(withReading(raw, r))}
          />
        )}
        <Button icon="play" onClick={() => commit(draft)}>
          Run
        </Button>
        {remove}
      </div>
      {/* Leaving the editor keeps what was written. */}
      <div className="query-box" onBlur={() => commit(draft)}>
        {signal === 'metrics' ? (
          <Editor {...editor} />
        ) : signal === 'logs' ? (
          <LogqlEditor {...editor} range={props.env.span} />
        ) : signal === 'traces' ? (
          <TraceqlEditor {...editor} range={props.env.span} />
        ) : (
          <textarea
            className="editor editor-plain"
            aria-label={`Query ${refId}`}
            rows={1}
            value={draft}
            placeholder='{service_name="…"}'
            onChange={(e) => setDraft(e.target.value)}
          />
        )}
      </div>
      {signal === 'profiles' ? (
        <label>
          <span className="field-label">Profile type</span>
          <input
            className="dash-input"
            value={text(raw.profileTypeId)}
            placeholder="process_cpu:cpu:nanoseconds:cpu:nanoseconds"
            onChange={(e) => props.onChange({ ...raw, profileTypeId: e.target.value })}
          />
        </label>
      ) : (
        <label>
          <span className="field-label">Legend (optional)</span>
          <input
            className="dash-input"
            value={text(raw.legendFormat)}
            placeholder="{{instance}}"
            onChange={(e) => props.onChange({ ...raw, legendFormat: e.target.value })}
          />
        </label>
      )}
    </div>
  );
}
