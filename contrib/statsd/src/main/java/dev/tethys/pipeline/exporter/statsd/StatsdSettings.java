package dev.tethys.pipeline.exporter.statsd;

import dev.tethys.codec.statsd.StatsdKind;
import dev.tethys.codec.statsd.StatsdTagStyle;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.client.LineEndpoint;
import dev.tethys.pipeline.exporter.client.LineEndpoint.Transport;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Settings of the {@code statsd} exporter.
 *
 * @param name name template for metrics
 * @param maxNames maximum number of name prefixes built from attributes
 * @param resources whether resource attributes are tags too
 * @param observed type of histogram observations
 * @param absolute whether the server accepts a negative gauge as a value; otherwise it is sent
 *     after a 0
 * @param timestamps whether lines of counters and gauges have their time
 * @param maxItems maximum points in one request
 */
record StatsdSettings(
    LineEndpoint endpoint,
    StatsdTagStyle style,
    NameTemplate name,
    int maxNames,
    boolean resources,
    Histograms histograms,
    StatsdKind observed,
    boolean absolute,
    boolean timestamps,
    int maxItems,
    DeliverySettings delivery) {
  /** Histogram conversion. */
  enum Histograms {
    /** Counts by bucket. */
    COUNTERS,
    /** An observation for each bucket, with the rate that makes it as many as there were. */
    OBSERVATIONS,
    /** They are dropped and counted. */
    DROP
  }

  private static final int USUAL_DATAGRAM = 1432;
  private static final int MAX_ITEMS = 1_000_000;

  private static final Section SECTION =
      new Section("statsd", "Writes metrics to StatsD.").include(DeliverySettings.SECTION);
  private static final LineEndpoint.Keys ENDPOINT =
      new LineEndpoint.Keys(
          SECTION, "localhost:8125", Transport.UDP, EnumSet.allOf(Transport.class), USUAL_DATAGRAM);
  private static final Key<StatsdTagStyle> STYLE =
      SECTION.key(
          "tags",
          Type.lowerCase("style of tags", StatsdTagStyle.class),
          StatsdTagStyle.DOGSTATSD,
          "Format of tags: dogstatsd, graphite, influxdb, librato or signalfx; "
              + "none appends labels to the name.");
  private static final Key<String> NAME =
      SECTION.key(
          "name",
          Type.STRING,
          "{__name__}",
          "Name of a metric; {label} is replaced by the attribute's value.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 10_000);
  private static final Key<Boolean> RESOURCES =
      SECTION.key(
          "resource_attributes_as_tags",
          Type.BOOL,
          true,
          "If true, resource attributes become tags; without them several "
              + "instances may be merged into one series.");
  private static final Key<Histograms> HISTOGRAMS =
      SECTION.key(
          "histograms",
          Type.lowerCase("rule for histograms", Histograms.class),
          Histograms.COUNTERS,
          "Form of histograms: counters, observations or drop.");
  private static final Key<StatsdKind> OBSERVED =
      SECTION.key(
          "observation_type",
          Type.oneOf("type of observations", observationTypes()),
          StatsdKind.HISTOGRAM,
          "Type of observations: h, d or ms.");
  private static final Key<Boolean> ABSOLUTE =
      SECTION.optional(
          "absolute_gauges",
          Type.BOOL,
          "If true, a signed gauge is an absolute value, as in Datadog's agent; "
              + "otherwise a 0 is sent before a negative gauge. Usually true only for "
              + "dogstatsd.");
  private static final Key<Boolean> TIMESTAMPS =
      SECTION.key(
          "timestamps",
          Type.BOOL,
          false,
          "If true, counters and gauges carry timestamps; dogstatsd only.");
  private static final Key<Long> MAX_ITEMS_KEY =
      SECTION.key(
          "max_samples_per_send", Type.INT, 10_000L, "Maximum number of points in a request.");

  static final Type<StatsdSettings> TYPE = SECTION.type(StatsdSettings::read);

  private static SequencedMap<String, StatsdKind> observationTypes() {
    SequencedMap<String, StatsdKind> m = new LinkedHashMap<>();
    for (StatsdKind k : StatsdKind.values()) {
      if (k.isObserved()) {
        m.put(k.word(), k);
      }
    }
    return m;
  }

  private static StatsdSettings read(YamlObject o) {
    StatsdTagStyle style = o.get(STYLE);
    if (o.get(TIMESTAMPS) && style != StatsdTagStyle.DOGSTATSD) {
      throw o.error(TIMESTAMPS, "timestamps require tags: dogstatsd");
    }
    long items = o.get(MAX_ITEMS_KEY);
    if (items < 1 || items > MAX_ITEMS) {
      throw o.error(MAX_ITEMS_KEY, "max_samples_per_send must be 1 to " + MAX_ITEMS);
    }
    Boolean absolute = o.find(ABSOLUTE);
    return new StatsdSettings(
        ENDPOINT.read(o),
        style,
        name(o),
        BoundedNames.read(o, MAX_NAMES),
        o.get(RESOURCES),
        o.get(HISTOGRAMS),
        o.get(OBSERVED),
        absolute == null ? style == StatsdTagStyle.DOGSTATSD : absolute,
        o.get(TIMESTAMPS),
        (int) items,
        DeliverySettings.read(o, Duration.ofSeconds(15)));
  }

  private static NameTemplate name(YamlObject o) {
    NameTemplate t;
    try {
      t = NameTemplate.parse(o.get(NAME));
    } catch (IllegalArgumentException e) {
      throw o.error(NAME, "name: " + e.getMessage());
    }
    if (!t.textsMatch("[A-Za-z0-9_.-]*") || t.of(l -> "x").isEmpty()) {
      throw o.error(
          NAME, "name must consist of letters, digits and any of _ . - around its {labels}");
    }
    return t;
  }
}
