/** What short jobs have pushed: groups, when each was pushed, what is in it. */

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import { ApiError } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { apiUrl } from '../app/base';
import { PageTabs } from '../app/page-tabs';
import { offer } from '../app/parts';
import { Icon } from '../components/icons';
import { useMoment } from '../components/moment';
import { Button, Dialog, Empty, LabelChips, Loading, PageHead, SearchField } from '../components/ui';
import { formatAgo } from '../lib/time';
import { detailText, type Group, groupMatches, groupPath, readGroup, valueText } from './groups';
import './pushgateway.css';

const FIRST_GROUPS = 100;
const FIRST_METRICS = 50;

const url = (path: string) => apiUrl(`${offer.parts.pushgateway ?? ''}${path}`);

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url(path), init);
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError('unreachable', 'The Pushgateway did not respond.', 0);
  }
  if (!response.ok)
    throw new ApiError(
      'error',
      (await response.text()).slice(0, 500) || `The server responded with status ${response.status}.`,
      response.status,
    );
  return response;
}

function useGroups() {
  return useQuery({
    queryKey: ['pushed'],
    queryFn: async ({ signal }) => {
      const answer = await ask('api/v1/metrics', { signal });
      return ((await answer.json()) as { data: Record<string, unknown>[] }).data.map(readGroup);
    },
    structuralSharing: false,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
}

/** Whether the gateway lets all groups be deleted at once. */
function useMayWipe(): boolean {
  const { data } = useQuery({
    queryKey: ['pushed-status'],
    queryFn: async ({ signal }) => {
      const answer = await ask('api/v1/status', { signal });
      return ((await answer.json()) as { data: { flags: Record<string, string> } }).data.flags;
    },
    staleTime: 600_000,
  });
  return data?.['web.enable-admin-api'] === 'true';
}

/** A button that asks before it deletes. */
function Delete(props: {
  title: string;
  name: string;
  look?: 'ghost' | 'plain';
  children: ReactNode;
  act: () => Promise<unknown>;
}) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const act = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await props.act();
      setOpen(false);
      await client.invalidateQueries({ queryKey: ['pushed'] });
    } catch (e) {
      setProblem(e);
    }
    setBusy(false);
  };
  return (
    <>
      <Button look={props.look ?? 'ghost'} icon="trash" onClick={() => setOpen(true)}>
        {props.name}
      </Button>
      <Dialog title={props.title} open={open} onClose={() => setOpen(false)}>
        {props.children}
        {problem !== null && <ErrorNotice error={problem} />}
        <div className="dialog-foot">
          <Button onClick={() => setOpen(false)}>Keep</Button>
          <Button look="danger" disabled={busy} onClick={() => void act()}>
            Delete
          </Button>
        </div>
      </Dialog>
    </>
  );
}

function Families({ group }: { group: Group }) {
  const [most, setMost] = useState(FIRST_METRICS);
  const all = group.families.flatMap((family) => family.metrics.map((metric) => ({ family, metric })));
  const omit = Object.keys(group.labels);
  if (all.length === 0) return <p className="muted pushed-none">Only push times.</p>;
  return (
    <div className="pushed-metrics">
      <table className="table">
        <thead>
          <tr>
            <th>Metric</th>
            <th>Labels</th>
            <th className="num">Value</th>
            <th>Pushed</th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, most).map(({ family, metric }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list is drawn anew as a whole.
            <tr key={i}>
              <td>
                <span className="mono-text">{family.name}</span>{' '}
                <span className={`badge badge-${family.type}`}>{family.type}</span>
                {family.help && <span className="muted pushed-help">{family.help}</span>}
              </td>
              <td>
                <LabelChips
                  labels={metric.labels}
                  // The group's own labels stand above, unless the metric has others of the same names.
                  omit={omit.filter((name) => (metric.labels[name] ?? '') === group.labels[name])}
                />
              </td>
              <td className="num mono-text">
                {valueText(metric)}
                {detailText(metric) && <span className="muted pushed-help">{detailText(metric)}</span>}
              </td>
              <td className="muted">{formatAgo(family.at, Date.now())}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > most && (
        <Button look="ghost" onClick={() => setMost(most * 5)}>
          {`Show more of ${all.length.toLocaleString('en')}`}
        </Button>
      )}
    </div>
  );
}

function OneGroup({ group, opened }: { group: Group; opened: boolean }) {
  const moment = useMoment();
  const [open, setOpen] = useState(opened);
  const count = group.families.reduce((sum, family) => sum + family.metrics.length, 0);
  const now = Date.now();
  return (
    <section className="card pushed-group">
      <div className="pushed-head">
        <button type="button" className="discovery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'down' : 'right'} size={15} />
          <LabelChips labels={group.labels} />
          <span className="pushed-count">
            {count.toLocaleString('en')} {count === 1 ? 'metric' : 'metrics'}
          </span>
        </button>
        <span className="muted pushed-times">
          {group.pushed > 0 ? (
            <span title={moment(group.pushed)}>pushed {formatAgo(group.pushed, now)}</span>
          ) : (
            'never pushed successfully'
          )}
        </span>
        {!group.successful && (
          <span className="badge badge-err" title={moment(group.failed)}>
            last push failed {group.failed > 0 ? formatAgo(group.failed, now) : ''}
          </span>
        )}
        {group.successful && group.failed > 0 && (
          <span className="badge badge-warn" title={moment(group.failed)}>
            failed {formatAgo(group.failed, now)}
          </span>
        )}
        <Delete
          title="Delete this group?"
          name="Delete"
          act={() => ask(groupPath(group.labels), { method: 'DELETE' })}
        >
          <p>Its {count.toLocaleString('en')} metrics are gone until its job pushes again.</p>
          <LabelChips labels={group.labels} />
        </Delete>
      </div>
      {open && <Families group={group} />}
    </section>
  );
}

export function PushgatewayPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const groups = useGroups();
  const mayWipe = useMayWipe();
  const [most, setMost] = useState(FIRST_GROUPS);
  const all = groups.data ?? [];
  const text = search.search ?? '';
  const shown = useMemo(() => all.filter((group) => groupMatches(group, text)), [all, text]);
  const failed = all.filter((group) => !group.successful).length;
  return (
    <div className="page">
      <PageHead
        title="Pushed metrics"
        tab="Pushed"
        lead={
          groups.data
            ? `${all.length.toLocaleString('en')} ${all.length === 1 ? 'group' : 'groups'}${
                failed > 0 ? `; the last push of ${failed.toLocaleString('en')} failed` : ''
              }`
            : undefined
        }
      >
        {mayWipe && all.length > 0 && (
          <Delete
            title="Delete all groups?"
            name="Delete all"
            look="plain"
            act={() => ask('api/v1/admin/wipe', { method: 'PUT' })}
          >
            <p>
              All {all.length.toLocaleString('en')} groups are deleted, including those hidden by the filter.
              They reappear when their jobs push again.
            </p>
          </Delete>
        )}
        <PageTabs />
      </PageHead>
      {groups.error && <ErrorNotice error={groups.error} />}
      {groups.isPending && <Loading label="Loading groups" />}
      {groups.data && all.length === 0 && (
        <Empty icon="targets" title="No pushes yet">
          Jobs push like this:
          <span className="code-block">{`echo 'done_total 1' | curl --data-binary @- ${location.origin}${url('metrics/job/backup')}`}</span>
        </Empty>
      )}
      {all.length > 0 && (
        <div className="filters">
          <SearchField
            label="Search groups"
            placeholder="Labels or metrics"
            value={text}
            onChange={(next) =>
              void navigate({
                to: '/pushgateway',
                search: (next ? { search: next } : {}) as never,
                replace: true,
                resetScroll: false,
              })
            }
          />
        </div>
      )}
      {all.length > 0 && shown.length === 0 && <Empty icon="search" title="No group matches" />}
      {shown.slice(0, most).map((group) => (
        <OneGroup key={JSON.stringify(group.labels)} group={group} opened={all.length === 1} />
      ))}
      {shown.length > most && (
        <Button look="ghost" onClick={() => setMost(most * 4)}>
          {`Show more of ${shown.length.toLocaleString('en')} groups`}
        </Button>
      )}
    </div>
  );
}
