package dev.tethys.collect.scrape;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricMetadata;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Endpoint of a job, active or dropped by relabelling. Its identity (labels and URL) never changes;
 * its discovered labels, its last report and its metadata do, each as one volatile reference.
 */
public final class Target {
  static final String PARAM_PREFIX = "__param_";

  private final boolean dropped;
  private final String socket;
  private final Labels publicLabels;
  private final String url;
  private final long hash;
  private volatile Origin origin;
  private volatile Report report = Report.NONE;
  private volatile @Nullable FamilyMemory metadata;
  private volatile ScrapeTiming.@Nullable RequestedPace asked;

  /** Configuration and labels that a target was created from. */
  record Origin(ScrapeConfig config, Labels target, Labels group) {}

  /** Scrape result. */
  public record Report(
      TargetHealth health,
      @Nullable String lastError,
      @Nullable Instant lastScrape,
      Duration lastScrapeDuration) {
    static final Report NONE = new Report(TargetHealth.UNKNOWN, null, null, Duration.ZERO);
  }

  Target(Labels labels, ScrapeConfig config, Labels target, Labels group) {
    this.dropped = labels.isEmpty();
    this.socket = labels.get(TargetLabels.UNIX_SOCKET);
    this.origin = new Origin(config, target, group);
    LabelsBuilder b = new LabelsBuilder();
    for (Labels.Label l : labels.toList()) {
      if (!l.name().startsWith("__")) {
        b.set(l.name(), l.value());
      }
    }
    this.publicLabels = b.build();
    this.url = labels.isEmpty() ? "" : url(labels, config);
    byte[] u = url.getBytes(StandardCharsets.UTF_8);
    this.hash = labels.hash64() * 31 + Labels.hash64(u, 0, u.length);
  }

  /** Returns the labels added to the target's series. */
  public Labels labels() {
    return publicLabels;
  }

  /**
   * All labels, including labels that start with two underscores; empty for a dropped target. They
   * are rebuilt from the target's inputs, since stored labels would take most of its memory.
   */
  Labels allLabels() {
    Origin o = origin;
    Labels all = dropped ? null : TargetLabels.of(o.config, o.target, o.group);
    return all == null ? Labels.EMPTY : all;
  }

  /** Unix socket for its requests; "" for none. */
  String socket() {
    return socket;
  }

  /** The labels before relabelling. */
  public Labels discoveredLabels() {
    Origin o = origin;
    return TargetLabels.discovered(o.config, o.target, o.group);
  }

  /** Returns the scrape URL, or {@code ""} for a dropped target. */
  public String url() {
    return url;
  }

  /** The job it belongs to. */
  public ScrapeConfig config() {
    return origin.config;
  }

  /** Report on the last scrape. */
  public Report report() {
    return report;
  }

  /** The interval from its labels. */
  public String scrapeInterval() {
    ScrapeTiming.RequestedPace a = asked;
    return a == null ? allLabels().get(TargetLabels.SCRAPE_INTERVAL) : a.interval();
  }

  /** The timeout from its labels. */
  public String scrapeTimeout() {
    ScrapeTiming.RequestedPace a = asked;
    return a == null ? allLabels().get(TargetLabels.SCRAPE_TIMEOUT) : a.timeout();
  }

  /** Latest metadata of the target's metric families, unordered. */
  public List<FamilyMetadata> metadata() {
    FamilyMemory m = metadata;
    return m == null ? List.of() : m.list();
  }

  /** Latest metadata of one family, null if none. */
  public @Nullable MetricMetadata metadata(String family) {
    FamilyMemory m = metadata;
    return m == null ? null : m.get(family);
  }

  int metadataEntries() {
    FamilyMemory m = metadata;
    return m == null ? 0 : m.size();
  }

  long metadataBytes() {
    FamilyMemory m = metadata;
    return m == null ? 0 : m.bytes();
  }

  void metadataFrom(FamilyMemory cache) {
    metadata = cache;
  }

  /** Sets the pace that its labels request, which all targets of a job share. */
  void setRequestedPace(ScrapeTiming.RequestedPace of) {
    asked = of;
  }

  void origin(Origin o) {
    origin = o;
  }

  Origin origin() {
    return origin;
  }

  void report(Report r) {
    report = r;
  }

  /** Hash of labels and URL. */
  long hash() {
    return hash;
  }

  /** When the target is due within its interval: the same in every process with that seed. */
  long offsetNanos(Duration interval, long seed) {
    return Long.remainderUnsigned(hash ^ seed, interval.toNanos());
  }

  private static String url(Labels labels, ScrapeConfig config) {
    TreeMap<String, List<String>> params = new TreeMap<>();
    config.params().forEach((k, v) -> params.put(k, new ArrayList<>(v)));
    for (Labels.Label l : labels.toList()) {
      if (l.name().startsWith(PARAM_PREFIX)) {
        List<String> values =
            params.computeIfAbsent(
                l.name().substring(PARAM_PREFIX.length()), k -> new ArrayList<>());
        if (values.isEmpty()) {
          values.add(l.value());
        } else {
          values.set(0, l.value());
        }
      }
    }
    StringBuilder sb = new StringBuilder();
    sb.append(labels.get(TargetLabels.SCHEME)).append("://");
    sb.append(labels.get(TargetLabels.ADDRESS));
    String path = labels.get(TargetLabels.METRICS_PATH);
    if (!path.isEmpty() && !path.startsWith("/")) {
      sb.append('/');
    }
    escapePath(sb, path);
    char separator = '?';
    for (var p : params.entrySet()) {
      for (String v : p.getValue()) {
        sb.append(separator).append(encode(p.getKey())).append('=').append(encode(v));
        separator = '&';
      }
    }
    return sb.toString();
  }

  private static String encode(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8).replace("*", "%2A").replace("%7E", "~");
  }

  private static void escapePath(StringBuilder sb, String path) {
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          b >= 'a' && b <= 'z'
              || b >= 'A' && b <= 'Z'
              || b >= '0' && b <= '9'
              || b > 0 && "-_.~$&+,/:;=@".indexOf(b) >= 0;
      if (plain) {
        sb.append((char) b);
      } else {
        sb.append('%');
        sb.append(Character.toUpperCase(Character.forDigit(b >> 4 & 15, 16)));
        sb.append(Character.toUpperCase(Character.forDigit(b & 15, 16)));
      }
    }
  }

  @Override
  public String toString() {
    return url.isEmpty() ? "dropped " + GoQuote.quote(discoveredLabels().toString()) : url;
  }
}
