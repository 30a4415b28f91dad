package dev.tethys.app.server;

import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.cli.UsageException;
import java.lang.System.Logger.Level;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The names of {@code --enable-feature}. As in Prometheus an unknown name is logged; a Prometheus
 * feature that Tethys does not implement is rejected.
 */
enum Features {
  EXEMPLAR_STORAGE("exemplar-storage"),
  EXTRA_SCRAPE_METRICS("extra-scrape-metrics"),
  PER_STEP_STATS("promql-per-step-stats"),
  EXPERIMENTAL_FUNCTIONS("promql-experimental-functions"),
  CREATED_TIMESTAMP_ZERO_INGESTION("created-timestamp-zero-ingestion"),
  ST_STORAGE("st-storage"),
  ST_SYNTHESIS("st-synthesis"),
  USE_START_TIMESTAMPS("use-start-timestamps"),
  DELAYED_NAME_REMOVAL("promql-delayed-name-removal"),
  TYPE_AND_UNIT_LABELS("type-and-unit-labels"),
  EXTENDED_RANGE_SELECTORS("promql-extended-range-selectors"),
  BINOP_FILL_MODIFIERS("promql-binop-fill-modifiers"),
  SEARCH_API("search-api"),
  CONCURRENT_RULE_EVAL("concurrent-rule-eval"),
  OTLP_NATIVE_DELTA("otlp-native-delta-ingestion"),
  OTLP_DELTA_TO_CUMULATIVE("otlp-deltatocumulative");

  private static final System.Logger LOG = JulLogger.of(Features.class.getName());

  /** Accepted without effect because they are always on, here as in Prometheus. */
  private static final Set<String> THE_RULE =
      Set.of("native-histograms", "ooo-native-histograms", "promql-duration-expr");

  /** Accepted without effect because the store of Tethys always works this way. */
  private static final Set<String> ALWAYS_SO =
      Set.of("memory-snapshot-on-shutdown", "fast-startup", "metadata-wal-records");

  /** Accepted without effect because they tune Prometheus's own store, not query results. */
  private static final Set<String> OF_ITS_STORE =
      Set.of("histograms-st-encoding", "xor2-encoding", "delayed-compaction", "use-uncached-io");

  private static final Set<String> NOT_BUILT = Set.of("old-ui");

  private final String text;

  Features(String text) {
    this.text = text;
  }

  /** Reads the comma-separated lists that were given. */
  static Set<Features> parse(List<String> lists) {
    Set<Features> out = EnumSet.noneOf(Features.class);
    for (String list : lists) {
      for (String name : list.split(",", -1)) {
        if (name.isEmpty()) {
          continue;
        }
        Features f = of(name);
        if (f != null) {
          out.add(f);
        } else if (NOT_BUILT.contains(name)) {
          throw new UsageException(
              "tethys server: --enable-feature=" + name + " is valid in Prometheus but not built");
        } else if (name.equals("auto-reload-config")) {
          throw new UsageException(
              "tethys server: --enable-feature=auto-reload-config is a flag now:"
                  + " --config.auto-reload");
        } else if (THE_RULE.contains(name) || ALWAYS_SO.contains(name)) {
          LOG.log(Level.INFO, "feature {0} needs no flag: it is always on", name);
        } else if (OF_ITS_STORE.contains(name)) {
          LOG.log(
              Level.INFO,
              "feature {0} concerns Prometheus storage and does not apply to Tethys",
              name);
        } else {
          LOG.log(Level.WARNING, "Unknown option for --enable-feature: {0}", name);
        }
      }
    }
    if (out.contains(OTLP_NATIVE_DELTA) && out.contains(OTLP_DELTA_TO_CUMULATIVE)) {
      throw new UsageException(
          "tethys server: --enable-feature: cannot enable otlp-deltatocumulative and"
              + " otlp-native-delta-ingestion features at the same time");
    }
    return out;
  }

  private static @org.jspecify.annotations.Nullable Features of(String name) {
    for (Features f : values()) {
      if (f.text.equals(name)) {
        return f;
      }
    }
    return null;
  }

  /** Returns the name on the command line. */
  String text() {
    return text;
  }
}
