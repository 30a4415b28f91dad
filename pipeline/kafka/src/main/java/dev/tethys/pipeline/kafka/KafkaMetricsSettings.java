package dev.tethys.pipeline.kafka;

import com.google.re2j.Pattern;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Settings of a {@code kafka_metrics} receiver.
 *
 * @param pace interval and timeout of collections; not zero
 * @param alias alias of the cluster; {@code ""} for none
 * @param topics regular expression that selects topics by name
 * @param groups regular expression that selects consumer groups
 * @param properties Kafka client properties
 */
public record KafkaMetricsSettings(
    IntervalCollector.Schedule pace,
    String alias,
    Pattern topics,
    Pattern groups,
    Set<Scraper> scrapers,
    List<MetricSettings> metrics,
    ResourceAttributes resources,
    Map<String, Object> properties) {
  /** Collected kind of object. */
  public enum Scraper {
    BROKERS,
    TOPICS,
    CONSUMERS;

    /** Returns the name in configurations. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Default timeout of a collection. */
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private static final Section SECTION =
      new Section(
              "kafka_metrics",
              "Collects metrics of the brokers, topics and consumers of a Kafka " + "cluster.")
          .include(KafkaConnection.SECTION);
  private static final IntervalCollector.Schedule.Keys PACE =
      new IntervalCollector.Schedule.Keys(SECTION, Duration.ofMinutes(1), Duration.ZERO);
  private static final Key<List<Scraper>> SCRAPERS =
      SECTION.required(
          "scrapers",
          Type.list(Type.lowerCase("scraper", Scraper.class)),
          "Collected objects: brokers, topics, consumers.");
  private static final Key<String> CLUSTER_ALIAS =
      SECTION.key(
          "cluster_alias", Type.STRING, "", "Value of the resource attribute kafka.cluster.alias.");
  private static final Key<Pattern> TOPIC_MATCH =
      SECTION.key(
          "topic_match",
          Type.REGEX,
          Pattern.compile("^[^_].*$"),
          "RE2 expression searched for in topic names; only matching topics are " + "collected.");
  private static final Key<Pattern> GROUP_MATCH =
      SECTION.key(
          "group_match",
          Type.REGEX,
          Pattern.compile(".*"),
          "RE2 expression searched for in names of consumer groups; only "
              + "matching groups are collected.");
  private static final Key<Duration> REFRESH =
      SECTION.optional(
          "refresh_frequency",
          GoDurations.TYPE,
          "Maximum age of the client's list of brokers; everything else is requested at "
              + "each collection.");
  private static final MetricSettings.Keys METRICS =
      new MetricSettings.Keys(SECTION, KafkaMetrics.ALL);
  private static final ResourceAttributes.Keys RESOURCES =
      new ResourceAttributes.Keys(SECTION, KafkaMetrics.RESOURCE);

  static final Type<KafkaMetricsSettings> TYPE = SECTION.type(KafkaMetricsSettings::read);

  private static KafkaMetricsSettings read(YamlObject o) {
    List<Scraper> scrapers = o.get(SCRAPERS);
    if (scrapers.isEmpty()) {
      throw o.error(SCRAPERS, "scrapers requires at least one of brokers, topics and consumers");
    }
    IntervalCollector.Schedule pace = PACE.read(o);
    if (pace.timeout().isZero()) {
      pace = new IntervalCollector.Schedule(pace.interval(), pace.delay(), LONGEST);
    }
    Map<String, Object> p = new HashMap<>(KafkaConnection.read(o).properties());
    int timeout = Math.clamp(pace.timeout().toMillis(), 1, 600_000);
    p.put("default.api.timeout.ms", timeout);
    p.put("request.timeout.ms", Math.min(timeout, 30_000));
    Duration refresh = o.find(REFRESH);
    if (refresh != null) {
      if (!refresh.isPositive()) {
        throw o.error(REFRESH, "refresh_frequency must be greater than 0");
      }
      p.put("metadata.max.age.ms", refresh.toMillis());
    }
    return new KafkaMetricsSettings(
        pace,
        o.get(CLUSTER_ALIAS),
        o.get(TOPIC_MATCH),
        o.get(GROUP_MATCH),
        EnumSet.copyOf(scrapers),
        METRICS.read(o),
        RESOURCES.read(o),
        Map.copyOf(p));
  }
}
