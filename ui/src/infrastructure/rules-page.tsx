/** Rules of entities, and the merges, categories and names that this page edits. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { call, postJson, remove } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { Button, CopyButton, Empty, Loading, PageHead, SearchField, Select } from '../components/ui';
import { reasonOf, useWorld } from '../insight/api';
import { kindText } from '../insight/parts';
import { type EditedRules, type EntityRule, mergeOf, quoteExpression, SECTIONS, type Section } from './rules';
import '../insight/insight.css';
import './infrastructure.css';

const EDITED = 'insight/rules/edited';
const KINDS = [
  'service',
  'node',
  'workload',
  'instance',
  'container',
  'database',
  'database_instance',
  'queue',
  'namespace',
  'cluster',
  'external_endpoint',
  'cloud_resource',
];

const useRules = () =>
  useQuery({
    queryKey: ['insight', 'rules'],
    queryFn: async ({ signal }) => (await call<EntityRule[]>('insight/rules', {}, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

const useEdited = () =>
  useQuery({
    queryKey: ['insight', 'edited-rules'],
    queryFn: async ({ signal }) => (await call<EditedRules>(EDITED, {}, signal)).data,
    placeholderData: keepPreviousData,
  });

export function RulesPage() {
  return (
    <div className="page">
      <PageHead
        title="Rules of entities"
        lead="Which series create services, nodes and other entities, and how they are named."
      >
        <PageTabs />
      </PageHead>
      <Edited />
      <Rules />
    </div>
  );
}

function Edited() {
  const edited = useEdited();
  const client = useQueryClient();
  const [error, setError] = useState<Error | null>(null);
  const data = edited.data;
  const run = async (change: () => Promise<{ data: EditedRules }>) => {
    try {
      const answer = await change();
      client.setQueryData(['insight', 'edited-rules'], answer.data);
      setError(null);
      // The model is read again within a second or two.
      setTimeout(() => void client.invalidateQueries({ queryKey: ['insight'] }), 2_000);
      return true;
    } catch (e) {
      setError(e instanceof Error ? e : new Error(String(e)));
      void edited.refetch();
      return false;
    }
  };
  if (edited.error && !data)
    return (
      <Empty icon="warning" title="No rules to edit">
        {reasonOf(edited.error, 'Rules')}
      </Empty>
    );
  if (!data) return <Loading label="Loading rules" />;
  return (
    <section className="panel" aria-label="Own names">
      <h2>Names, categories, merges</h2>
      {data.entries.length === 0 ? (
        <p className="muted">None yet. Entities keep the names that their series give.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label="Own entries" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Entry</th>
                <th scope="col">Kind</th>
                <th scope="col">Names</th>
                <th scope="col">Result</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.entries.map((entry) => (
                <tr key={`${entry.section} ${entry.line}`}>
                  <td>{SECTIONS[entry.section].entry}</td>
                  <td>{entry.kind ? kindText(entry.kind) : 'all'}</td>
                  <td>
                    <code>{entry.match}</code>
                  </td>
                  <td>{entry.as}</td>
                  <td>
                    <Button
                      look="ghost"
                      onClick={() =>
                        void run(() => remove(EDITED, { line: entry.line, version: data.version }))
                      }
                    >
                      Remove
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Form onAdd={(entry) => run(() => postJson(EDITED, { ...entry, version: data.version }))} />
      {error && <ErrorNotice error={error} />}
      <p className="muted rules-file">
        Saved in <code>{data.file}</code>, in the format of <code>--insight.rules-file</code>.{' '}
        {data.text && <CopyButton text={data.text} label="Copy file" />}
      </p>
    </section>
  );
}

function Form({
  onAdd,
}: {
  onAdd: (entry: { section: Section; kind: string; match: string; as: string }) => Promise<boolean>;
}) {
  const world = useWorld().data;
  const [section, setSection] = useState<Section>('names');
  const [kind, setKind] = useState('service');
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [result, setResult] = useState('');
  const names = [
    ...new Set(world?.world.entities.filter((one) => one.kind === kind).map(({ name }) => name) ?? []),
  ].sort();
  const merging = section === 'merges';
  const complete = first.trim() !== '' && result.trim() !== '' && (!merging || second.trim() !== '');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const match = merging ? mergeOf(first, second) : quoteExpression(first);
    if (await onAdd({ section, kind, match, as: result.trim() })) {
      setFirst('');
      setSecond('');
      setResult('');
    }
  };
  return (
    <form className="rules-form" onSubmit={(event) => void submit(event)}>
      <Select
        label="Add"
        value={section}
        choices={(Object.keys(SECTIONS) as Section[]).map((value) => ({
          value,
          label: SECTIONS[value].entry,
        }))}
        onChange={setSection}
      />
      <Select
        label="Kind"
        value={kind}
        choices={KINDS.map((value) => ({ value, label: kindText(value) }))}
        onChange={setKind}
      />
      <label>
        <span>{merging ? 'First name' : 'Present name'}</span>
        <input list="entity-names" value={first} onChange={(e) => setFirst(e.target.value)} />
      </label>
      {merging && (
        <label>
          <span>Second name</span>
          <input list="entity-names" value={second} onChange={(e) => setSecond(e.target.value)} />
        </label>
      )}
      <label>
        <span>{SECTIONS[section].result}</span>
        <input value={result} onChange={(e) => setResult(e.target.value)} />
      </label>
      <datalist id="entity-names">
        {names.slice(0, 1000).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Button type="submit" look="primary" disabled={!complete}>
        Add
      </Button>
    </form>
  );
}

function Rules() {
  const rules = useRules();
  const [filter, setFilter] = useState('');
  if (rules.error && !rules.data)
    return (
      <Empty icon="warning" title="No rules">
        {reasonOf(rules.error, 'Rules')}
      </Empty>
    );
  if (!rules.data) return <Loading label="Loading rules" />;
  const shown = rules.data.filter(({ name, where }) => `${name} ${where}`.includes(filter));
  return (
    <section className="panel" aria-label="Rules">
      <h2>Rules</h2>
      <div className="panel-tools">
        <SearchField label="Filter rules" value={filter} onChange={setFilter} />
        <span className="muted" role="status">
          {shown.length} rules
        </span>
        <Link to="/infrastructure">Entities</Link>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll" role="region" aria-label="Rule list" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">File</th>
              <th scope="col" className="num">
                Series matched
              </th>
              <th scope="col" className="num">
                Series used
              </th>
              <th scope="col">Problem</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((rule) => (
              <tr key={rule.name}>
                <td>{rule.name}</td>
                <td className="muted">{rule.where}</td>
                <td className="num">{rule.series.toLocaleString('en')}</td>
                <td className="num">{rule.applied.toLocaleString('en')}</td>
                <td>{rule.problem ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
