package dev.tethys.collect.scrape;

import dev.tethys.config.Durations;
import dev.tethys.config.Redaction;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Converts discovered labels of a target to its scrape labels. Error messages are those of
 * Prometheus.
 */
final class TargetLabels {
  static final String ADDRESS = "__address__";
  static final String SCHEME = "__scheme__";
  static final String METRICS_PATH = "__metrics_path__";
  static final String SCRAPE_INTERVAL = "__scrape_interval__";
  static final String SCRAPE_TIMEOUT = "__scrape_timeout__";
  static final String CONVERT_CLASSIC = "__convert_classic_histograms_to_nhcb__";
  static final String ALWAYS_CLASSIC = "__always_scrape_classic_histograms__";
  static final String SCRAPE_NATIVE = "__scrape_native_histograms__";
  static final String UNIX_SOCKET = "__unix_socket__";
  private static final String META_PREFIX = "__meta_";

  private TargetLabels() {}

  /** Labels before relabelling, from the target, the group, or else the job. */
  static Labels discovered(ScrapeConfig c, Labels target, Labels group) {
    return discoveredBuilder(c, target, group).build();
  }

  private static LabelsBuilder discoveredBuilder(ScrapeConfig c, Labels target, Labels group) {
    LabelsBuilder b = new LabelsBuilder(group).addAll(target);
    set(b, "job", c.jobName());
    set(b, SCRAPE_INTERVAL, Durations.format(c.common().interval()));
    set(b, SCRAPE_TIMEOUT, Durations.format(c.common().timeout()));
    set(b, METRICS_PATH, c.metricsPath());
    set(b, SCHEME, c.scheme());
    set(b, CONVERT_CLASSIC, Boolean.toString(c.common().histograms().convertClassic()));
    set(b, ALWAYS_CLASSIC, Boolean.toString(c.common().histograms().keepClassic()));
    set(b, SCRAPE_NATIVE, Boolean.toString(c.common().histograms().scrapeNative()));
    c.params()
        .forEach(
            (k, v) -> {
              if (!v.isEmpty()) {
                set(b, Target.PARAM_PREFIX + k, v.getFirst());
              }
            });
    return b;
  }

  private static void set(LabelsBuilder b, String name, String value) {
    if (b.get(name).isEmpty()) {
      b.set(name, value);
    }
  }

  /**
   * The labels of a target, null if relabelling drops it.
   *
   * @throws IllegalArgumentException with the reason, if it cannot be scraped
   */
  static @Nullable Labels of(ScrapeConfig c, Labels target, Labels group) {
    LabelsBuilder b = discoveredBuilder(c, target, group);
    if (!c.relabeling().apply(b)) {
      return null;
    }
    String address = b.get(ADDRESS);
    if (address.isEmpty()) {
      throw new IllegalArgumentException("no address");
    }
    if (address.indexOf('/') >= 0) {
      throw new IllegalArgumentException(GoQuote.quote(address) + " is not a valid hostname");
    }
    String interval = b.get(SCRAPE_INTERVAL);
    String timeout = b.get(SCRAPE_TIMEOUT);
    Duration i = duration("scrape interval", interval);
    Duration t = duration("scrape timeout", timeout);
    if (t.compareTo(i) > 0) {
      throw new IllegalArgumentException(
          "scrape timeout cannot be greater than scrape interval ("
              + GoQuote.quote(timeout)
              + " > "
              + GoQuote.quote(interval)
              + ")");
    }
    bool(b, CONVERT_CLASSIC, "convert classic histograms to nhcb");
    bool(b, ALWAYS_CLASSIC, "always scrape classic histograms");
    bool(b, SCRAPE_NATIVE, "scrape native histograms");
    for (String name : b.names()) {
      if (name.startsWith(META_PREFIX)) {
        b.remove(name);
      }
    }
    if (b.get("instance").isEmpty()) {
      b.set("instance", Redaction.text(address)); // kept with each sample: no password
    }
    return b.build();
  }

  private static Duration duration(String what, String text) {
    Duration d;
    try {
      d = Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("error parsing " + what + ": " + e.getMessage(), e);
    }
    if (d.isZero()) {
      throw new IllegalArgumentException(what + " cannot be 0");
    }
    return d;
  }

  private static void bool(LabelsBuilder b, String name, String what) {
    String v = b.get(name);
    if (!v.isEmpty() && parseBool(v) == null) {
      throw new IllegalArgumentException(
          "error parsing "
              + what
              + ": strconv.ParseBool: parsing "
              + GoQuote.quote(v)
              + ": invalid syntax");
    }
  }

  /** Reads a label that overrides a setting of the job. */
  static boolean override(Labels labels, String name, boolean otherwise) {
    Boolean v = parseBool(labels.get(name));
    return v == null ? otherwise : v;
  }

  private static @Nullable Boolean parseBool(String s) {
    return switch (s) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> null;
    };
  }
}
