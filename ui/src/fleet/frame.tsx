/** What all pages of the fleet share: their head, the token that they ask for, and dialogs. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { ApiError, setToken } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { Button, Dialog, Loading, Notice, PageHead } from '../components/ui';
import './fleet.css';

/** The page when its data is there; before that, what is missing. */
export function FleetPage(props: {
  title: string;
  lead: ReactNode;
  tools?: ReactNode;
  query: { data: unknown; error: Error | null };
  children: ReactNode;
}) {
  const { error, data } = props.query;
  const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
  return (
    <div className="page">
      <PageHead title={props.title} lead={props.lead}>
        {props.tools}
      </PageHead>
      <div className="page-tools">
        <PageTabs />
      </div>
      {refused ? <TokenForm error={error} /> : error && <ErrorNotice error={error} />}
      {!error && data === undefined && <Loading />}
      {data !== undefined && !refused && <div className="fleet">{props.children}</div>}
    </div>
  );
}

function TokenForm({ error }: { error: ApiError }) {
  const client = useQueryClient();
  const [token, write] = useState('');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setToken(token.trim());
    write('');
    void client.invalidateQueries();
  };
  return (
    <form className="fleet-form card" onSubmit={submit}>
      <Notice kind="info" title="A token is required">
        {error.message}
      </Notice>
      <label className="fleet-field">
        <span className="field-label">Token</span>
        <input type="password" autoComplete="off" value={token} onChange={(e) => write(e.target.value)} />
      </label>
      <p className="muted">It is kept in this tab until the tab is closed.</p>
      <Button type="submit" look="primary" disabled={token.trim() === ''}>
        Use token
      </Button>
    </form>
  );
}

/** A character that is seen: no space, control or format character. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

const NO_REASON = 'Enter a reason. The audit log keeps it.';

/** An open dialog that changes something, with the reason that the audit log keeps. */
export function ChangeDialog(props: {
  title: string;
  action: string;
  danger?: boolean;
  wide?: boolean;
  onClose: () => void;
  onSubmit: (reason: string) => Promise<unknown>;
  children?: ReactNode;
}) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const [lacking, setLacking] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const wrong = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (lacking) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [lacking]);
  useEffect(() => {
    // A long form scrolls: what is wrong must be seen where the button was pressed.
    if (error) wrong.current?.scrollIntoView({ block: 'nearest' });
  }, [error]);
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    if (!VISIBLE.test(reason)) {
      setLacking(true);
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      await props.onSubmit(reason.trim());
      props.onClose();
    } catch (failed) {
      setError(failed instanceof Error ? failed : new Error(String(failed)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} open onClose={props.onClose} wide={props.wide}>
      {/* An error is of what was sent: it goes when anything is changed. */}
      <form
        ref={form}
        className="fleet-form"
        onSubmit={(e) => void submit(e)}
        onChange={() => setError(undefined)}
      >
        {props.children}
        <Field
          label="Reason"
          value={reason}
          onChange={(text) => {
            setReason(text);
            setLacking(false);
          }}
          placeholder="kept in the audit log"
          problem={lacking ? NO_REASON : undefined}
        />
        {error && (
          <div ref={wrong}>
            <ErrorNotice error={error} />
          </div>
        )}
        <div className="fleet-actions">
          <Button onClick={props.onClose}>Close</Button>
          <Button type="submit" look={props.danger ? 'danger' : 'primary'} disabled={busy}>
            {props.action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function Field(props: {
  label: string;
  value: string;
  placeholder?: string;
  hint?: ReactNode;
  /** What is wrong with the value. */
  problem?: string;
  /** Id of a list of suggestions. */
  list?: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="fleet-field">
      <label className="field-label" htmlFor={id}>
        {props.label}
      </label>
      <input
        id={id}
        type="text"
        spellCheck={false}
        autoComplete="off"
        list={props.list}
        aria-invalid={props.problem !== undefined}
        aria-describedby={props.problem === undefined ? undefined : `${id}-problem`}
        placeholder={props.placeholder}
        value={props.value}
        onChange={(e) => props.onChange(e.target.value)}
      />
      {props.hint && <p className="muted">{props.hint}</p>}
      {props.problem && (
        <p className="fleet-problem" id={`${id}-problem`} role="alert">
          {props.problem}
        </p>
      )}
    </div>
  );
}
