package dev.tethys.api.prometheus;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.relabel.RelabelRule;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** View of scraping for the API. Thread-safe; each call returns one snapshot. */
public interface TargetsView {
  /** No scraping here. */
  TargetsView NONE =
      new TargetsView() {
        @Override
        public List<String> pools() {
          return List.of();
        }

        @Override
        public List<Active> active() {
          return List.of();
        }

        @Override
        public List<Dropped> dropped() {
          return List.of();
        }

        @Override
        public Map<String, Integer> droppedCounts() {
          return Map.of();
        }

        @Override
        public @Nullable String poolConfiguration(String pool) {
          return null;
        }

        @Override
        public @Nullable List<RelabelRule> relabelRules(String pool) {
          return null;
        }
      };

  /** Result of the last scrape of a target. */
  enum Health {
    UNKNOWN,
    UP,
    DOWN
  }

  /**
   * Target that is being scraped.
   *
   * @param discovered labels before relabelling
   * @param labels labels attached to its series
   * @param url scraped URL
   * @param lastError {@code ""} when the last scrape went well
   * @param lastScrape null before the first
   * @param lastDurationSeconds duration of the last scrape
   * @param interval scrape interval as configured: {@code 15s}
   * @param timeout scrape timeout as configured
   */
  record Active(
      String pool,
      Labels discovered,
      Labels labels,
      String url,
      Health health,
      String lastError,
      @Nullable Instant lastScrape,
      double lastDurationSeconds,
      String interval,
      String timeout,
      Metadata metadata) {}

  /** Metadata of metric families from the last exposition of a target. */
  interface Metadata {
    /** Metadata of a target that has not reported any. */
    Metadata NONE = Map::of;

    /** Returns the metadata by family name. */
    Map<String, MetricMetadata> families();
  }

  /** Target dropped by relabelling. */
  record Dropped(String pool, Labels discovered) {}

  /** Returns the names of the scrape pools. */
  List<String> pools();

  /** Returns all active targets, sorted by pool. */
  List<Active> active();

  /** Returns the dropped targets retained for display, sorted by pool. */
  List<Dropped> dropped();

  /** Returns the number of dropped targets by pool. */
  Map<String, Integer> droppedCounts();

  /**
   * Returns the configuration of a pool as YAML without secrets, or null if there is no such pool.
   */
  @Nullable String poolConfiguration(String pool);

  /** Returns the relabelling rules for a pool's targets, or null if there is no such pool. */
  @Nullable List<RelabelRule> relabelRules(String pool);
}
