package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.insight.CostApi;
import dev.tethys.api.insight.DeploymentApi;
import dev.tethys.insight.costs.CostCalculator;
import dev.tethys.insight.costs.PriceFiles;
import dev.tethys.insight.costs.PriceList;
import dev.tethys.insight.deployments.DeploymentReports;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Deployments of services with comparisons of their signals, and costs, over the stores of the
 * server.
 */
final class ChangeReports {
  private static final String PRICES = "insight.prices-file";

  static final List<Flag> FLAGS =
      List.of(
          of(
              PRICES,
              LIST,
              "",
              "File with dated prices of processors, memory, disks and traffic, by which the page"
                  + " Costs prices nodes and services. The last part may be a pattern. Can be"
                  + " repeated. (Tethys)"));

  private final DeploymentReports deployments;
  private final CostApi costs;
  private final Supplier<@Nullable EntityModel> entities;

  /**
   * @param metrics answers queries of metrics
   * @param events signals besides metrics
   * @param entities null until they are known
   * @throws dev.tethys.config.ConfigException if a file of prices is not valid
   * @throws IOException if one cannot be read
   */
  ChangeReports(
      FlagSet flags,
      MetricAnswers metrics,
      List<StoredEvents<?>> events,
      Supplier<@Nullable EntityModel> entities)
      throws IOException {
    this.entities = entities;
    List<String> files = flags.list(PRICES).stream().filter(f -> !f.isEmpty()).toList();
    List<PriceList> prices = files.isEmpty() ? List.of() : PriceFiles.read(files);
    this.costs =
        new CostApi(
            (world, from, to) -> CostCalculator.report(world, metrics, prices, from, to),
            this::world,
            System::currentTimeMillis);
    SignalQueries queries = new SignalQueries(metrics);
    for (StoredEvents<?> e : events) {
      queries.add(e.ruleType(), e.rules());
      e.addTo(queries);
    }
    this.deployments = new DeploymentReports(queries, System::currentTimeMillis);
  }

  private @Nullable World world() {
    EntityModel m = entities.get();
    return m == null || m.start() == Long.MAX_VALUE ? null : m.current();
  }

  void addTo(Routes routes) {
    new DeploymentApi(deployments, entities).addTo(routes);
    costs.addTo(routes);
  }
}
