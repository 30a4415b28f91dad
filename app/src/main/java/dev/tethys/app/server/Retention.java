package dev.tethys.app.server;

import dev.tethys.config.ByteSize;
import dev.tethys.config.Durations;
import dev.tethys.prometheus.StorageConfig;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.metrics.Downsampling;
import dev.tethys.store.metrics.RetentionPolicy;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Retention from the configuration, or from the flags, or fifteen days if neither sets a limit. */
final class Retention {
  private static final Duration DEFAULT = Duration.ofDays(15);

  private final Duration flagTime;
  private final long flagBytes;
  private volatile Duration time = DEFAULT;
  private volatile long bytes;
  private final List<RetentionPolicy.Rule> flagRules;
  private volatile double percentage;
  private volatile List<RetentionPolicy.Rule> rules = List.of();
  private final List<Downsampling> flagLevels;
  private volatile List<Downsampling> levels = List.of();

  Retention(FlagSet flags) {
    flagTime =
        flags.get("storage.tsdb.retention.time").isEmpty()
            ? Duration.ZERO
            : Duration.ofMillis(flags.millis("storage.tsdb.retention.time"));
    flagBytes = flags.bytes("storage.tsdb.retention.size");
    flagRules = flags.list("storage.retention-rule").stream().map(Retention::rule).toList();
    flagLevels = flags.list("storage.downsample").stream().map(Retention::level).toList();
    try {
      apply(StorageConfig.DEFAULT);
    } catch (IllegalStateException e) {
      throw new UsageException("tethys server: " + e.getMessage());
    }
  }

  /** Reads {@code 5m:40h:180d}. */
  private static Downsampling level(String text) {
    String[] parts = text.split(":", -1);
    String problem = "expected RESOLUTION:AGE[:RETENTION], as in 5m:40h:180d";
    if (parts.length == 2 || parts.length == 3) {
      try {
        return new Downsampling(
            Durations.parse(parts[0]),
            Durations.parse(parts[1]),
            parts.length == 2 ? Duration.ZERO : Durations.parse(parts[2]));
      } catch (IllegalArgumentException e) {
        problem = e.getMessage();
      }
    }
    throw new UsageException("tethys server: --storage.downsample=" + text + ": " + problem);
  }

  /** Reads {@code {job="debug"}=2d}. */
  private static RetentionPolicy.Rule rule(String text) {
    int eq = text.lastIndexOf("=");
    String problem = "expected SELECTOR=DURATION, as in {job=\"debug\"}=2d";
    if (eq > 0) {
      try {
        return new RetentionPolicy.Rule(
            PromqlParser.parseMetricSelector(text.substring(0, eq).trim()),
            Durations.parse(text.substring(eq + 1).trim()));
      } catch (IllegalArgumentException | PromqlParseException e) {
        problem = e.getMessage();
      }
    }
    throw new UsageException("tethys server: --storage.retention-rule=" + text + ": " + problem);
  }

  /**
   * Applies the storage settings of a configuration.
   *
   * @throws IllegalStateException if downsampling does not fit the retention of samples
   */
  void apply(StorageConfig config) {
    Duration t = config.retentionTime();
    ByteSize s = config.retentionSize();
    long b = s == null ? flagBytes : s.bytes();
    Duration d = t == null ? flagTime : t;
    Double p = config.retentionPercentage();
    percentage = p == null ? 0 : p;
    time = d.isZero() && b == 0 && percentage == 0 ? DEFAULT : d;
    bytes = b;
    List<RetentionPolicy.Rule> all = new ArrayList<>(config.retentionRules());
    all.addAll(flagRules);
    // Keep the same list if nothing changed: counts made with it stay valid.
    rules = all.equals(rules) ? rules : List.copyOf(all);
    List<Downsampling> given = config.downsampling();
    List<Downsampling> next = given == null ? flagLevels : given;
    try {
      Downsampling.check(next, time);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          (given == null ? "--storage.downsample" : "storage.tsdb.downsampling")
              + ": "
              + e.getMessage()
              + " (samples are kept for "
              + Durations.format(time)
              + ")",
          e);
    }
    levels = next;
  }

  /** Resolutions kept in addition to raw samples. */
  List<Downsampling> downsampling() {
    return levels;
  }

  /** Retention policy for the store. */
  RetentionPolicy policy() {
    return new RetentionPolicy(time, bytes, percentage, rules);
  }

  /** Text in the format of Prometheus: {@code 15d or 10GiB or 80%}. */
  @Override
  public String toString() {
    String t = time.isZero() ? "" : Durations.format(time);
    String s = bytes == 0 ? "" : new ByteSize(bytes).toString();
    String p =
        percentage == 0
            ? ""
            : new BigDecimal(Double.toString(percentage)).stripTrailingZeros().toPlainString()
                + "%";
    return Stream.of(t, s, p).filter(x -> !x.isEmpty()).collect(Collectors.joining(" or "));
  }
}
