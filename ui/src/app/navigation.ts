/** Pages by question: groups of the sidebar, the pages of each group, and the views of each page. */
import type { IconName } from '../components/icons';
import { has, isAgent, type Offer, offer } from './parts';

export interface View {
  to: string;
  name: string;
  /** Further words by which the global search finds it. */
  words?: string;
}

export interface Page {
  name: string;
  /** The first one opens with the page. */
  views: View[];
  /** Second key of its shortcut, after g. */
  key?: string;
}

export interface Group {
  name: string;
  icon: IconName;
  /** Second key of its shortcut, after g. */
  key: string;
  pages: Page[];
}

const view = (to: string, name: string, words = ''): View => ({ to, name, words });

const page = (name: string, views: (View | false)[], key?: string): Page => ({
  name,
  views: views.filter((one) => one !== false),
  key,
});

/** Groups without pages and pages without views are left out. */
export function groupsOf(of: Offer): Group[] {
  const part = (name: keyof Offer['parts']) => of.parts[name] !== undefined;
  const server = part('prometheus');
  const queries = server && of.role !== 'agent';
  const manager = part('alertmanager');
  const logsAlone = part('logs') && !server;
  const only = (shown: boolean, ...pages: Page[]) => (shown ? pages : []);
  const all: Group[] = [
    {
      name: 'Overview',
      icon: 'check',
      key: 'o',
      pages: only(queries, page('Overview', [view('/overview', 'Overview', 'problems failing changes')])),
    },
    {
      name: 'Infrastructure',
      icon: 'host',
      key: 'h',
      pages: only(queries, page('Host', [view('/host', 'Host', 'machine cpu memory disk network')])),
    },
    {
      name: 'Explore',
      icon: 'explore',
      key: 'e',
      pages: only(
        queries,
        page('Metrics', [view('/query', 'Metrics', 'promql graph query')]),
        page('Logs', [view('/explore/logs', 'Logs', 'logql lines')], 'l'),
      ),
    },
    {
      name: 'Alerts',
      icon: 'alerts',
      key: 'a',
      pages: [
        page('Active', [
          queries && view('/alerts', 'By rule', 'firing pending'),
          manager && view('/alertmanager/alerts', 'By receiver', 'groups notifications'),
        ]),
        page('Rules', [queries && view('/rules', 'Rules', 'recording alerting evaluation')]),
        page(
          'Silences',
          [
            manager && view('/alertmanager/silences', 'Single', 'silence mute'),
            manager && view('/alertmanager/recurring', 'Recurring', 'silence schedule'),
          ],
          'i',
        ),
        page('Routing', [
          manager && view('/alertmanager/routes', 'Routes', 'tree receivers tester'),
          queries && view('/alertmanager-discovery', 'Delivery', 'alertmanagers sent queued'),
          manager && view('/alertmanager/status', 'Alertmanager', 'cluster heartbeats configuration'),
        ]),
      ],
    },
    {
      name: 'Data',
      icon: 'pipelines',
      key: 'd',
      pages: [
        page(
          'Sources',
          [
            server && view('/targets', 'Targets', 'scraping up down'),
            server && view('/service-discovery', 'Discovery', 'relabelling labels dropped'),
            part('pushgateway') && view('/pushgateway', 'Pushed', 'push gateway groups'),
          ],
          't',
        ),
        page('Flow', [part('pipelines') && view('/pipelines', 'Flow', 'pipelines graph queues')], 'p'),
      ],
    },
    // Readers of logs have their pages at Promtail's addresses.
    ...only(
      logsAlone,
      page('Targets', [view('/targets', 'Files'), view('/service-discovery', 'Discovery')], 't'),
      page('Dropped', [view('/dropped', 'Dropped')], 'r'),
      page('Patterns', [view('/patterns', 'Patterns')], 'n'),
      page('Inspect', [view('/inspect', 'Inspect')], 'i'),
      page('Configuration', [view('/config', 'Configuration')], 'c'),
    ).map(
      (one): Group => ({
        name: one.name,
        icon: LOG_ICONS[one.name] ?? 'logs',
        key: one.key ?? '',
        pages: [{ ...one, key: undefined }],
      }),
    ),
    {
      name: 'System',
      icon: 'status',
      key: 's',
      pages: only(
        server,
        page('System', [
          view('/status', 'System', 'version build memory runtime'),
          view('/status/storage', 'Storage', 'blocks tsdb retention'),
          view('/status/queries', 'Queries', 'slow running statistics'),
          view('/status/cardinality', 'Cardinality', 'series labels churn'),
          view('/status/config', 'Configuration', 'prometheus.yml'),
          view('/status/flags', 'Flags', 'command line'),
        ]),
      ),
    },
  ];
  return all
    .map((group) => ({ ...group, pages: group.pages.filter((one) => one.views.length > 0) }))
    .filter((group) => group.pages.length > 0);
}

const LOG_ICONS: Record<string, IconName> = {
  Targets: 'targets',
  Dropped: 'trash',
  Patterns: 'stacked',
  Inspect: 'search',
  Configuration: 'rules',
};

const OFFERED = groupsOf(offer);

/** An Alertmanager of its own has too few pages for groups: its sidebar lists them. */
export const GROUPS: Group[] =
  has('alertmanager') && !has('prometheus') && !isAgent
    ? OFFERED.flatMap((group) =>
        group.name !== 'Alerts'
          ? [group]
          : group.pages.map(
              (one, i): Group => ({
                name: one.name === 'Active' ? 'Alerts' : one.name,
                icon: (['alerts', 'moon', 'plan'] as const)[i] ?? 'alerts',
                key: ['a', 'i', 'r'][i] ?? '',
                pages: [{ ...one, key: undefined }],
              }),
            ),
      )
    : OFFERED;

const covers = (of: View, path: string) => path === of.to || path.startsWith(`${of.to}/`);

/** The page of a path: its most specific view decides. */
export function placeOf(
  path: string,
  groups: Group[] = GROUPS,
): { group: Group; page: Page; view: View } | null {
  let best: { group: Group; page: Page; view: View } | null = null;
  for (const group of groups)
    for (const one of group.pages)
      for (const its of one.views)
        if (covers(its, path) && its.to.length > (best?.view.to.length ?? 0))
          best = { group, page: one, view: its };
  return best;
}
