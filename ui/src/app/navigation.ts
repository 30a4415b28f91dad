/** Pages by question: groups of the sidebar, the pages of each group, and the views of each page. */
import type { IconName } from '../components/icons';
import { type Offer, offer } from './parts';

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

/** A group of one page, which the sidebar lists by its own name. */
const alone = (name: string, icon: IconName, key: string, ...views: View[]): Group => ({
  name,
  icon,
  key,
  pages: [page(name, views)],
});

const BY_RECEIVER = view('/alertmanager/alerts', 'By receiver', 'groups notifications');
const SILENCES = [
  view('/alertmanager/silences', 'Single', 'silence mute'),
  view('/alertmanager/recurring', 'Recurring', 'silence schedule'),
];
const ROUTES = view('/alertmanager/routes', 'Routes', 'tree receivers tester');
const ALERTMANAGER = view('/alertmanager/status', 'Alertmanager', 'cluster heartbeats configuration');

/** Groups without pages and pages without views are left out. */
export function groupsOf(of: Offer): Group[] {
  const part = (name: keyof Offer['parts']) => of.parts[name] !== undefined;
  const server = part('prometheus');
  const queries = server && of.role !== 'agent';
  const manager = part('alertmanager');
  const only = (shown: boolean, ...pages: Page[]) => (shown ? pages : []);
  const all: Group[] = [
    {
      name: 'Overview',
      icon: 'check',
      key: 'o',
      pages: only(
        queries,
        page('Overview', [view('/overview', 'Overview', 'problems failing changes')]),
        page('Incidents', [view('/incidents', 'Incidents', 'outages timeline notes acknowledge')]),
      ),
    },
    {
      name: 'Services',
      icon: 'plan',
      key: 'v',
      pages: only(
        queries,
        page('Services', [
          view('/services', 'List', 'rate errors duration operations'),
          view('/services/map', 'Map', 'dependencies graph calls'),
        ]),
        page('Deployments', [view('/deployments', 'Deployments', 'versions rollouts releases changes')]),
        page('Costs', [view('/costs', 'Costs', 'money prices idle requests usage traffic')]),
        page('Risks', [
          view('/risks', 'Risks', 'single point of failure exposed replica certificates limits'),
        ]),
      ),
    },
    {
      name: 'Infrastructure',
      icon: 'host',
      key: 'h',
      pages: only(
        queries,
        page('Entities', [
          view(
            '/infrastructure',
            'Entities',
            'nodes workloads instances containers databases queues clusters',
          ),
          view('/infrastructure/rules', 'Rules', 'names categories merges of entities settings'),
        ]),
        page('Host', [view('/host', 'Host', 'machine cpu memory disk network')]),
        page('Nodes', [view('/nodes', 'Nodes', 'machines node agent')]),
        page('Databases', [
          view('/databases', 'Databases', 'postgres mysql redis mongodb statements locks replication sql'),
        ]),
        page('Cloud', [view('/cloud', 'Cloud', 'aws rds elasticache gcp oci azure managed databases')]),
        page('Containers', [
          view('/containers', 'Containers', 'docker pods units processes ebpf connections requests sql'),
        ]),
      ),
    },
    {
      name: 'Explore',
      icon: 'explore',
      key: 'e',
      pages: only(
        queries,
        page('Metrics', [view('/query', 'Metrics', 'promql graph query')]),
        page('Logs', [view('/explore/logs', 'Logs', 'logql lines')], 'l'),
        page('Traces', [view('/explore/traces', 'Traces', 'traceql spans waterfall')], 'x'),
        page('Profiles', [view('/explore/profiles', 'Profiles', 'flame graph pprof pyroscope cpu')], 'u'),
      ),
    },
    {
      name: 'Dashboards',
      icon: 'graph',
      key: 'b',
      pages: only(
        queries,
        page('Dashboards', [view('/dashboards', 'Dashboards', 'grafana panels variables import')]),
      ),
    },
    ...(manager && !server
      ? // An Alertmanager of its own has too few pages for a group.
        [
          alone('Alerts', 'alerts', 'a', BY_RECEIVER),
          alone('Silences', 'moon', 'i', ...SILENCES),
          alone('Routing', 'plan', 'r', ROUTES, ALERTMANAGER),
        ]
      : [
          {
            name: 'Alerts',
            icon: 'alerts' as const,
            key: 'a',
            pages: [
              page('Active', [
                queries && view('/alerts', 'By rule', 'firing pending'),
                manager && BY_RECEIVER,
              ]),
              page('Rules', [queries && view('/rules', 'Rules', 'recording alerting evaluation')]),
              page('Silences', manager ? SILENCES : [], 'i'),
              page('Routing', [
                manager && ROUTES,
                queries && view('/alertmanager-discovery', 'Delivery', 'alertmanagers sent queued'),
                manager && ALERTMANAGER,
              ]),
            ],
          },
        ]),
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
        page(
          'Flow',
          [
            part('pipelines') && view('/pipelines', 'Flow', 'pipelines graph queues tap follow'),
            part('pipelines') &&
              !server &&
              view('/pipelines/findings', 'Personal data', 'pii privacy redaction detectors cards'),
          ],
          'p',
        ),
        page('Volumes', [
          ((part('pipelines') && !server) || part('fleet')) &&
            view('/volumes', 'Volumes', 'service bytes items top talkers cost cardinality'),
          ((part('pipelines') && !server) || part('fleet')) &&
            view('/volumes/recommendations', 'Recommendations', 'savings debug duplicates health'),
        ]),
        page(
          'Fleet',
          part('fleet')
            ? [
                view('/fleet', 'Agents', 'collectors opamp health inventory'),
                view('/fleet/tap', 'Live tap', 'records before after node follow where did it go'),
                view('/fleet/findings', 'Personal data', 'pii privacy redaction detectors proof findings'),
              ]
            : [],
          'f',
        ),
        page(
          'Configurations',
          part('fleet')
            ? [
                view('/fleet/configurations', 'Versions', 'configurations diff collector.yaml dry run'),
                view('/fleet/rollouts', 'Rollouts', 'stages canary undo'),
                view('/fleet/repository', 'Git', 'repository commit drift pending'),
              ]
            : [],
        ),
        page(
          'Controls',
          part('fleet')
            ? [
                view('/fleet/controls', 'Controls', 'mute sample filter rate limit redact route'),
                view('/fleet/quotas', 'Quotas', 'budget limit team destination overflow money'),
                view('/fleet/automation', 'Automation', 'rules incident mode alerts variables steps'),
                view('/fleet/audit', 'Audit', 'changes who when'),
              ]
            : [],
        ),
      ],
    },
    // Readers of logs have their pages at Promtail's addresses.
    ...(part('logs') && !server
      ? [
          alone(
            'Targets',
            'targets',
            't',
            view('/targets', 'Files'),
            view('/service-discovery', 'Discovery'),
          ),
          alone('Dropped', 'trash', 'r', view('/dropped', 'Dropped')),
          alone('Patterns', 'stacked', 'n', view('/patterns', 'Patterns')),
          alone('Inspect', 'search', 'i', view('/inspect', 'Inspect')),
          alone('Configuration', 'rules', 'c', view('/config', 'Configuration')),
        ]
      : []),
    {
      name: 'System',
      icon: 'status',
      key: 's',
      pages: only(
        server,
        page('System', [
          view('/status', 'System', 'version build memory runtime'),
          queries && view('/status/storage', 'Storage', 'blocks tsdb retention'),
          queries && view('/status/queries', 'Queries', 'slow running statistics'),
          queries && view('/status/cardinality', 'Cardinality', 'series labels churn'),
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

export const GROUPS: Group[] = groupsOf(offer);

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
