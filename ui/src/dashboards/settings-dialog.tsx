/** Title, folder, tags and variables of a dashboard. */
import { useState } from 'react';
import { Button, Dialog, Select } from '../components/ui';
import { sourceOf, variablesOf, withVariables } from './edit';
import { at, flag, isObject, type Json, list, number, text } from './json';
import type { Signal, VariableKind } from './model';

const KINDS: { value: VariableKind; label: string }[] = [
  { value: 'query', label: 'Query' },
  { value: 'custom', label: 'List of values' },
  { value: 'constant', label: 'Constant' },
  { value: 'interval', label: 'Interval' },
  { value: 'textbox', label: 'Text box' },
  { value: 'adhoc', label: 'Filters' },
];
const SORTS = ['None', 'A to Z', 'Z to A', 'Ascending', 'Descending', 'A to Z, any case', 'Z to A, any case'];

export function SettingsDialog(props: {
  raw: Json;
  folder: string;
  onDone: (raw: Json, folder: string) => void;
  onClose: () => void;
}) {
  const [raw, setRaw] = useState(props.raw);
  const [folder, setFolder] = useState(props.folder);
  const variables = variablesOf(raw);
  const change = (i: number, next: Json | null) =>
    setRaw(
      withVariables(
        raw,
        next === null ? variables.filter((_, k) => k !== i) : variables.map((v, k) => (k === i ? next : v)),
      ),
    );
  const tags = list(raw.tags).map((t) => text(t));
  return (
    <Dialog title="Dashboard settings" open onClose={props.onClose} wide>
      <div className="dash-editor">
        <fieldset>
          <legend>Dashboard</legend>
          <label>
            <span className="field-label">Title</span>
            <input
              className="dash-input"
              maxLength={200}
              value={text(raw.title)}
              onChange={(e) => setRaw({ ...raw, title: e.target.value })}
            />
          </label>
          <label>
            <span className="field-label">Folder</span>
            <input
              className="dash-input"
              maxLength={100}
              value={folder}
              onChange={(e) => setFolder(e.target.value)}
            />
          </label>
          <label>
            <span className="field-label">Tags</span>
            <input
              className="dash-input"
              defaultValue={tags.join(', ')}
              onBlur={(e) =>
                setRaw({
                  ...raw,
                  tags: e.target.value
                    .split(',')
                    .map((t) => t.trim())
                    .filter((t) => t !== ''),
                })
              }
            />
          </label>
        </fieldset>
        <section aria-label="Variables">
          <h3>Variables</h3>
          {variables.map((v, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: names change while they are written.
            <VariableForm key={i} raw={v} index={i} onChange={(next) => change(i, next)} />
          ))}
          <Button
            icon="plus"
            onClick={() =>
              setRaw(
                withVariables(raw, [
                  ...variables,
                  {
                    name: `variable${variables.length + 1}`,
                    type: 'query',
                    datasource: sourceOf('metrics'),
                    query: 'label_values(job)',
                    refresh: 2,
                    sort: 1,
                  },
                ]),
              )
            }
          >
            Add variable
          </Button>
        </section>
        <div className="dialog-actions">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button look="primary" onClick={() => props.onDone(raw, folder.trim())}>
            Apply
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function VariableForm({
  raw,
  index,
  onChange,
}: {
  raw: Json;
  index: number;
  onChange: (next: Json | null) => void;
}) {
  const kind = text(raw.type) as VariableKind;
  const query = isObject(raw.query) ? text(raw.query.query) : text(raw.query);
  const choices = KINDS.some((k) => k.value === kind) ? KINDS : [...KINDS, { value: kind, label: kind }];
  const logs = text(at(raw, 'datasource.type')) === 'loki';
  const input = (name: string, label: string, value: string, write: (v: string) => Json) => (
    <label>
      <span className="field-label">{label}</span>
      <input
        className="dash-input"
        aria-label={`${label} of variable ${index + 1}`}
        value={value}
        spellCheck={false}
        name={name}
        onChange={(e) => onChange(write(e.target.value))}
      />
    </label>
  );
  const check = (name: string, label: string) => (
    <label className="check">
      <input
        type="checkbox"
        checked={flag(raw[name])}
        onChange={(e) => onChange({ ...raw, [name]: e.target.checked })}
      />
      {label}
    </label>
  );
  return (
    <fieldset>
      <legend>{text(raw.name) || `Variable ${index + 1}`}</legend>
      {input('name', 'Name', text(raw.name), (v) => ({ ...raw, name: v.replace(/\W/g, '') }))}
      {input('label', 'Label', text(raw.label), (v) => ({ ...raw, label: v }))}
      <Select label="Type" value={kind} choices={choices} onChange={(type) => onChange({ ...raw, type })} />
      {kind === 'query' && (
        <Select<Signal>
          label="Source"
          value={logs ? 'logs' : 'metrics'}
          choices={[
            { value: 'metrics', label: 'Metrics' },
            { value: 'logs', label: 'Logs' },
          ]}
          onChange={(s) => onChange({ ...raw, datasource: sourceOf(s) })}
        />
      )}
      {kind !== 'adhoc' &&
        input(
          'query',
          kind === 'query' ? 'Query' : kind === 'custom' || kind === 'interval' ? 'Values' : 'Value',
          query,
          (v) =>
            // The saved value of a constant would win over a changed text.
            kind === 'constant' || kind === 'textbox'
              ? { ...raw, query: v, current: { text: v, value: v } }
              : { ...raw, query: v },
        )}
      {kind === 'query' &&
        input('regex', 'Regular expression', text(raw.regex), (v) => ({ ...raw, regex: v }))}
      {kind === 'query' && (
        <Select
          label="Order"
          value={String(number(raw.sort) ?? 0)}
          choices={SORTS.map((label, i) => ({ value: String(i), label }))}
          onChange={(v) => onChange({ ...raw, sort: Number(v) })}
        />
      )}
      {(kind === 'query' || kind === 'custom') && (
        <>
          {check('multi', 'Several values')}
          {check('includeAll', 'All')}
        </>
      )}
      <Button
        icon="trash"
        look="ghost"
        label={`Remove variable ${index + 1}`}
        onClick={() => onChange(null)}
      />
    </fieldset>
  );
}
