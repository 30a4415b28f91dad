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
 * Signal that the server stores: its store with all that writes into it and reads from it. The
 * server applies each step of its life to all signals: {@link #addTo}, {@link #open}, {@link
 * #apply} at each configuration, {@link #stopEarly}, {@link #endStreams}, {@link #close}. Requests
 * before {@link #open} get a retryable error.
 */
interface StoredSignal extends DiscoveryManager.Listener, AutoCloseable {
  /** Signal of the stored data. */
  Signal signal();

  /** Plural in flags, paths and metrics, such as {@code logs}. */
  default String plural() {
    return signal().name().toLowerCase(Locale.ROOT);
  }

  /** Name of the store in texts, such as {@code log store}. */
  String storeName();

  /**
   * Adds the query API and the endpoints of receivers.
   *
   * @param refused counts refused items of receivers
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

  /** Size, limits and failures of the store; null until it is open. */
  @Nullable StoreHealth health();

  /** Warm-up queries over the open store; empty if queries need none. */
  default Optional<SignalWarmUp<?>> warmUp() {
    return Optional.empty();
  }

  /** Sets the targets of jobs that scrape this signal. */
  @Override
  default void targets(Map<String, List<TargetGroup>> byPool) {}

  /** Jobs that scrape this signal, with their targets. */
  default List<ScrapeManager.Pool> pools() {
    return List.of();
  }

  /** Logs that the process collects by default; empty if it collects none. */
  default Optional<LocalLogs> localLogs() {
    return Optional.empty();
  }

  /** Streams whose labels name services; empty if the signal has none. */
  default Optional<SeriesIndex> streams() {
    return Optional.empty();
  }

  /** Adds what comparisons ask the signal beyond its query language. */
  default void addTo(SignalQueries to) {}

  /** Stops work that a stop of the process must not wait for: warm-up, profiles of the process. */
  default void stopEarly() {}

  /** Ends responses that last as long as their clients. */
  default void endStreams() {}

  /** Stops the other sources, then closes the store. */
  @Override
  void close();
}
