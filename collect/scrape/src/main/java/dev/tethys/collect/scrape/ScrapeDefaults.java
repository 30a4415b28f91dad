package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ScrapeProtocol;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.NameScheme;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Defaults of jobs from the {@code global} section. The keys are the same in both places, so they
 * are described and read here.
 *
 * @param protocols protocols as configured; null if not set
 * @param failureLogFile {@code ""} for none
 * @param escaping escaping scheme as configured or derived from the name validation scheme
 */
public record ScrapeDefaults(
    Duration interval,
    Duration timeout,
    @Nullable List<ScrapeProtocol> protocols,
    String failureLogFile,
    ScrapeLimits limits,
    Histograms histograms,
    boolean extraMetrics,
    NameScheme names,
    EscapingScheme escaping) {
  /** Forms of histograms to store. */
  public record Histograms(boolean scrapeNative, boolean convertClassic, boolean keepClassic) {
    /** Classic histograms without conversion. */
    public static final Histograms DEFAULT = new Histograms(false, false, false);
  }

  /** Prometheus's own defaults. */
  public static final ScrapeDefaults DEFAULT =
      new ScrapeDefaults(
          Duration.ofMinutes(1),
          Duration.ofSeconds(10),
          null,
          "",
          ScrapeLimits.NONE,
          Histograms.DEFAULT,
          false,
          NameScheme.UTF8,
          EscapingScheme.ALLOW_UTF_8);

  /** Variant with all that is known of each scrape. */
  ScrapeDefaults withExtraMetrics() {
    return new ScrapeDefaults(
        interval, timeout, protocols, failureLogFile, limits, histograms, true, names, escaping);
  }

  /** To be included in {@code global} and in {@code scrape_configs}. */
  public static final Section SECTION =
      new Section("scrape_defaults", "Defaults of jobs, from the global section.");

  private static final Key<Duration> INTERVAL =
      SECTION.optional("scrape_interval", Type.DURATION, "Scrape interval.");
  private static final Key<Duration> TIMEOUT =
      SECTION.optional(
          "scrape_timeout", Type.DURATION, "Scrape timeout; at most the scrape interval.");
  private static final Key<List<ScrapeProtocol>> PROTOCOLS =
      SECTION.optional(
          "scrape_protocols",
          Type.of("list of scrape protocols", null, ScrapeDefaults::protocols),
          "Formats to negotiate, in order of preference.");
  private static final Key<String> FAILURE_LOG =
      SECTION.key(
          "scrape_failure_log_file", Type.PATH, "", "File to which scrape failures are logged.");
  private static final Key<Boolean> NATIVE =
      SECTION.optional(
          "scrape_native_histograms", Type.BOOL, "If true, native histograms are stored.");
  private static final Key<Boolean> CONVERT =
      SECTION.optional(
          "convert_classic_histograms_to_nhcb",
          Type.BOOL,
          "If true, classic histograms are converted to native histograms with custom buckets.");
  private static final Key<Boolean> KEEP_CLASSIC =
      SECTION.optional(
          "always_scrape_classic_histograms",
          Type.BOOL,
          "If true, classic histograms are also stored where a native histogram exists.");
  private static final Key<Boolean> EXTRA =
      SECTION.optional(
          "extra_scrape_metrics",
          Type.BOOL,
          "If true, reports the limits and the body size of each scrape as series.");
  private static final Key<NameScheme> NAMES =
      SECTION.optional(
          "metric_name_validation_scheme",
          Type.of("utf8 | legacy", null, ScrapeDefaults::nameScheme),
          "Validation scheme of metric and label names.");
  private static final Key<EscapingScheme> ESCAPING =
      SECTION.optional(
          "metric_name_escaping_scheme",
          Type.of(
              "allow-utf-8 | underscores | dots | values", null, ScrapeDefaults::escapingScheme),
          "Escaping scheme requested from targets for names outside the legacy character set.");

  static {
    SECTION.include(ScrapeLimits.SECTION);
  }

  /** Reads the {@code global} section's part. */
  public static ScrapeDefaults readGlobal(YamlObject o) {
    return readOver(o, DEFAULT, "global scrape timeout greater than scrape interval");
  }

  /**
   * Effective values of a map that overrides inherited ones.
   *
   * @param timeoutError message if the timeout exceeds the interval
   * @throws dev.tethys.config.ConfigException for such a timeout and for contradicting schemes
   */
  public static ScrapeDefaults readOver(
      YamlObject o, ScrapeDefaults inherited, String timeoutError) {
    Duration interval = positive(o.find(INTERVAL), inherited.interval);
    Duration timeout = o.find(TIMEOUT);
    if (timeout == null || timeout.isZero()) {
      timeout = inherited.timeout.compareTo(interval) > 0 ? interval : inherited.timeout;
    } else if (timeout.compareTo(interval) > 0) {
      throw o.error(TIMEOUT, timeoutError);
    }
    NameScheme ownNames = o.find(NAMES);
    NameScheme names = ownNames == null ? inherited.names : ownNames;
    EscapingScheme escaping = o.find(ESCAPING);
    if (escaping == null) {
      escaping =
          ownNames == null
              ? inherited.escaping
              : ownNames == NameScheme.UTF8
                  ? EscapingScheme.ALLOW_UTF_8
                  : EscapingScheme.UNDERSCORES;
    }
    if (names == NameScheme.LEGACY && escaping == EscapingScheme.ALLOW_UTF_8) {
      throw o.error(
          ESCAPING, "utf8 metric names requested but validation scheme is not set to UTF8");
    }
    List<ScrapeProtocol> protocols = o.find(PROTOCOLS);
    String failureLog = o.get(FAILURE_LOG);
    Histograms h = inherited.histograms;
    return new ScrapeDefaults(
        interval,
        timeout,
        protocols == null ? inherited.protocols : protocols,
        failureLog.isEmpty() ? inherited.failureLogFile : failureLog,
        ScrapeLimits.read(o, inherited.limits),
        new Histograms(
            or(o.find(NATIVE), h.scrapeNative),
            or(o.find(CONVERT), h.convertClassic),
            or(o.find(KEEP_CLASSIC), h.keepClassic)),
        or(o.find(EXTRA), inherited.extraMetrics),
        names,
        escaping);
  }

  private static Duration positive(@Nullable Duration d, Duration otherwise) {
    return d == null || d.isZero() ? otherwise : d;
  }

  private static boolean or(@Nullable Boolean v, boolean otherwise) {
    return v == null ? otherwise : v;
  }

  private static List<ScrapeProtocol> protocols(YamlNode n) {
    List<ScrapeProtocol> out = new ArrayList<>();
    Set<ScrapeProtocol> seen = EnumSet.noneOf(ScrapeProtocol.class);
    for (YamlNode i : n.items()) {
      ScrapeProtocol p = protocol(i);
      if (!seen.add(p)) {
        throw i.error("duplicated protocol in scrape_protocols, got " + p.text() + " twice");
      }
      out.add(p);
    }
    if (out.isEmpty()) {
      throw n.error("scrape_protocols cannot be empty");
    }
    return List.copyOf(out);
  }

  static ScrapeProtocol protocol(YamlNode n) {
    return ScrapeProtocol.of(n.asString())
        .orElseThrow(
            () ->
                n.error(
                    "unknown scrape protocol "
                        + n.asString()
                        + ", supported: "
                        + Stream.of(ScrapeProtocol.values())
                            .map(ScrapeProtocol::text)
                            .collect(Collectors.joining(", "))));
  }

  private static NameScheme nameScheme(YamlNode n) {
    return switch (n.asString()) {
      case "utf8" -> NameScheme.UTF8;
      case "legacy" -> NameScheme.LEGACY;
      default ->
          throw n.error(
              "unknown metric name validation scheme \""
                  + n.asString()
                  + "\"; allowed: utf8, legacy");
    };
  }

  private static EscapingScheme escapingScheme(YamlNode n) {
    return EscapingScheme.of(n.asString())
        .orElseThrow(
            () ->
                n.error(
                    "unknown metric name escaping method \""
                        + n.asString()
                        + "\"; allowed: allow-utf-8, underscores, dots, values"));
  }

  /**
   * Effective protocols: the configured ones or the defaults, with protobuf first if it is needed.
   */
  public List<ScrapeProtocol> effectiveProtocols(boolean protobufFirst) {
    List<ScrapeProtocol> p = protocols;
    return p != null
        ? p
        : histograms.scrapeNative() || protobufFirst
            ? ScrapeProtocol.DEFAULT_PROTO_FIRST
            : ScrapeProtocol.DEFAULT;
  }

  /** Adds the keys to a tree to be written, defaults filled in. */
  public void addTo(Map<String, @Nullable Object> m) {
    m.put("scrape_interval", interval);
    m.put("scrape_timeout", timeout);
    m.put(
        "scrape_protocols", effectiveProtocols(false).stream().map(ScrapeProtocol::text).toList());
    m.put("scrape_native_histograms", histograms.scrapeNative());
    m.put("always_scrape_classic_histograms", histograms.keepClassic());
    m.put("convert_classic_histograms_to_nhcb", histograms.convertClassic());
    m.put("extra_scrape_metrics", extraMetrics);
    limits.addTo(m);
    m.put("scrape_failure_log_file", failureLogFile.isEmpty() ? null : failureLogFile);
    m.put("metric_name_validation_scheme", names == NameScheme.UTF8 ? "utf8" : "legacy");
    m.put("metric_name_escaping_scheme", escaping.text());
  }
}
