package dev.tethys.pipeline.volume;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Settings of volumes by attribute.
 *
 * @param values maximum number of values per attribute and point; all others are counted together
 * @param prices prices of exporters
 */
public record VolumeSettings(
    boolean enabled, List<VolumeAttribute> attributes, int values, Prices prices) {
  /** Settings without prices. */
  public VolumeSettings(boolean enabled, List<VolumeAttribute> attributes, int values) {
    this(enabled, attributes, values, Prices.NONE);
  }

  private static final int MAX_ATTRIBUTES = 16;
  private static final int MAX_VALUES = 10_000;

  public static final VolumeSettings DEFAULT =
      new VolumeSettings(
          true,
          List.of(
                  "service.name",
                  "service.namespace",
                  "k8s.namespace.name",
                  "team",
                  "severity",
                  "metric.name")
              .stream()
              .map(VolumeAttribute::parse)
              .toList(),
          100);

  private static final Section SECTION =
      new Section(
          "volumes",
          "Counts telemetry volume by attribute, at the entries and exits of the " + "graph.");
  private static final Key<Boolean> ENABLED =
      SECTION.key("enabled", Type.BOOL, true, "Enables counting of volumes.");
  private static final Key<List<String>> ATTRIBUTES =
      SECTION.key(
          "attributes",
          Type.list(Type.STRING),
          DEFAULT.attributes.stream().map(VolumeAttribute::name).toList(),
          "Attributes to count by: severity, metric.name, keys of resource "
              + "attributes, or attributes[\"KEY\"] of items.");
  private static final Key<Long> VALUES =
      SECTION.key(
          "values",
          Type.INT,
          (long) DEFAULT.values,
          "Maximum number of values kept for an attribute.");

  private static final Key<Prices> PRICES =
      SECTION.key("prices", Prices.TYPE, Prices.NONE, "Prices of exporters.");

  public static final Type<VolumeSettings> TYPE = SECTION.type(VolumeSettings::read);

  private static VolumeSettings read(YamlObject o) {
    List<VolumeAttribute> all = new ArrayList<>();
    for (String name : o.get(ATTRIBUTES)) {
      try {
        all.add(VolumeAttribute.parse(name));
      } catch (IllegalArgumentException e) {
        throw o.error(ATTRIBUTES, String.valueOf(e.getMessage()));
      }
    }
    if (all.isEmpty()
        || all.size() > MAX_ATTRIBUTES
        || all.stream().distinct().count() < all.size()) {
      throw o.error(ATTRIBUTES, "must have 1 to " + MAX_ATTRIBUTES + " different entries");
    }
    long values = o.get(VALUES);
    if (values < 1 || values > MAX_VALUES) {
      throw o.error(VALUES, "must be from 1 to " + MAX_VALUES);
    }
    return new VolumeSettings(o.get(ENABLED), List.copyOf(all), (int) values, o.get(PRICES));
  }
}
