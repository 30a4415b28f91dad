package dev.tethys.app.server;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSource;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ConfigWatcher;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.PrintedConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.graph.QueueMetrics;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Pipelines of a Collector configuration inside the server, in which the exporter {@code tethys}
 * writes into the server's stores.
 */
final class ServerPipelines implements AutoCloseable {
  /** Flag with the configurations. */
  static final String CONFIG = "pipelines.config";

  private static final System.Logger LOG = JulLogger.of(ServerPipelines.class.getName());

  /** Maximum time for queues to drain on shutdown. */
  private static final Duration DRAIN = Duration.ofSeconds(10);

  private final ConfigSources source;
  private final GraphServices services;
  private final Graph graph;

  /**
   * @param configs values of the flag
   * @param folder folder to which memory queues overflow while their destination fails
   */
  ServerPipelines(
      List<String> configs, List<ComponentFactory<?>> own, Path folder, Registry registry) {
    this.source = new ConfigSources(configs, List.of(), System::getenv);
    AccountingRegistry ledger = new AccountingRegistry();
    Scheduler clock = Scheduler.system();
    this.services =
        new GraphServices(
            BuiltIn.components(own),
            clock,
            new Outboxes(new RealFiles(), clock, new Random()).withOverflow(folder),
            ledger,
            registry);
    this.graph = new Graph(services);
    registry.register(ledger);
    registry.register(new QueueMetrics(graph));
  }

  /**
   * Reads the configuration and applies it to the pipelines; an invalid configuration changes
   * nothing.
   *
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   * @throws IOException if it cannot be read or a component cannot start
   */
  void apply() throws IOException {
    ConfigSource.Texts texts = source.texts();
    GraphConfig c = GraphConfig.read(texts.document(), services.components(), true);
    if (!c.telemetry().metrics().pushes().isEmpty()) {
      LOG.log(
          Level.WARNING,
          "service.telemetry.metrics has no effect in the server; /metrics has these metrics");
    }
    graph.apply(
        c,
        new ConfigWatcher.Effective(
            PrintedConfig.unexpanded(texts.written().root(), services.components()), Map.of()));
    c.warnings().forEach(w -> LOG.log(Level.WARNING, "Configuration warning: {0}", w));
    LOG.log(Level.INFO, "Pipelines started config={0}", String.join(",", source.configs()));
  }

  @Override
  public void close() {
    graph.stop(DRAIN);
  }
}
