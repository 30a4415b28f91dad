package dev.tethys.api.prometheus;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.web.Routes;
import java.time.InstantSource;

/**
 * Prometheus's HTTP API and related paths, over interfaces of other modules. Create one for each
 * server and add its routes to the listener's; routes of other modules under {@code /api/v1}
 * (remote read and write, OTLP) are added before.
 */
public final class PrometheusApi {
  /**
   * Dependencies of the API.
   *
   * @param store store used for federation, exemplars and deletion
   * @param reading source used for label and series lookups: the local store and any other stores
   */
  public record Parts(
      MetricStore store,
      ScopedSource reading,
      QueryEngine engine,
      StoreView storeView,
      TargetsView targets,
      RulesView rules,
      ServerView server,
      Notifications notifications,
      MemoryBudget memory,
      Registry registry,
      InstantSource clock) {}

  private PrometheusApi() {}

  /** Adds the pages of console templates. */
  public static void consoles(Routes routes, Consoles.Folders at, ApiSettings settings, Parts p) {
    routes.get(
        Consoles.PATH + "/{file...}",
        ApiRoutes.ready(
            p.server()::readiness,
            new Consoles(at, p.engine(), p.server(), settings, p.clock())::answer));
  }

  /** Adds all endpoints. The rest of {@code /api/v1} is answered with 404. */
  public static void register(Routes routes, ApiSettings settings, Parts p) {
    register(routes, settings, p, new RunningLookups());
  }

  /**
   * Adds all endpoints.
   *
   * @param lookups counts the requests for labels and series
   */
  public static void register(
      Routes routes, ApiSettings settings, Parts p, RunningLookups lookups) {
    ApiRoutes api = new ApiRoutes(routes, settings, p.server()::readiness);
    new QueryEndpoints(p.engine(), p.store(), settings, p.clock()).register(api);
    new RunningQueryEndpoints(p.engine(), settings.admin() || settings.lifecycle()).register(api);
    new MemoryEndpoint(p.memory()).register(api);
    new ServiceEndpoints(p.engine(), p.clock()).register(api);
    new LabelEndpoints(p.reading(), lookups).register(api);
    new TargetEndpoints(p.targets(), p.server()).register(api);
    RuleEndpoints rules = new RuleEndpoints(p.rules());
    rules.register(api);
    rules.registerOfLogs(api);
    new StatusEndpoints(settings, p.server(), p.storeView(), p.registry(), p.notifications())
        .register(api);
    new StorageEndpoints(p.storeView()).register(api);
    new AdminEndpoints(p.store(), p.storeView(), settings).register(api);
    new SearchEndpoints(p.store(), p.targets(), settings, p.clock()).register(api);
    new OpenApiEndpoint(p.server(), settings).register(api);
    ServerEndpoints server = new ServerEndpoints(p.server(), settings, p.registry());
    server.register(routes);
    Federation federation =
        new Federation(p.store(), p.targets(), p.server(), settings, p.clock(), p.registry());
    routes.get("/federate", server.ready(federation::answer));
    api.finish();
  }
}
