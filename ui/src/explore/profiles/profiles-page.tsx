/** Explore → Profiles. The address holds the whole state. */
import { useIsFetching } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../../api/errors';
import { useShortcut } from '../../app/shortcuts';
import { TimePicker } from '../../components/time-picker';
import { Button, Empty, Loading, PageHead, SearchField, Segmented, Select } from '../../components/ui';
import { AddToDashboard } from '../../dashboards/add-to-dashboard';
import { utcTime } from '../../lib/store';
import { clampRange, formatMoment, type TimeRange } from '../../lib/time';
import { ExploreTabs } from '../tabs';
import {
  largestService,
  type Selection,
  useAnyProfiles,
  useFlames,
  useProfileSeries,
  type Window,
} from './api';
import { NoProfileStore, NoProfilesYet } from './empty';
import { FlameGraph } from './flame-graph';
import { invert, sandwich } from './flames';
import { FunctionTable } from './function-table';
import { ProfileHeatPanel } from './heat';
import './profiles.css';
import { Selector } from './selector';
import { decode, encode, type ProfilesState, SERVICE, type Search, type View, withLabel } from './state';
import { TimelineChart } from './timeline';
import { formatIn, partsOf, typeLabel } from './units';

const TYPE = '__profile_type__';
/** Types for the first visit, the best first. */
const PREFERRED = [/^process_cpu:cpu:/, /:cpu:/, /^wall:/];

const VIEWS: { value: View; label: string }[] = [
  { value: 'flames', label: 'Flame graph' },
  { value: 'table', label: 'Table' },
  { value: 'sandwich', label: 'Callers' },
];

const SHIFTS: { value: string; label: string }[] = [
  { value: '0', label: 'Same time' },
  { value: '3600000', label: '1 hour earlier' },
  { value: '86400000', label: '1 day earlier' },
  { value: '604800000', label: '1 week earlier' },
];

export function ProfilesPage() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const state = useMemo(() => decode(search), [search]);
  const [now, setNow] = useState(() => Date.now());
  const [attempt, setAttempt] = useState(0);
  const any = useAnyProfiles();
  const fetching = useIsFetching({
    predicate: (q) => /^profiles-(flames|timeline|series)/.test(String(q.queryKey[0])),
  });
  const go = (next: ProfilesState, replace = false) =>
    void navigate({ to: '/explore/profiles', search: encode(next) as never, replace, resetScroll: false });
  const setTime = (time: TimeRange) => {
    setNow(Date.now());
    go({ ...state, time });
  };
  const again = () => {
    setNow(Date.now());
    setAttempt((n) => n + 1);
  };
  // The page may have waited for the first profile.
  useEffect(() => {
    if (any.data) setNow(Date.now());
  }, [any.data]);
  useEffect(() => {
    if (state.refresh === 0) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, state.refresh);
    return () => clearInterval(timer);
  }, [state.refresh]);
  const shift = (share: number) => {
    const end = (state.time.end ?? Date.now()) + state.time.range * share;
    setTime({ range: state.time.range, end: end >= Date.now() ? null : Math.round(end / 1000) * 1000 });
  };
  useShortcut('r', again);
  useShortcut('[', () => shift(-0.5));
  useShortcut(']', () => shift(0.5));
  useShortcut('-', () => setTime({ ...state.time, range: clampRange(state.time.range * 2) }));
  useShortcut('/', () => document.querySelector<HTMLElement>('.profile-tools input[type=search]')?.focus());
  return (
    <div className="page explore">
      <PageHead title="Explore" tab={state.query ? `Profiles: ${state.query.slice(0, 80)}` : 'Profiles'}>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={fetching > 0}
          onChange={setTime}
          onRefresh={(refresh) => go({ ...state, refresh }, true)}
          onRun={again}
        />
      </PageHead>
      <ExploreTabs signal="profiles" search={search} time={state.time} />
      {isMissing(any.error) ? (
        <NoProfileStore />
      ) : any.error && any.data === undefined ? (
        <ErrorNotice error={any.error} />
      ) : any.data === undefined ? (
        <Loading label="Loading profiles" />
      ) : !any.data ? (
        <NoProfilesYet />
      ) : (
        <ProfilesContent state={state} now={now} attempt={attempt} go={go} setTime={setTime} />
      )}
    </div>
  );
}

function ProfilesContent({
  state,
  now,
  attempt,
  go,
  setTime,
}: {
  state: ProfilesState;
  now: number;
  attempt: number;
  go: (next: ProfilesState, replace?: boolean) => void;
  setTime: (time: TimeRange) => void;
}) {
  const window = useMemo<Window>(() => {
    const end = state.time.end ?? now;
    return { start: end - state.time.range, end };
  }, [state.time, now]);
  const series = useProfileSeries(window, attempt);
  const all = series.data ?? [];
  const update = (patch: Partial<ProfilesState>, replace = false) => go({ ...state, ...patch }, replace);
  const types = [...new Set(all.map((s) => s[TYPE] ?? ''))].filter((t) => t !== '').sort();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the first series decide.
  useEffect(() => {
    if (all.length === 0 || (state.type !== '' && state.query !== '')) return;
    const type =
      state.type || (PREFERRED.map((p) => types.find((t) => p.test(t))).find(Boolean) ?? types[0] ?? '');
    if (state.query !== '') {
      go({ ...state, type }, true);
      return;
    }
    const start = (service: string | undefined) =>
      go({ ...state, type, query: service === undefined ? '{}' : withLabel('{}', SERVICE, service) }, true);
    const first = all.find((s) => s[TYPE] === type)?.[SERVICE];
    const asking = new AbortController();
    largestService(type, window, asking.signal).then(
      (service) => {
        if (!asking.signal.aborted) start(service ?? first);
      },
      () => {
        if (!asking.signal.aborted) start(first);
      },
    );
    return () => asking.abort();
  }, [all.length > 0, state.type === '', state.query === '']);
  const selection = useMemo<Selection | null>(
    () =>
      state.type === '' || state.query === '' ? null : { type: state.type, query: state.query, ...window },
    [state.type, state.query, window],
  );
  const baseline = useMemo<Selection | null>(
    () =>
      selection && state.compare
        ? {
            type: selection.type,
            query: state.base || selection.query,
            start: selection.start - state.shift,
            end: selection.end - state.shift,
          }
        : null,
    [selection, state.compare, state.base, state.shift],
  );
  if (series.error && !series.data) return <ErrorNotice error={series.error} />;
  if (!series.data) return <Loading label="Loading profiles" />;
  const shown = state.type === '' || types.includes(state.type) ? types : [state.type, ...types];
  const { unit } = partsOf(state.type);
  const shifts = SHIFTS.some((s) => s.value === String(state.shift))
    ? SHIFTS
    : [...SHIFTS, { value: String(state.shift), label: 'Earlier' }];
  return (
    <>
      <section className="panel" aria-label="Selection">
        <div className="profile-row">
          <Select
            label="Profile type"
            hideLabel
            value={state.type}
            choices={
              shown.length === 0
                ? [{ value: '', label: 'No profile types' }]
                : shown.map((t) => ({ value: t, label: typeLabel(t) }))
            }
            onChange={(type) => update({ type, zoom: '', profile: '' })}
          />
          <Selector
            label="Query"
            query={state.query}
            series={all.filter((s) => s[TYPE] === state.type)}
            onQuery={(query) => update({ query, zoom: '', profile: '' })}
          />
          <Button
            pressed={state.single}
            onClick={() => update({ single: !state.single, profile: '', zoom: '' })}
          >
            Single profiles
          </Button>
          <Button
            pressed={state.compare}
            icon="plan"
            onClick={() => update({ compare: !state.compare, profile: '' })}
          >
            Compare
          </Button>
        </div>
        {state.compare && (
          <div className="profile-row" data-role="baseline">
            <span className="profile-caption">Baseline</span>
            <Select
              label="Baseline time"
              hideLabel
              value={String(state.shift)}
              choices={shifts}
              onChange={(shift) => update({ shift: Number(shift) })}
            />
            <Selector
              label="Baseline"
              query={state.base || state.query}
              series={all.filter((s) => s[TYPE] === state.type)}
              onQuery={(base) => update({ base: base === state.query ? '' : base })}
            />
          </div>
        )}
        {state.span !== '' && (
          <p className="profile-span">
            Samples of span <code>{state.span}</code>
            <Button onClick={() => update({ span: '', zoom: '' })}>Show all samples</Button>
          </p>
        )}
        {selection && (
          <TimelineChart
            title={typeLabel(state.type)}
            selection={selection}
            unit={unit}
            attempt={attempt}
            color={0}
            onTime={setTime}
          />
        )}
        {selection && state.single && (
          <ProfileHeatPanel
            selection={selection}
            unit={unit}
            attempt={attempt}
            profile={state.profile}
            onProfile={(profile) => update({ profile, zoom: '' })}
          />
        )}
        {baseline && (
          <TimelineChart
            title="Baseline"
            selection={baseline}
            unit={unit}
            attempt={attempt}
            color={2}
            onTime={(time) => setTime({ ...time, end: time.end === null ? null : time.end + state.shift })}
          />
        )}
      </section>
      {selection ? (
        <Result
          state={state}
          selection={{ ...selection, profile: state.profile, span: state.span }}
          baseline={baseline}
          attempt={attempt}
          update={update}
          setTime={setTime}
        />
      ) : (
        all.length === 0 && <NoneHere window={window} time={state.time} setTime={setTime} />
      )}
    </>
  );
}

function NoneHere({
  window,
  time,
  setTime,
}: {
  window: Window;
  time: TimeRange;
  setTime: (time: TimeRange) => void;
}) {
  const utc = utcTime.use();
  return (
    <Empty
      icon="search"
      title="No profiles"
      actions={
        <Button
          icon="zoomOut"
          onClick={() =>
            setTime({
              range: clampRange(time.range * 2),
              end: time.end === null ? null : time.end + time.range / 2,
            })
          }
        >
          Zoom out
        </Button>
      }
    >
      {`No profile matched between ${formatMoment(window.start, utc)} and ${formatMoment(window.end, utc)}.`}
    </Empty>
  );
}

function Result({
  state,
  selection,
  baseline,
  attempt,
  update,
  setTime,
}: {
  state: ProfilesState;
  selection: Selection;
  baseline: Selection | null;
  attempt: number;
  update: (patch: Partial<ProfilesState>, replace?: boolean) => void;
  setTime: (time: TimeRange) => void;
}) {
  const answer = useFlames(selection, baseline, attempt);
  const flames = answer.data;
  const { unit } = partsOf(state.type);
  const shown = useMemo(() => (flames && state.inverted ? invert(flames) : flames), [flames, state.inverted]);
  const both = useMemo(
    () => (flames && state.view === 'sandwich' && state.fn !== '' ? sandwich(flames, state.fn) : null),
    [flames, state.view, state.fn],
  );
  const onFunction = (fn: string) => update({ view: 'sandwich', fn });
  const common = { unit, find: state.find, onFunction };
  const nothing = flames && flames.total[0] === 0 && (flames.base?.total[0] ?? 0) === 0;
  return (
    <section className="panel" aria-label="Result">
      <div className="panel-tools profile-tools">
        <Segmented<View>
          label="View"
          value={state.view}
          choices={VIEWS}
          onChange={(view) => update({ view })}
        />
        <SearchField
          label="Search functions"
          value={state.find}
          onChange={(find) => update({ find }, true)}
        />
        {state.view === 'flames' && (
          <>
            <Button pressed={state.inverted} onClick={() => update({ inverted: !state.inverted, zoom: '' })}>
              Invert
            </Button>
            {state.zoom !== '' && (
              <Button icon="zoomOut" onClick={() => update({ zoom: '' })}>
                Reset zoom
              </Button>
            )}
          </>
        )}
        <AddToDashboard
          panel={{
            signal: 'profiles',
            query: state.query || '{}',
            profileType: state.type,
            kind: 'flamegraph',
          }}
        />
        {flames && (
          <span className="profile-total">
            {formatIn(flames.total[0] as number, unit)}
            {flames.base && (
              <span className="muted"> baseline {formatIn(flames.base.total[0] as number, unit)}</span>
            )}
          </span>
        )}
      </div>
      {answer.error ? (
        <ErrorNotice error={answer.error} />
      ) : !flames || !shown ? (
        <Loading label="Merging profiles" />
      ) : nothing && state.span !== '' ? (
        <Empty
          icon="search"
          title="No samples of this span"
          actions={
            <Button onClick={() => update({ span: '', zoom: '' })}>
              Show all samples in this time range
            </Button>
          }
        >
          The profiler must label samples with the span, as Pyroscope’s OpenTelemetry integrations do.
        </Empty>
      ) : nothing ? (
        <NoneHere window={selection} time={state.time} setTime={setTime} />
      ) : (
        <div className={answer.isPlaceholderData ? 'is-stale' : undefined} aria-busy={answer.isFetching}>
          {flames.base && (
            <p className="profile-legend">
              <span className="is-added">Larger share</span>
              <span className="is-removed">Smaller share</span>
            </p>
          )}
          {state.view === 'flames' ? (
            <FlameGraph
              {...common}
              flames={shown}
              label={state.inverted ? 'Inverted flame graph' : 'Flame graph'}
              zoom={state.zoom}
              onZoom={(zoom) => update({ zoom })}
            />
          ) : state.view === 'table' ? (
            <FunctionTable flames={flames} {...common} />
          ) : both === null ? (
            <>
              <p className="muted">Choose a function to show its callers and callees.</p>
              <FunctionTable flames={flames} {...common} />
            </>
          ) : (
            <Sandwich fn={state.fn} both={both} common={common} onClear={() => update({ fn: '' })} />
          )}
        </div>
      )}
    </section>
  );
}

function Sandwich(props: {
  fn: string;
  both: ReturnType<typeof sandwich>;
  common: { unit: string; find: string; onFunction: (fn: string) => void };
  onClear: () => void;
}) {
  // Zooms of the two halves do not belong to the address: they end with the function.
  const [zooms, setZooms] = useState({ fn: props.fn, callers: '', callees: '' });
  const current = zooms.fn === props.fn ? zooms : { fn: props.fn, callers: '', callees: '' };
  return (
    <>
      <p className="profile-fn">
        <b>{props.fn}</b>
        <Button icon="close" look="ghost" label="Clear function" onClick={props.onClear} />
      </p>
      {props.both.callees.name.length <= 1 ? (
        <p className="muted">No stack in this selection contains the function.</p>
      ) : (
        <>
          <h3 className="profile-half">Callers</h3>
          <FlameGraph
            {...props.common}
            flames={props.both.callers}
            label="Callers"
            upwards
            zoom={current.callers}
            onZoom={(callers) => setZooms({ ...current, callers })}
          />
          <h3 className="profile-half">Callees</h3>
          <FlameGraph
            {...props.common}
            flames={props.both.callees}
            label="Callees"
            zoom={current.callees}
            onZoom={(callees) => setZooms({ ...current, callees })}
          />
        </>
      )}
    </>
  );
}
