package dev.tethys.app.server;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.insight.entities.SeriesIndex;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Signal stored by the server: its store and everything that writes to it and reads from it. The
 * server runs each lifecycle step for all signals: {@link #addTo}, {@link #open}, {@link #apply} at
 * each configuration, {@link #stopEarly}, {@link #endStreams}, {@link #close}. Requests before
 * {@link #open} get a retryable error.
 */
interface StoredSignal extends DiscoveryManager.Listener, AutoCloseable {
  /** Returns the signal that is stored. */
  Signal signal();

  /** Returns the plural in flags, paths and metrics, such as {@code logs}. */
  default String plural() {
    return signal().name().toLowerCase(Locale.ROOT);
  }

  /** Returns the store name in messages, such as {@code log store}. */
  String storeName();

  /**
   * Adds the query API and the endpoints of receivers.
   *
   * @param refused counts items rejected by receivers
   */
  void addTo(Routes routes, PointTally refused);

  /** Sets the taker of rule groups that clients define by the API. */
  default void onRuleGroups(Consumer<List<GroupSpec>> taker) {}

  /**
   * Opens the store and starts the sources in the process.
   *
   * @param initial configuration, needed before the first maintenance
   */
  void open(PrometheusConfig initial) throws IOException;

  /** Applies limits and jobs of a configuration. */
  void apply(PrometheusConfig next) throws IOException;

  /** Returns the size, limits and failures of the store; null until it is open. */
  @Nullable StoreHealth health();

  /** Returns the warm-up queries over the open store; empty if queries need none. */
  default Optional<SignalWarmUp<?>> warmUp() {
    return Optional.empty();
  }

  /** Sets the targets of jobs that scrape this signal. */
  @Override
  default void targets(Map<String, List<TargetGroup>> byPool) {}

  /** Returns the jobs that scrape this signal, with their targets. */
  default List<ScrapeManager.Pool> pools() {
    return List.of();
  }

  /** Returns the logs the process collects by default; empty if none. */
  default Optional<LocalLogs> localLogs() {
    return Optional.empty();
  }

  /** Returns the streams whose labels name services; empty if the signal has none. */
  default Optional<SeriesIndex> streams() {
    return Optional.empty();
  }

  /** Stops work that shutdown must not wait for, such as warm-up and self-profiling. */
  default void stopEarly() {}

  /** Ends responses that otherwise last as long as their clients. */
  default void endStreams() {}

  /** Stops the other sources, then closes the store. */
  @Override
  void close();
}
