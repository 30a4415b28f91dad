/** Service and labels of a selection. The text field holds the whole selector. */
import { useEffect, useState } from 'react';
import { Button, Select } from '../../components/ui';
import { SERVICE, serviceOf, withLabel } from './state';

const MAX_CHOICES = 300;

export function Selector(props: {
  label: string;
  query: string;
  series: Record<string, string>[];
  onQuery: (query: string) => void;
}) {
  const { query, series } = props;
  const [text, setText] = useState(query);
  useEffect(() => setText(query), [query]);
  const service = serviceOf(query);
  const services = [...new Set(series.map((s) => s[SERVICE] ?? ''))].filter((s) => s !== '').sort();
  if (service !== '' && !services.includes(service)) services.unshift(service);
  const pairs = new Map<string, [string, string]>();
  for (const labels of series) {
    if (service !== '' && labels[SERVICE] !== service) continue;
    for (const [name, value] of Object.entries(labels))
      if (name !== SERVICE && !name.startsWith('__')) pairs.set(`${name} = ${value}`, [name, value]);
  }
  const choices = [...pairs.keys()].sort().slice(0, MAX_CHOICES);
  return (
    <div className="profile-selector">
      <Select
        label={`${props.label} service`}
        hideLabel
        value={service}
        choices={[{ value: '', label: 'All services' }, ...services.map((s) => ({ value: s, label: s }))]}
        onChange={(next) => props.onQuery(next === '' ? '{}' : withLabel('{}', SERVICE, next))}
      />
      {choices.length > 0 && (
        <Select
          label={`${props.label} label`}
          hideLabel
          value=""
          choices={[{ value: '', label: 'Add label' }, ...choices.map((c) => ({ value: c, label: c }))]}
          onChange={(chosen) => {
            const pair = pairs.get(chosen);
            if (pair) props.onQuery(withLabel(query, pair[0], pair[1]));
          }}
        />
      )}
      <form
        className="profile-query"
        onSubmit={(e) => {
          e.preventDefault();
          props.onQuery(text.trim());
        }}
      >
        <input
          type="text"
          aria-label={`${props.label} selector`}
          value={text}
          placeholder='{service_name="shop"}'
          spellCheck={false}
          autoComplete="off"
          onChange={(e) => setText(e.target.value)}
        />
        <Button type="submit" icon="play">
          Run
        </Button>
      </form>
    </div>
  );
}
