import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  type RouteComponent,
  redirect,
} from '@tanstack/react-router';
import { fromHash } from '../alertmanager/links';
import { Button, Empty, Loading, Notice } from '../components/ui';
import { ExplorePage } from '../explore/explore-page';
import { basePath } from './base';
import { has, startPage } from './parts';
import { Shell } from './shell';

type Search = Record<string, string>;

/** Addresses are plain text parameters, as Prometheus writes them: nothing is quoted or typed. */
function parseSearch(text: string): Search {
  const out: Search = {};
  // A variable of a dashboard has several values: they are lines of one.
  for (const [name, value] of new URLSearchParams(text))
    out[name] = name.startsWith('var-') && out[name] !== undefined ? `${out[name]}\n${value}` : value;
  return out;
}

function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search))
    if (value === undefined || value === '') continue;
    else if (name.startsWith('var-')) for (const one of String(value).split('\n')) params.append(name, one);
    else params.set(name, String(value));
  const text = params.toString();
  return text ? `?${text}` : '';
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Empty
      icon="compass"
      title="Page not found"
      actions={
        <Link to="/" className="button button-primary">
          Go to the start page
        </Link>
      }
    >
      The URL may be mistyped or belong to a newer version.
    </Empty>
  ),
  errorComponent: ({ error, reset }) => (
    <div className="page">
      <Notice kind="error" title="This page failed">
        {error instanceof Error ? error.message : String(error)}
      </Notice>
      <p>
        <Button onClick={reset}>Try again</Button>
      </p>
    </div>
  ),
});

const validateSearch = (search: Record<string, unknown>): Search => search as Search;
const route = <P extends string>(path: P, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component, validateSearch });

const overview = lazyRouteComponent(() => import('../overview/overview-page'), 'OverviewPage');
const dashboards = lazyRouteComponent(() => import('../dashboards/dashboards-page'), 'DashboardsPage');
const dashboard = lazyRouteComponent(() => import('../dashboards/dashboard-page'), 'DashboardPage');
const incidents = lazyRouteComponent(() => import('../incidents/incidents-page'), 'IncidentsPage');
const incident = lazyRouteComponent(() => import('../incidents/incident-page'), 'IncidentPage');
const host = lazyRouteComponent(() => import('../host/host-page'), 'HostPage');
const nodes = lazyRouteComponent(() => import('../infrastructure/nodes-page'), 'NodesPage');
const entities = lazyRouteComponent(() => import('../infrastructure/entities-page'), 'EntitiesPage');
const entity = lazyRouteComponent(() => import('../infrastructure/entity-page'), 'EntityPage');
const entityRules = lazyRouteComponent(() => import('../infrastructure/rules-page'), 'RulesPage');
const databases = lazyRouteComponent(() => import('../databases/databases-page'), 'DatabasesPage');
const database = lazyRouteComponent(() => import('../databases/database-page'), 'DatabasePage');
const cloud = lazyRouteComponent(() => import('../infrastructure/cloud-page'), 'CloudPage');
const containers = lazyRouteComponent(() => import('../infrastructure/containers-page'), 'ContainersPage');
const container = lazyRouteComponent(() => import('../infrastructure/container-page'), 'ContainerPage');
const targets = lazyRouteComponent(() => import('../targets/targets-page'), 'TargetsPage');
const discovery = lazyRouteComponent(() => import('../targets/discovery-page'), 'DiscoveryPage');
const alerts = lazyRouteComponent(() => import('../alerts/alerts-page'), 'AlertsPage');
const rules = lazyRouteComponent(() => import('../alerts/rules-page'), 'RulesPage');
const alertmanagers = lazyRouteComponent(() => import('../alerts/alertmanagers-page'), 'AlertmanagersPage');
const pipelines = lazyRouteComponent(() => import('../pipelines/pipelines-page'), 'PipelinesPage');
const groups = lazyRouteComponent(() => import('../alertmanager/alerts-page'), 'GroupsPage');
const silences = lazyRouteComponent(() => import('../alertmanager/silences-page'), 'SilencesPage');
const silence = lazyRouteComponent(() => import('../alertmanager/silence-page'), 'SilencePage');
const recurring = lazyRouteComponent(() => import('../alertmanager/recurring-page'), 'RecurringPage');
const recurringSilence = lazyRouteComponent(
  () => import('../alertmanager/recurring-page'),
  'RecurringSilencePage',
);
const routing = lazyRouteComponent(() => import('../alertmanager/routes-page'), 'RoutesPage');
const manager = lazyRouteComponent(() => import('../alertmanager/status-page'), 'ManagerStatusPage');
const pushed = lazyRouteComponent(() => import('../pushgateway/pushgateway-page'), 'PushgatewayPage');
const logFiles = lazyRouteComponent(() => import('../logs/files-page'), 'FilesPage');
const logDiscovery = lazyRouteComponent(() => import('../logs/discovery-page'), 'LogDiscoveryPage');
const logLosses = lazyRouteComponent(() => import('../logs/losses-page'), 'LossesPage');
const logPatterns = lazyRouteComponent(() => import('../logs/patterns-page'), 'PatternsPage');
const logInspection = lazyRouteComponent(() => import('../logs/inspect-page'), 'InspectPage');
const logConfig = lazyRouteComponent(() => import('../logs/config-page'), 'LogConfigPage');
const exploreLogs = lazyRouteComponent(() => import('../explore/logs/logs-page'), 'LogsPage');
const exploreTraces = lazyRouteComponent(() => import('../explore/traces/traces-page'), 'TracesPage');
const exploreTrace = lazyRouteComponent(() => import('../explore/traces/trace-page'), 'TracePage');
const exploreProfiles = lazyRouteComponent(() => import('../explore/profiles/profiles-page'), 'ProfilesPage');
const services = lazyRouteComponent(() => import('../services/services-page'), 'ServicesPage');
const serviceMap = lazyRouteComponent(() => import('../services/map-page'), 'ServiceMapPage');
const service = lazyRouteComponent(() => import('../services/service-page'), 'ServicePage');
const deployments = lazyRouteComponent(() => import('../deployments/deployments-page'), 'DeploymentsPage');
const deployment = lazyRouteComponent(() => import('../deployments/deployment-page'), 'DeploymentPage');
const costs = lazyRouteComponent(() => import('../costs/costs-page'), 'CostsPage');
const risks = lazyRouteComponent(() => import('../risks/risks-page'), 'RisksPage');
const recommendations = lazyRouteComponent(
  () => import('../volumes/recommendations-page'),
  'RecommendationsPage',
);
const findings = lazyRouteComponent(() => import('../pipelines/findings-page'), 'FindingsPage');
const volumes = lazyRouteComponent(() => import('../volumes/volumes-page'), 'VolumesPage');
const fleetAgents = lazyRouteComponent(() => import('../fleet/agents-page'), 'AgentsPage');
const fleetConfigurations = lazyRouteComponent(
  () => import('../fleet/configurations-page'),
  'ConfigurationsPage',
);
const fleetRollouts = lazyRouteComponent(() => import('../fleet/rollouts-page'), 'RolloutsPage');
const fleetControls = lazyRouteComponent(() => import('../fleet/controls-page'), 'ControlsPage');
const fleetTap = lazyRouteComponent(() => import('../fleet/tap-page'), 'TapPage');
const fleetFindings = lazyRouteComponent(() => import('../fleet/findings-page'), 'FindingsPage');
const fleetRepository = lazyRouteComponent(() => import('../fleet/repository-page'), 'RepositoryPage');
const fleetQuotas = lazyRouteComponent(() => import('../fleet/quotas-page'), 'QuotasPage');
const fleetAutomation = lazyRouteComponent(() => import('../fleet/automation-page'), 'AutomationPage');
const fleetAudit = lazyRouteComponent(() => import('../fleet/audit-page'), 'AuditPage');
const status = lazyRouteComponent(() => import('../status/status-page'), 'StatusPage');

/** What reads logs has pages of its own at Promtail's addresses. */
const logs = has('logs') && !has('prometheus');

/** Prometheus's own addresses open the tab that holds what they showed. */
const moved = <P extends string>(path: P, to: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch,
    beforeLoad: ({ search }) => {
      throw redirect({ to, search: search as never, replace: true });
    },
  });

/** Links of notifications are Alertmanager's own: what they mean stands behind a #. */
const managerLinks = <P extends string>(path: P, otherwise: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch,
    beforeLoad: ({ search, location }) => {
      const target = has('alertmanager') ? fromHash(location.hash) : null;
      if (target) throw redirect({ to: target.to, search: target.search as never, hash: '', replace: true });
      throw redirect({ to: otherwise, search: search as never, replace: true });
    },
  });

const routes = root.addChildren([
  managerLinks('/', startPage),
  managerLinks('/alertmanager', '/alertmanager/alerts'),
  route('/alertmanager/alerts', groups),
  route('/alertmanager/silences', silences),
  route('/alertmanager/silences/$id', silence),
  route('/alertmanager/recurring', recurring),
  route('/alertmanager/recurring/$id', recurringSilence),
  route('/alertmanager/routes', routing),
  route('/alertmanager/status', manager),
  moved('/graph', '/query'),
  moved('/agent', '/targets'),
  route('/query', ExplorePage),
  moved('/explore', '/query'),
  route('/explore/logs', exploreLogs),
  route('/explore/traces', exploreTraces),
  route('/explore/traces/$id', exploreTrace),
  route('/explore/profiles', exploreProfiles),
  route('/dashboards', dashboards),
  route('/dashboards/$uid', dashboard),
  route('/services', services),
  route('/services/map', serviceMap),
  route('/services/service/$name', service),
  route('/deployments', deployments),
  route('/deployments/$id', deployment),
  route('/costs', costs),
  route('/risks', risks),
  route('/pipelines', pipelines),
  route('/pipelines/findings', findings),
  route('/volumes', volumes),
  route('/volumes/recommendations', recommendations),
  route('/fleet', fleetAgents),
  route('/fleet/configurations', fleetConfigurations),
  route('/fleet/rollouts', fleetRollouts),
  route('/fleet/controls', fleetControls),
  route('/fleet/tap', fleetTap),
  route('/fleet/findings', fleetFindings),
  route('/fleet/repository', fleetRepository),
  route('/fleet/quotas', fleetQuotas),
  route('/fleet/automation', fleetAutomation),
  route('/fleet/audit', fleetAudit),
  route('/overview', overview),
  route('/incidents', incidents),
  route('/incidents/$id', incident),
  route('/host', host),
  route('/infrastructure', entities),
  route('/infrastructure/entity/$id', entity),
  route('/infrastructure/rules', entityRules),
  route('/nodes', nodes),
  route('/databases', databases),
  route('/databases/database', database),
  route('/cloud', cloud),
  route('/containers', containers),
  route('/containers/container', container),
  route('/targets', logs ? logFiles : targets),
  route('/service-discovery', logs ? logDiscovery : discovery),
  route('/dropped', logLosses),
  route('/patterns', logPatterns),
  route('/inspect', logInspection),
  route('/alerts', alerts),
  route('/rules', rules),
  route('/alertmanager-discovery', alertmanagers),
  route('/pushgateway', pushed),
  // Pushgateway's own page of this name has what ours shows.
  has('pushgateway') && !has('prometheus') ? moved('/status', '/pushgateway') : route('/status', status),
  route('/status/$tab', status),
  moved('/flags', '/status/flags'),
  logs ? route('/config', logConfig) : moved('/config', '/status/config'),
  moved('/tsdb-status', '/status/storage'),
]);

export const router = createRouter({
  routeTree: routes,
  basepath: basePath || '/',
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
