package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * View of {@code service.telemetry.metrics}: modification of some metrics of the process.
 *
 * @param name pattern of metric names with {@code *} and {@code ?}; "" for all
 * @param kind kind of the metrics, or null for all
 * @param drop whether they are not exposed
 * @param rename new name; "" to keep
 * @param description "" to keep
 * @param included attributes to keep; empty for all
 * @param excluded attributes to remove
 */
public record OwnView(
    String name,
    @Nullable Kind kind,
    boolean drop,
    String rename,
    String description,
    Set<String> included,
    Set<String> excluded) {
  /** Instrument kinds that a selector distinguishes. */
  public enum Kind {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  private static final String NO_METERS =
      "metrics of this process are of one meter; select them by instrument_name";

  private static final Section SELECTOR =
      new Section("telemetry_selector", "Metrics that the view selects.");
  private static final Key<String> INSTRUMENT_NAME =
      SELECTOR.key("instrument_name", Type.STRING, "", "Instrument name; * and ? are wildcards.");
  private static final Key<String> INSTRUMENT_TYPE =
      SELECTOR.key(
          "instrument_type",
          Type.oneOf(
              "instrument type",
              List.of(
                  "counter",
                  "histogram",
                  "observable_counter",
                  "observable_gauge",
                  "observable_up_down_counter",
                  "up_down_counter")),
          "",
          "Type of the instruments.");
  private static final Key<String> UNIT =
      SELECTOR.key(
          "unit",
          Type.STRING,
          "",
          "Unit of the instruments; must be empty, since units are part of " + "metric names.");
  private static final Key<String> METER_NAME =
      SELECTOR.key(
          "meter_name",
          Type.STRING,
          "",
          "Name of the meter; must be empty, since there is only one.");
  private static final Key<String> METER_VERSION =
      SELECTOR.key(
          "meter_version",
          Type.STRING,
          "",
          "Version of the meter; must be empty, since there is only one.");
  private static final Key<String> METER_SCHEMA =
      SELECTOR.key(
          "meter_schema_url",
          Type.STRING,
          "",
          "Schema URL of the meter; must be empty, since there is only one.");

  /** View selector. */
  private record Selected(String name, @Nullable Kind kind) {}

  private static final Section KEYS =
      new Section("telemetry_attribute_keys", "Attribute keys to include or exclude.");
  private static final Key<List<String>> INCLUDED =
      KEYS.key("included", Type.list(Type.STRING), List.of(), "Keys to include; empty for all.");
  private static final Key<List<String>> EXCLUDED =
      KEYS.key("excluded", Type.list(Type.STRING), List.of(), "Keys to exclude.");

  private record Attributes(Set<String> included, Set<String> excluded) {}

  private static final Attributes ALL = new Attributes(Set.of(), Set.of());

  private static final Section AGGREGATION =
      new Section("telemetry_aggregation", "Aggregation of the metrics.");
  private static final Key<YamlNode> DROP =
      AGGREGATION.optional("drop", Type.ANY, "Drops the metrics.");
  private static final Key<YamlNode> DEFAULT =
      AGGREGATION.optional("default", Type.ANY, "Keeps the aggregation of the metrics.");
  private static final List<Key<YamlNode>> OTHERS =
      List.of(
          AGGREGATION.optional("explicit_bucket_histogram", Type.ANY, "Not supported."),
          AGGREGATION.optional("base2_exponential_bucket_histogram", Type.ANY, "Not supported."),
          AGGREGATION.optional("last_value", Type.ANY, "Not supported."),
          AGGREGATION.optional("sum", Type.ANY, "Not supported."));

  private static final Section STREAM =
      new Section("telemetry_stream", "Stream that the selected metrics become.");
  private static final Key<String> NAME =
      STREAM.key(
          "name",
          Type.STRING,
          "",
          "New name of the metric; not allowed if instrument_name has wildcards.");
  private static final Key<String> DESCRIPTION =
      STREAM.key("description", Type.STRING, "", "New description of the metric.");
  private static final Key<Boolean> AGGREGATED =
      STREAM.key(
          "aggregation",
          AGGREGATION.type(OwnView::drops),
          false,
          "Aggregation of the metrics: drop removes them, default keeps them as " + "they are.");
  private static final Key<Attributes> ATTRIBUTE_KEYS =
      STREAM.key(
          "attribute_keys",
          KEYS.type(OwnView::attributes),
          ALL,
          "Attribute keys to include or exclude.");

  private static final Section SECTION = new Section("telemetry_view", "View of selected metrics.");
  private static final Key<Selected> SELECTOR_KEY =
      SECTION.required(
          "selector", SELECTOR.type(OwnView::selected), "Metrics that the view selects.");

  /** Stream settings of a view. */
  private record StreamSettings(
      boolean drop, String name, String description, Attributes attributes) {}

  private static final Key<StreamSettings> STREAM_KEY =
      SECTION.key(
          "stream",
          STREAM.type(
              o ->
                  new StreamSettings(
                      o.get(AGGREGATED), o.get(NAME), o.get(DESCRIPTION), o.get(ATTRIBUTE_KEYS))),
          new StreamSettings(false, "", "", ALL),
          "Stream that the selected metrics become.");

  static final Type<OwnView> TYPE = SECTION.type(OwnView::read);

  private static OwnView read(YamlObject o) {
    Selected which = o.get(SELECTOR_KEY);
    StreamSettings how = o.get(STREAM_KEY);
    if (!how.name.isEmpty() && (which.name.isEmpty() || which.name.matches(".*[*?].*"))) {
      throw o.error(
          STREAM_KEY, "stream.name gives several metrics one name; select one by instrument_name");
    }
    return new OwnView(
        which.name,
        which.kind,
        how.drop,
        how.name,
        how.description,
        how.attributes.included,
        how.attributes.excluded);
  }

  private static Selected selected(YamlObject o) {
    for (Key<String> k : List.of(METER_NAME, METER_VERSION, METER_SCHEMA)) {
      if (!o.get(k).isEmpty()) {
        throw o.error(k, NO_METERS);
      }
    }
    if (!o.get(UNIT).isEmpty()) {
      throw o.error(UNIT, "units of this process's metrics are in their names; select by these");
    }
    String type = o.get(INSTRUMENT_TYPE);
    if (type.endsWith("up_down_counter")) {
      throw o.error(
          INSTRUMENT_TYPE, "this process has no such metrics: up-down values are observable_gauge");
    }
    Kind kind =
        switch (type) {
          case "" -> null;
          case "histogram" -> Kind.HISTOGRAM;
          case "observable_gauge" -> Kind.GAUGE;
          default -> Kind.COUNTER;
        };
    if (kind == null && o.get(INSTRUMENT_NAME).isEmpty()) {
      throw o.error("a selector requires instrument_name or instrument_type");
    }
    return new Selected(o.get(INSTRUMENT_NAME), kind);
  }

  private static boolean drops(YamlObject o) {
    for (Key<YamlNode> k : OTHERS) {
      if (o.has(k)) {
        throw o.error(
            k,
            "the aggregation of this process's metrics is fixed; remove aggregation, or use drop");
      }
    }
    if (o.has(DEFAULT)) {
      o.find(DEFAULT);
    }
    if (o.has(DROP)) {
      o.find(DROP);
      return !o.has(DEFAULT);
    }
    return false;
  }

  private static Attributes attributes(YamlObject o) {
    Set<String> included = Set.copyOf(o.get(INCLUDED));
    Set<String> excluded = Set.copyOf(o.get(EXCLUDED));
    for (String k : excluded) {
      if (included.contains(k)) {
        throw o.error(EXCLUDED, "\"" + k + "\" is both included and excluded");
      }
    }
    return new Attributes(included, excluded);
  }
}
