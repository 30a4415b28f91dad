/** One dashboard. The address holds its time, refresh and variables. */
import { useIsFetching } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { ApiError } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { useShortcut } from '../app/shortcuts';
import { TimePicker } from '../components/time-picker';
import { Button, Empty, Loading, Notice, PageHead, Popover } from '../components/ui';
import { clampRange, type TimeRange } from '../lib/time';
import { useAnnotations } from './annotations';
import {
  createDashboard,
  deleteDashboard,
  exportUrl,
  type Stored,
  saveDashboard,
  useDashboard,
  useDashboards,
} from './api';
import './dashboards.css';
import {
  addPanel,
  editable,
  findPanel,
  movePanel,
  newPanel,
  removePanel,
  resizePanel,
  updatePanel,
} from './edit';
import { Grid } from './grid';
import { type Json, number } from './json';
import { SafeLink } from './markdown';
import type { Link as DashboardLink } from './model';
import { PanelEditor } from './panel-editor';
import { PanelTools } from './panel-tools';
import type { PanelEnv } from './panel-view';
import { readDashboard, reportOf } from './read';
import { SettingsDialog } from './settings-dialog';
import { carried, readState, type Search, writeRefresh, writeTime } from './state';
import { useVariables } from './use-variables';
import { interpolate, PREFIX, type Scope, withStep, writeParam } from './variables';
import { VariablesBar } from './variables-bar';

export function DashboardPage() {
  const { uid } = useParams({ strict: false }) as { uid: string };
  const stored = useDashboard(uid);
  if (stored.error instanceof ApiError && stored.error.status === 404)
    return (
      <Empty
        icon="graph"
        title="Dashboard not found"
        actions={
          <Link to="/dashboards" className="button button-primary">
            All dashboards
          </Link>
        }
      >
        {stored.error.message}
      </Empty>
    );
  if (stored.error)
    return (
      <div className="page">
        <ErrorNotice error={stored.error} />
      </div>
    );
  if (!stored.data) return <Loading label="Loading dashboard" />;
  return <Shown key={uid} stored={stored.data} />;
}

interface Draft {
  raw: Json;
  folder: string;
  /** The panel whose form is open. */
  panel: number | null;
  changed: boolean;
}

const draftOf = (stored: Stored): Draft => ({
  raw: editable(stored.dashboard),
  folder: stored.folder,
  panel: null,
  changed: false,
});

function withoutEdit(search: Search): Search {
  const { edit: _edit, ...rest } = search;
  return rest;
}

/** Buttons of the edit mode. A dashboard of a file is saved as a copy. */
function EditBar(props: {
  stored: Stored;
  draft: Draft;
  onDraft: (draft: Draft | null) => void;
  /** The uid of what was saved; "" after a deletion. */
  onSaved: (uid: string) => void;
}) {
  const { stored, draft } = props;
  const [settings, setSettings] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const attempt = async (work: () => Promise<string>) => {
    setBusy(true);
    setFailure(null);
    try {
      props.onSaved(await work());
    } catch (e) {
      setFailure(e);
    } finally {
      setBusy(false);
    }
  };
  const copy = async () => {
    const { uid: _uid, id: _id, ...rest } = draft.raw;
    return (await createDashboard(rest, draft.folder)).uid;
  };
  const add = (panel: Json) => {
    const added = addPanel(draft.raw, panel);
    props.onDraft({ ...draft, raw: added.raw, changed: true, panel: panel.type === 'row' ? null : added.id });
  };
  const conflict = failure instanceof ApiError && failure.kind === 'conflict';
  return (
    <>
      <div className="dash-edit-bar" role="group" aria-label="Edit">
        <Button
          icon="plus"
          onClick={() => add(newPanel('timeseries', 'New panel', [{ signal: 'metrics', query: 'up' }]))}
        >
          Add panel
        </Button>
        <Button icon="plus" onClick={() => add({ type: 'row', title: 'Row', collapsed: false, panels: [] })}>
          Add row
        </Button>
        <Button onClick={() => setSettings(true)}>Settings</Button>
        {!stored.readOnly && (
          <Button
            look="primary"
            disabled={busy || !draft.changed}
            onClick={() =>
              void attempt(
                async () => (await saveDashboard(stored.uid, draft.raw, draft.folder, stored.version)).uid,
              )
            }
          >
            Save
          </Button>
        )}
        <Button disabled={busy} onClick={() => void attempt(copy)}>
          Save as copy
        </Button>
        <Button look="ghost" onClick={() => props.onSaved(stored.uid)}>
          {draft.changed ? 'Discard changes' : 'Close'}
        </Button>
        {!stored.readOnly && !deleting && (
          <Button look="ghost" icon="trash" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        )}
        {deleting && (
          <Button
            look="danger"
            disabled={busy}
            onClick={() =>
              void attempt(async () => {
                await deleteDashboard(stored.uid, stored.version);
                return '';
              })
            }
          >
            Delete dashboard
          </Button>
        )}
      </div>
      {stored.readOnly && (
        <Notice kind="info" title="Read only">
          {`This dashboard is the file ${stored.file}. Changes can be saved as a copy.`}
        </Notice>
      )}
      {failure !== null && <ErrorNotice error={failure} />}
      {conflict && (
        <p>
          <Button onClick={() => location.reload()}>Load the newer version</Button>
        </p>
      )}
      {settings && (
        <SettingsDialog
          raw={draft.raw}
          folder={draft.folder}
          onClose={() => setSettings(false)}
          onDone={(raw, folder) => {
            setSettings(false);
            props.onDraft({ ...draft, raw, folder, changed: true });
          }}
        />
      )}
    </>
  );
}

function Shown({ stored }: { stored: Stored }) {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const [now, setNow] = useState(() => Date.now());
  const [attempt, setAttempt] = useState(0);
  const [draft, setDraft] = useState<Draft | null>(() =>
    search.edit === '1' && !stored.readOnly ? draftOf(stored) : null,
  );
  const raw = draft?.raw ?? stored.dashboard;
  const dashboard = useMemo(() => readDashboard(raw), [raw]);
  const defaults = useMemo(
    () => ({ time: { range: dashboard.range, end: null }, refresh: dashboard.refresh }),
    [dashboard],
  );
  const { time, refresh } = readState(search, defaults, now);
  const fetching = useIsFetching({ queryKey: ['dashboard-panel'] });
  const go = (next: Search, replace = false) =>
    void navigate({
      to: '/dashboards/$uid',
      params: { uid: stored.uid } as never,
      search: next as never,
      replace,
      resetScroll: false,
    });
  const setTime = (next: TimeRange) => {
    setNow(Date.now());
    go(writeTime(search, next));
  };
  const again = () => {
    setNow(Date.now());
    setAttempt((n) => n + 1);
  };
  const running = time.end === null ? refresh : 0;
  useEffect(() => {
    if (running === 0) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, running);
    return () => clearInterval(timer);
  }, [running]);
  useShortcut('r', again);
  useShortcut('-', () => setTime({ ...time, range: clampRange(time.range * 2) }));

  const end = time.end ?? now;
  const span = useMemo(() => ({ start: end - time.range, end }), [end, time.range]);
  const variables = useVariables(dashboard, search, span, stored.uid, attempt);
  const annotations = useAnnotations(dashboard.annotations, variables.scope, span, variables.ready, attempt);
  const env: PanelEnv = {
    span,
    attempt,
    filters: variables.filters,
    markers: annotations.markers,
    onSpan: (from, to) => setTime({ range: clampRange((to - from) * 1000), end: Math.round(to) * 1000 }),
    onZoomOut: () =>
      setTime({
        range: clampRange(time.range * 2),
        end: time.end === null ? null : Math.min(Date.now(), time.end + time.range / 2),
      }),
  };
  // Functions of the draft: handles are dragged faster than the page renders.
  const change = (by: (now: Json) => Json) =>
    setDraft((now) => (now ? { ...now, raw: by(now.raw), changed: true } : now));
  const edited = draft?.panel == null ? undefined : findPanel(draft.raw, draft.panel);
  const report = useMemo(() => reportOf(dashboard), [dashboard]);
  return (
    <div className="page dashboard">
      <PageHead title={dashboard.title} lead={stored.folder || undefined}>
        {report.notes.length > 0 && (
          <Popover
            label="Not shown"
            align="end"
            className="dash-report"
            button={(open, toggle) => (
              <Button icon="warning" aria-expanded={open} onClick={toggle}>
                Not shown
              </Button>
            )}
          >
            {() => <ReportList notes={report.notes} />}
          </Popover>
        )}
        {draft === null && (
          <Button icon="format" onClick={() => setDraft(draftOf(stored))}>
            Edit
          </Button>
        )}
        <a className="button button-plain" href={exportUrl(stored.uid)} download={`${stored.uid}.json`}>
          Export
        </a>
        <TimePicker
          value={time}
          refresh={refresh}
          busy={fetching > 0}
          onChange={setTime}
          onRefresh={(ms) => go(writeRefresh(search, ms), true)}
          onRun={again}
        />
      </PageHead>
      {draft !== null && (
        <EditBar
          stored={stored}
          draft={draft}
          onDraft={setDraft}
          onSaved={(uid) => {
            setDraft(null);
            if (uid === '') void navigate({ to: '/dashboards' });
            else if (uid !== stored.uid) void navigate({ to: '/dashboards/$uid', params: { uid } as never });
            else if (search.edit) go(withoutEdit(search), true);
          }}
        />
      )}
      <VariablesBar
        variables={variables}
        adhoc={dashboard.variables.filter((v) => v.kind === 'adhoc' && !v.hidden)}
        onChange={(name, values) => go({ ...search, [PREFIX + name]: writeParam(values) })}
      />
      {dashboard.links.length > 0 && (
        <DashboardLinks
          links={dashboard.links}
          scope={withStep(variables.scope, span, 1000)}
          search={search}
        />
      )}
      {annotations.failed.map((f) => (
        <Notice key={f} kind="warning" title="Annotation not shown">
          {f}
        </Notice>
      ))}
      {dashboard.items.length === 0 && (
        <Notice kind="info" title="No panels">
          This dashboard has no panels.
        </Notice>
      )}
      {variables.ready ? (
        <Grid
          dashboard={dashboard}
          scope={variables.scope}
          env={env}
          tools={
            draft
              ? (panel) => (
                  <PanelTools
                    panel={panel}
                    onMove={(dx, dy) => change((r) => movePanel(r, panel.id, dx, dy))}
                    onResize={(dw, dh) => change((r) => resizePanel(r, panel.id, dw, dh))}
                    onEdit={() => setDraft({ ...draft, panel: panel.id })}
                    onCopy={() => change((r) => addPanel(r, findPanel(r, panel.id) ?? {}).raw)}
                    onRemove={() => change((r) => removePanel(r, panel.id))}
                  />
                )
              : undefined
          }
        />
      ) : (
        <Loading label="Loading variables" />
      )}
      {draft && edited && (
        <PanelEditor
          key={draft.panel}
          panel={edited}
          scope={variables.scope}
          env={env}
          onClose={() => setDraft({ ...draft, panel: null })}
          onDone={(panel) =>
            setDraft({
              ...draft,
              panel: null,
              changed: true,
              raw: updatePanel(draft.raw, number(panel.id) ?? 0, () => panel),
            })
          }
        />
      )}
    </div>
  );
}

/** Links of the dashboard; those by tag lead to all dashboards that have the tags. */
function DashboardLinks(props: { links: DashboardLink[]; scope: Scope; search: Search }) {
  const list = useDashboards(props.links.some((l) => l.tags !== null));
  return (
    <p className="dash-links">
      {props.links.map((l) =>
        l.tags === null ? (
          <SafeLink key={`${l.title} ${l.url}`} url={interpolate(l.url, props.scope, 'none')}>
            {l.title}
          </SafeLink>
        ) : (
          list.data?.dashboards
            .filter((d) => l.tags?.every((t) => d.tags.includes(t)))
            .slice(0, 30)
            .map((d) => (
              <Link
                key={d.uid}
                to="/dashboards/$uid"
                params={{ uid: d.uid } as never}
                search={carried(props.search) as never}
              >
                {d.title}
              </Link>
            ))
        ),
      )}
    </p>
  );
}

export function ReportList({ notes }: { notes: { subject: string; notes: string[] }[] }) {
  return (
    <dl className="dash-report-list">
      {notes.map((n, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: titles of panels may be equal.
        <div key={i}>
          <dt>{n.subject}</dt>
          {n.notes.map((one) => (
            <dd key={one}>{one}</dd>
          ))}
        </div>
      ))}
    </dl>
  );
}
