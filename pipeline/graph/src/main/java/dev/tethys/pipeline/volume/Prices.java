package dev.tethys.pipeline.volume;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.Map;

/**
 * Prices of exported data.
 *
 * @param currency such as {@code USD}; "" without prices
 * @param byExporter prices by exporter ID
 */
public record Prices(String currency, Map<String, Price> byExporter) {
  public static final Prices NONE = new Prices("", Map.of());

  private static final double GIB = 1L << 30;
  private static final double MILLION = 1e6;

  /** Price of one exporter. */
  public record Price(double perGib, double perMillionItems) {
    /**
     * Returns the price of a volume in millionths of the currency; not rounded, since prices are
     * summed.
     */
    public double micros(long items, long bytes) {
      return MILLION * (perGib * bytes / GIB + perMillionItems * items / MILLION);
    }
  }

  private static final Section PRICE =
      new Section("price", "Prices of data passed to an exporter.");
  private static final Key<Double> PER_GIB =
      PRICE.key("per_gib", Type.FLOAT, 0.0, "Price of 1 GiB before compression.");
  private static final Key<Double> PER_MILLION =
      PRICE.key("per_million_items", Type.FLOAT, 0.0, "Price of one million items.");

  private static final Section SECTION = new Section("prices", "Prices of exporters.");
  private static final Key<String> CURRENCY =
      SECTION.key("currency", Type.STRING, "USD", "Name of the currency.");
  private static final Key<Map<String, Price>> EXPORTERS =
      SECTION.required(
          "exporters", Type.map(PRICE.type(Prices::price)), "Prices by the ID of the exporter.");

  static final Type<Prices> TYPE = SECTION.type(o -> new Prices(o.get(CURRENCY), o.get(EXPORTERS)));

  public Prices {
    byExporter = Map.copyOf(byExporter);
  }

  private static Price price(YamlObject o) {
    Price p = new Price(o.get(PER_GIB), o.get(PER_MILLION));
    if (!(p.perGib >= 0 && p.perMillionItems >= 0 && p.perGib < 1e9 && p.perMillionItems < 1e9)) {
      throw o.error("prices must be from 0 to less than 1000000000");
    }
    return p;
  }
}
