package dev.tethys.pipeline.receiver.scraping;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of one metric.
 *
 * @param attributes indexes of the attributes kept on points; points that become equal are merged
 */
public record MetricSettings(
    Instrument instrument, boolean enabled, Strategy strategy, List<Integer> attributes) {
  /** Aggregation of points that become equal. */
  public enum Strategy {
    SUM,
    AVG,
    MIN,
    MAX
  }

  private static Strategy usual(Instrument i) {
    return i.kind() == Instrument.Kind.GAUGE ? Strategy.AVG : Strategy.SUM;
  }

  private static MetricSettings usualOf(Instrument i) {
    List<Integer> attributes = new ArrayList<>();
    for (int at = 0; at < i.attributes().size(); at++) {
      if (i.attributes().get(at).enabled()) {
        attributes.add(at);
      }
    }
    return new MetricSettings(i, i.enabled(), usual(i), List.copyOf(attributes));
  }

  /** Whether points may become equal. */
  boolean joins() {
    return attributes.size() < instrument.attributes().size()
        && !attributes.equals(usualOf(instrument).attributes);
  }

  /** Configuration keys of a scraper's metrics. */
  public static final class Keys {
    private final Map<Instrument, Key<MetricSettings>> metrics = new LinkedHashMap<>();
    private final Key<List<MetricSettings>> key;

    /** Adds the key {@code metrics} to a scraper's. */
    private final Section all = new Section("metrics", "Metrics to collect and their settings.");

    public Keys(Section scraper, List<Instrument> instruments) {
      for (Instrument i : instruments) {
        metrics.put(i, all.optional(i.name(), type(i), i.description()));
      }
      key =
          scraper.key(
              "metrics",
              all.type(this::metrics),
              instruments.stream().map(MetricSettings::usualOf).toList(),
              "Metrics to collect and their settings.");
    }

    /** Names a metric that the Collector has renamed. */
    public Keys renamed(String former, String name) {
      all.removed(former, "write " + name);
      return this;
    }

    private List<MetricSettings> metrics(YamlObject o) {
      List<MetricSettings> out = new ArrayList<>();
      metrics.forEach(
          (i, k) -> {
            MetricSettings s = o.find(k);
            out.add(s == null ? usualOf(i) : s);
          });
      return List.copyOf(out);
    }

    /** Settings of all metrics, in the order of the instruments. */
    public List<MetricSettings> read(YamlObject o) {
      return o.get(key);
    }

    private static Type<MetricSettings> type(Instrument i) {
      Section s = new Section("metric " + i.name(), i.description());
      Key<Boolean> enabled = s.key("enabled", Type.BOOL, i.enabled(), "Enables the metric.");
      if (i.attributes().isEmpty()) {
        return s.type(o -> new MetricSettings(i, o.get(enabled), usual(i), List.of()));
      }
      Key<Strategy> strategy =
          s.key(
              "aggregation_strategy",
              Type.lowerCase("aggregation strategy", Strategy.class),
              usual(i),
              "Aggregation of points with equal attributes: sum, avg, min or max.");
      Key<List<YamlNode>> attributes =
          s.optional("attributes", Type.list(Type.ANY), "Attributes of the points.");
      return s.type(
          o ->
              new MetricSettings(
                  i, o.get(enabled), o.get(strategy), attributes(i, o.find(attributes))));
    }

    private static List<Integer> attributes(Instrument i, @Nullable List<YamlNode> written) {
      if (written == null) {
        return usualOf(i).attributes;
      }
      List<String> names = i.attributes().stream().map(Instrument.Attribute::name).toList();
      List<Integer> out = new ArrayList<>();
      for (YamlNode n : written) {
        int at = names.indexOf(n.asString());
        if (at < 0) {
          throw n.error(
              "metric "
                  + i.name()
                  + " has no attribute \""
                  + n.asString()
                  + "\"; it has "
                  + String.join(", ", names));
        }
        if (!out.contains(at)) {
          out.add(at);
        }
      }
      return out.stream().sorted().toList();
    }
  }
}
