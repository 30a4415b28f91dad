/** Dry run of a text on records: what each destination, node and edge would get, compared with a version. */
import { useEffect, useId, useRef, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Button, Notice, Segmented, Select } from '../components/ui';
import { formatValue } from '../lib/units';
import { type DryRunAnswer, dryRun, tapFleet, type Version } from './api';
import { Field } from './frame';
import { NodeField } from './nodes';
import {
  type Compared,
  changeOf,
  destinations,
  edges,
  nodes,
  sampledItems,
  samplesOfLines,
  samplesOfTap,
} from './samples';

/** Time of a tap for samples, in seconds, and its records of each agent. */
const SECONDS = 5;
const RECORDS = 100;

type Busy = 'tap' | 'run' | undefined;

export function DryRunForm({ name, text, versions }: { name: string; text: string; versions: Version[] }) {
  const [source, setSource] = useState<'tap' | 'file'>('tap');
  const [selector, setSelector] = useState('');
  const [node, setNode] = useState('');
  const [file, setFile] = useState<File>();
  const [baseline, setBaseline] = useState('');
  const [busy, setBusy] = useState<Busy>();
  const [error, setError] = useState<unknown>(null);
  const [refusals, setRefusals] = useState<string[]>([]);
  const [answer, setAnswer] = useState<DryRunAnswer>();
  const id = useId();
  const end = useRef<HTMLDivElement>(null);
  const ended = answer ?? error;
  useEffect(() => {
    // The form is longer than a dialog: what the run found must be seen where its button was pressed.
    if (ended) end.current?.scrollIntoView({ block: 'start' });
  }, [ended]);
  const latest = (versions.find((one) => !one.undone) ?? { version: 0 }).version;
  const against = baseline === '' ? String(latest) : baseline;
  const ready = name !== '' && text !== '' && (source === 'tap' ? node !== '' : file !== undefined);
  const run = async () => {
    setError(null);
    setAnswer(undefined);
    setRefusals([]);
    try {
      let samples: unknown[];
      if (source === 'tap') {
        setBusy('tap');
        const tapped = await tapFleet({ node, selector, seconds: SECONDS, records: RECORDS });
        setRefusals([...new Set(tapped.agents.map((one) => one.error ?? '').filter(Boolean))]);
        samples = samplesOfTap(tapped);
        if (samples.length === 0) throw new Error(`No record passed ${node} within ${SECONDS} s.`);
      } else samples = samplesOfLines((await file?.text()) ?? '');
      setBusy('run');
      setAnswer(await dryRun({ name, text, samples, baseline: Number(against) }));
    } catch (e) {
      setError(e);
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <section
      className="dry-run"
      aria-label="Dry run"
      // The fields are inside the form of a new version, which Enter must not send from here.
      onKeyDown={(e) => {
        if (e.key === 'Enter' && e.target instanceof HTMLInputElement) e.preventDefault();
      }}
    >
      <p className="muted">
        Runs the configuration on sample records in the control plane. Nothing is sent, and no agent changes.
      </p>
      <div className="fleet-row">
        <Segmented
          label="Records"
          value={source}
          choices={[
            { value: 'tap', label: 'Live records' },
            { value: 'file', label: 'From a file' },
          ]}
          onChange={setSource}
        />
        <Select
          label="Compare with"
          value={against}
          choices={[
            ...versions.map((one) => ({
              value: String(one.version),
              label: `version ${one.version}${one.undone ? ', undone' : ''}`,
            })),
            { value: '0', label: 'nothing' },
          ]}
          onChange={setBaseline}
        />
      </div>
      {source === 'tap' ? (
        <div className="fleet-row">
          <Field label="Agents" value={selector} placeholder="env=prod" onChange={setSelector} />
          <NodeField selector={selector} value={node} onChange={setNode} prefer="receiver" />
        </div>
      ) : (
        <div className="fleet-field">
          <label className="field-label" htmlFor={id}>
            File with records
          </label>
          <input
            id={id}
            type="file"
            accept=".json,.jsonl,.ndjson"
            onChange={(e) => setFile(e.target.files?.[0])}
          />
          <p className="muted">One OTLP/JSON request per line, as written by the file exporter.</p>
        </div>
      )}
      <div>
        <Button icon="play" disabled={!ready || busy !== undefined} onClick={() => void run()}>
          {busy === 'tap' ? `Reading records for ${SECONDS} s` : busy === 'run' ? 'Running' : 'Start dry run'}
        </Button>
      </div>
      <div ref={end} className="dry-run">
        {refusals.length > 0 && (
          <Notice kind="warning" title="Some agents sent no records">
            {refusals.join(' · ')}
          </Notice>
        )}
        {error !== null && <ErrorNotice error={error} />}
        {answer && <Result of={answer} />}
      </div>
    </section>
  );
}

function Result({ of }: { of: DryRunAnswer }) {
  const version = of.baselineVersion === undefined ? '' : `Version ${of.baselineVersion}`;
  const sampled = sampledItems(of);
  return (
    <>
      <p role="status">
        On {sampled || 'no records'}
        {version ? `, compared with ${version.toLowerCase()}` : ''}: {of.result.validation}
      </p>
      {of.result.warnings?.map((text) => (
        <Notice kind="warning" title="Sample items are dropped" key={text}>
          {text}
        </Notice>
      ))}
      <Volumes title="Destinations" of={destinations(of)} version={version} detail="Signal" open />
      <Nodes of={of} version={version} />
      <Volumes title="Edges" of={edges(of)} version={version} detail="Pipeline" />
    </>
  );
}

const items = (of: number | undefined) => (of === undefined ? '' : of.toLocaleString('en'));
const bytes = (of: number | undefined) => (of === undefined ? '' : formatValue(of, 'bytes', 3));

function Volumes(props: { title: string; of: Compared[]; version: string; detail: string; open?: boolean }) {
  return (
    <details open={props.open} className="dry-run-part">
      <summary>{props.title}</summary>
      <div className="table-wrap">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{props.title.replace(/s$/, '')}</th>
              <th scope="col">{props.detail}</th>
              <th scope="col" className="num">
                Items
              </th>
              <th scope="col" className="num">
                Bytes
              </th>
              {props.version && (
                <th scope="col" className="num">
                  {props.version}
                </th>
              )}
              {props.version && (
                <th scope="col" className="num">
                  Change
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {props.of.map((one) => (
              <tr key={one.key}>
                <td>{one.name}</td>
                <td>{one.detail}</td>
                <td className="num">{items(one.items)}</td>
                <td className="num">{bytes(one.bytes)}</td>
                {props.version && <td className="num">{bytes(one.bytesBefore)}</td>}
                {props.version && <td className="num">{changeOf(one.bytesBefore, one.bytes)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Nodes({ of, version }: { of: DryRunAnswer; version: string }) {
  return (
    <details className="dry-run-part">
      <summary>Nodes</summary>
      <div className="table-wrap">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Signal</th>
              <th scope="col" className="num">
                In
              </th>
              <th scope="col" className="num">
                Out
              </th>
              {version && (
                <th scope="col" className="num">
                  Out, {version.toLowerCase()}
                </th>
              )}
              <th scope="col">Dropped</th>
            </tr>
          </thead>
          <tbody>
            {nodes(of).map((one) => (
              <tr key={one.key}>
                <td>{one.name}</td>
                <td>{one.signal}</td>
                <td className="num">{items(one.in)}</td>
                <td className="num">{items(one.out)}</td>
                {version && <td className="num">{items(one.outBefore)}</td>}
                <td>
                  {one.passesAll
                    ? 'passes all in a dry run'
                    : one.dropped.map(([reason, n]) => `${n.toLocaleString('en')} ${reason}`).join(', ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
