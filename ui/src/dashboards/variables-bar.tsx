/** Fields of the variables above the panels. */
import { useMemo, useState } from 'react';
import { Icon } from '../components/icons';
import { Button, Popover, SearchField } from '../components/ui';
import { ALL, type Option, type Variable } from './model';
import type { Resolved, Variables } from './use-variables';

const SHOWN = 200;

export function VariablesBar(props: {
  variables: Variables;
  adhoc: Variable[];
  onChange: (name: string, values: string[]) => void;
}) {
  const shown = props.variables.all.filter(
    ({ variable: v }) => !v.hidden && v.kind !== 'constant' && v.kind !== 'datasource',
  );
  if (shown.length === 0 && props.adhoc.length === 0) return null;
  return (
    <div className="dash-variables" role="group" aria-label="Variables">
      {shown.map((r) =>
        r.variable.kind === 'textbox' ? (
          <TextVariable key={r.variable.name} of={r} onChange={props.onChange} />
        ) : (
          <ChoiceVariable key={r.variable.name} of={r} onChange={props.onChange} />
        ),
      )}
      {props.adhoc.map((v) => (
        <Filters
          key={v.name}
          variable={v}
          filters={props.variables.filters}
          onChange={(values) => props.onChange(v.name, values)}
        />
      ))}
    </div>
  );
}

const labelOf = (v: Variable) => v.label || v.name;

function TextVariable({
  of,
  onChange,
}: {
  of: Resolved;
  onChange: (name: string, values: string[]) => void;
}) {
  const value = of.value.values[0] ?? '';
  const [draft, setDraft] = useState(value);
  const commit = () => {
    if (draft !== value) onChange(of.variable.name, [draft]);
  };
  return (
    <label className="dash-variable">
      <span className="field-label">{labelOf(of.variable)}</span>
      <input
        className="dash-input"
        value={draft}
        spellCheck={false}
        onChange={(e) => setDraft(e.target.value)}
        onBlur={commit}
        onKeyDown={(e) => e.key === 'Enter' && commit()}
      />
    </label>
  );
}

function ChoiceVariable({
  of,
  onChange,
}: {
  of: Resolved;
  onChange: (name: string, values: string[]) => void;
}) {
  const { variable, options, value, error } = of;
  const name = labelOf(variable);
  const text = value.texts.length === 0 ? 'None' : value.texts.slice(0, 3).join(' + ');
  const more = value.texts.length > 3 ? ` +${value.texts.length - 3}` : '';
  return (
    <span className="dash-variable">
      {!variable.hideLabel && <span className="field-label">{name}</span>}
      <Popover
        label={name}
        className="dash-choices"
        button={(open, toggle) => (
          <button
            type="button"
            className="button button-plain"
            aria-expanded={open}
            aria-label={`${name}: ${text}${more}`}
            title={error?.message}
            onClick={toggle}
          >
            {error && <Icon name="warning" size={14} />}
            <span className="dash-chosen">{text + more}</span>
            <Icon name="down" size={13} />
          </button>
        )}
      >
        {(close) => (
          <Choices of={of} options={options} onChange={(v) => onChange(variable.name, v)} onClose={close} />
        )}
      </Popover>
    </span>
  );
}

function Choices(props: {
  of: Resolved;
  options: Option[];
  onChange: (values: string[]) => void;
  onClose: () => void;
}) {
  const { variable, value, error } = props.of;
  const [find, setFind] = useState('');
  const isAll = value.texts[0] === 'All' && variable.all;
  const chosen = isAll ? [ALL] : value.values;
  const all = useMemo(
    () => (variable.all ? [{ text: 'All', value: ALL }, ...props.options] : props.options),
    [variable.all, props.options],
  );
  const found = all.filter((o) => o.text.toLowerCase().includes(find.toLowerCase()));
  const press = (option: Option) => {
    if (!variable.multi) {
      props.onChange([option.value]);
      props.onClose();
      return;
    }
    if (option.value === ALL) {
      props.onChange([ALL]);
      return;
    }
    const rest = chosen.filter((v) => v !== ALL);
    const next = rest.includes(option.value)
      ? rest.filter((v) => v !== option.value)
      : [...rest, option.value];
    if (next.length > 0) props.onChange(next);
    else if (variable.all) props.onChange([ALL]);
  };
  return (
    <>
      <SearchField label="Filter values" value={find} onChange={setFind} autoFocus />
      {error && <p className="dash-error">{error.message}</p>}
      <div className="dash-choice-list" role="group" aria-label="Values">
        {found.slice(0, SHOWN).map((o) => (
          <button
            key={o.value}
            type="button"
            className="menu-item"
            aria-pressed={chosen.includes(o.value)}
            onClick={() => press(o)}
          >
            {o.text || '(empty)'}
          </button>
        ))}
        {found.length > SHOWN && (
          <p className="muted">{`${found.length - SHOWN} more: filter to find them`}</p>
        )}
        {found.length === 0 && <p className="muted">No values</p>}
      </div>
      {find !== '' && found.length === 0 && (
        <Button
          onClick={() => {
            props.onChange(variable.multi && !isAll ? [...value.values, find] : [find]);
            props.onClose();
          }}
        >
          {`Use "${find}"`}
        </Button>
      )}
    </>
  );
}

function Filters(props: {
  variable: Variable;
  filters: { key: string; operator: string; value: string }[];
  onChange: (values: string[]) => void;
}) {
  const [draft, setDraft] = useState('');
  const texts = props.filters.map((f) => `${f.key}|${f.operator}|${f.value}`);
  const parsed = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*$/.exec(draft);
  const add = () => {
    if (!parsed) return;
    props.onChange([...texts, `${parsed[1]}|${parsed[2]}|${parsed[3]}`]);
    setDraft('');
  };
  return (
    <span className="dash-variable">
      <span className="field-label">{labelOf(props.variable)}</span>
      {props.filters.map((f, i) => (
        <button
          key={texts[i]}
          type="button"
          className="pill"
          title="Remove filter"
          onClick={() => props.onChange(texts.filter((_, k) => k !== i))}
        >
          {`${f.key}${f.operator}"${f.value}"`} <Icon name="close" size={11} />
        </button>
      ))}
      <input
        className="dash-input"
        aria-label={`Add filter to ${labelOf(props.variable)}`}
        placeholder='label="value"'
        value={draft}
        spellCheck={false}
        onChange={(e) => setDraft(e.target.value)}
        onKeyDown={(e) => e.key === 'Enter' && add()}
        onBlur={add}
      />
    </span>
  );
}
