package dev.tethys.app.server;

import dev.tethys.logagent.EmbeddedAgent;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.exporter.tethys.TethysExporterFactory;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configurations of other roles that run inside the server and write to its stores: Collector
 * pipelines, Promtail jobs, and the pipeline control plane.
 */
final class EmbeddedPipelines implements AutoCloseable {
  /** Flag with the configuration of a log agent. */
  static final String PROMTAIL = "promtail.config.file";

  /** Queue folder of pipelines whose destination fails, within the data folder. */
  private static final String OVERFLOW = "overflow";

  private final FlagSet flags;
  private final Registry registry;
  private final List<ComponentFactory<?>> own;
  private final String promtail;
  private final @Nullable ServerPipelines pipelines;
  private @Nullable EmbeddedAgent agent;
  private @Nullable EmbeddedControl control;
  private boolean applied;

  /**
   * @param stores server stores by signal
   * @param folder root data folder
   */
  EmbeddedPipelines(
      FlagSet flags, Map<Signal, EmbeddedStore> stores, Path folder, Registry registry) {
    this.flags = flags;
    this.registry = registry;
    this.promtail = flags.get(PROMTAIL);
    List<String> configs = flags.list(ServerPipelines.CONFIG);
    if (!stores.containsKey(Signal.LOGS) && !promtail.isEmpty()) {
      throw new UsageException(
          "tethys server: --" + PROMTAIL + " needs the log store; remove --logs.enabled=false");
    }
    this.own = List.of(new TethysExporterFactory(stores));
    this.pipelines =
        configs.isEmpty()
            ? null
            : new ServerPipelines(configs, own, folder.resolve(OVERFLOW), registry);
  }

  /**
   * Starts what is configured, or follows a configuration that has changed.
   *
   * @throws dev.tethys.config.ConfigException if a configuration is invalid
   * @throws IOException if a file cannot be read or a component cannot start
   */
  void apply() throws IOException {
    EmbeddedControl c = control;
    if (c != null) {
      c.reload();
    } else if (!applied) {
      control = EmbeddedControl.start(flags);
    }
    applied = true;
    if (pipelines != null) {
      pipelines.apply();
    }
    if (promtail.isEmpty()) {
      return;
    }
    EmbeddedAgent running = agent;
    if (running == null) {
      EmbeddedAgent started = EmbeddedAgent.start(Path.of(promtail), own);
      registry.register(started.metrics());
      agent = started;
      return;
    }
    String problem = running.reload();
    if (problem != null) {
      throw new IOException(promtail + ": " + problem);
    }
  }

  @Override
  public void close() {
    EmbeddedControl c = control;
    if (c != null) {
      c.close();
    }
    EmbeddedAgent a = agent;
    if (a != null) {
      a.close();
    }
    if (pipelines != null) {
      pipelines.close();
    }
  }
}
