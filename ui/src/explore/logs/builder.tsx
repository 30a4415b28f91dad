/** Form of the query. The text is the only state: each change edits the text and keeps what the form does not show. */
import { useEffect, useId, useState } from 'react';
import { Button, Select } from '../../components/ui';
import { type Span, useLabelNames, useLabelValues } from './api';
import { quoted } from './lexer';
import {
  type Matcher,
  type MatchOp,
  parseLog,
  replaceStage,
  type Stage,
  withMatchers,
  withStage,
  writeSelector,
} from './query';

const OPS: { value: MatchOp; label: string }[] = [
  { value: '=', label: '=' },
  { value: '!=', label: '!=' },
  { value: '=~', label: '=~' },
  { value: '!~', label: '!~' },
];

const LINE_OPS = [
  { value: '|=', label: 'Line contains' },
  { value: '!=', label: 'Line excludes' },
  { value: '|~', label: 'Line matches' },
  { value: '!~', label: 'Line mismatches' },
  { value: '|>', label: 'Pattern matches' },
  { value: '!>', label: 'Pattern excludes' },
];

const ADDED = [
  { value: '', label: 'Add stage' },
  { value: '|= ""', label: 'Line filter' },
  { value: '| json', label: 'Parse JSON' },
  { value: '| logfmt', label: 'Parse logfmt' },
  { value: '| level="error"', label: 'Field filter' },
  { value: '| decolorize', label: 'Remove colours' },
  { value: '| line_format "{{.message}}"', label: 'Format line' },
];

/** Text that is committed when the field is left or Enter is pressed. */
function Field(props: {
  label: string;
  value: string;
  onCommit: (value: string) => void;
  suggestions?: string[];
  onFocus?: () => void;
}) {
  const [text, setText] = useState(props.value);
  const id = useId();
  useEffect(() => setText(props.value), [props.value]);
  const commit = () => {
    if (text !== props.value) props.onCommit(text);
  };
  return (
    <>
      <input
        className="logs-field"
        aria-label={props.label}
        placeholder={props.label}
        value={text}
        size={Math.min(40, Math.max(8, text.length + 1))}
        list={props.suggestions ? id : undefined}
        spellCheck={false}
        onFocus={props.onFocus}
        onChange={(e) => setText(e.target.value)}
        onBlur={commit}
        onKeyDown={(e) => {
          if (e.key === 'Enter') commit();
        }}
      />
      {props.suggestions && (
        <datalist id={id}>
          {props.suggestions.slice(0, 200).map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  );
}

function MatcherRow(props: {
  matcher: Matcher;
  others: Matcher[];
  names: string[];
  range: Span;
  onChange: (matcher: Matcher | null) => void;
}) {
  const { matcher, others, onChange } = props;
  const [asked, setAsked] = useState(false);
  const within = others.some((m) => m.op === '=' && m.value !== '') ? writeSelector(others) : undefined;
  const values = useLabelValues(matcher.name, props.range, within, asked);
  return (
    <span className="logs-matcher">
      <Field
        label="Label"
        value={matcher.name}
        suggestions={props.names}
        onCommit={(name) => onChange({ ...matcher, name: name.replace(/\W/g, '_') })}
      />
      <Select
        label="Operator"
        hideLabel
        value={matcher.op}
        choices={OPS}
        onChange={(op) => onChange({ ...matcher, op })}
      />
      <Field
        label="Value"
        value={matcher.value}
        suggestions={values.data ?? []}
        onFocus={() => setAsked(true)}
        onCommit={(value) => onChange({ ...matcher, value })}
      />
      <Button icon="close" look="ghost" label="Remove label" onClick={() => onChange(null)} />
    </span>
  );
}

function StageRow({ stage, onChange }: { stage: Stage; onChange: (text: string | null) => void }) {
  const values = stage.values;
  return (
    <span className="logs-matcher">
      {stage.kind === 'line' && values?.length === 1 ? (
        <>
          <Select
            label="Line filter"
            hideLabel
            value={stage.op as string}
            choices={LINE_OPS}
            onChange={(op) => onChange(`${op} ${quoted(values[0] as string)}`)}
          />
          <Field
            label="Text"
            value={values[0] as string}
            onCommit={(text) => onChange(`${stage.op} ${quoted(text)}`)}
          />
        </>
      ) : (
        <Field
          label="Stage"
          value={stage.text}
          onCommit={(text) => onChange(text.trim() === '' ? null : text.trim())}
        />
      )}
      <Button icon="close" look="ghost" label="Remove stage" onClick={() => onChange(null)} />
    </span>
  );
}

export function Builder(props: { query: string; range: Span; onChange: (query: string) => void }) {
  const { query, onChange } = props;
  const names = useLabelNames();
  const parts = query.trim() === '' ? { matchers: [], stages: [] } : parseLog(query);
  if (!parts) {
    return <p className="logs-builder muted">This query has no complete selector: edit it as code.</p>;
  }
  const change = (i: number, matcher: Matcher | null) =>
    onChange(
      withMatchers(
        query,
        parts.matchers.flatMap((m, j) => (j !== i ? [m] : matcher ? [matcher] : [])),
      ),
    );
  const known = names.data ?? [];
  const unused = known.find((name) => !parts.matchers.some((m) => m.name === name)) ?? 'service_name';
  return (
    <section className="logs-builder" aria-label="Builder">
      <div className="logs-builder-row">
        <span className="field-label">Labels</span>
        {parts.matchers.map((matcher, i) => (
          <MatcherRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a matcher has no identity but its place.
            key={i}
            matcher={matcher}
            others={parts.matchers.filter((m) => m !== matcher)}
            names={known}
            range={props.range}
            onChange={(next) => change(i, next)}
          />
        ))}
        <Button
          icon="plus"
          look="ghost"
          onClick={() =>
            onChange(withMatchers(query, [...parts.matchers, { name: unused, op: '=~', value: '.+' }]))
          }
        >
          Add label
        </Button>
      </div>
      <div className="logs-builder-row">
        <span className="field-label">Stages</span>
        {parts.stages.map((stage, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a stage has no identity but its place.
          <StageRow key={i} stage={stage} onChange={(text) => onChange(replaceStage(query, i, text))} />
        ))}
        {parts.matchers.length > 0 && (
          <Select
            label="Add stage"
            hideLabel
            value=""
            choices={ADDED}
            onChange={(stage) => stage && onChange(withStage(query, stage))}
          />
        )}
      </div>
    </section>
  );
}
