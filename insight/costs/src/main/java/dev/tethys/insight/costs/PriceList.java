package dev.tethys.insight.costs;

import dev.tethys.insight.entities.Entity;
import dev.tethys.model.regex.Regex;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prices from a day on.
 *
 * @param where position in its file
 * @param from first day, in UTC
 * @param currency of all prices, as people write it
 * @param rates of nodes; the first that matches a node counts
 * @param diskGibMonth price of a GiB of volumes for 730 hours; NaN if not given
 * @param zoneGib price of a GiB between zones; NaN if not given
 * @param internetGib price of a GiB to the internet; NaN if not given
 */
public record PriceList(
    String name,
    String where,
    LocalDate from,
    String currency,
    List<Rate> rates,
    double diskGibMonth,
    double zoneGib,
    double internetGib) {
  /** Attribute of the name of a node in matches. */
  static final String NAME = "name";

  /**
   * Prices of nodes.
   *
   * @param match expressions that attributes of the node must match, by name
   * @param cpuHour price of a processor for an hour
   * @param memoryGibHour price of a GiB of memory for an hour
   */
  public record Rate(Map<String, Regex> match, double cpuHour, double memoryGibHour) {
    boolean matches(Entity node) {
      return match.entrySet().stream()
          .allMatch(
              m ->
                  m.getValue()
                      .matches(
                          m.getKey().equals(NAME)
                              ? node.name()
                              : node.attributes().getOrDefault(m.getKey(), "")));
    }
  }

  /** Prices of a node; null if no rate matches it. */
  @Nullable Rate rate(Entity node) {
    return rates.stream().filter(r -> r.matches(node)).findFirst().orElse(null);
  }

  /** List that is valid at a time; null if all begin later. */
  static @Nullable PriceList valid(List<PriceList> lists, long time) {
    LocalDate day = Instant.ofEpochMilli(time).atZone(ZoneOffset.UTC).toLocalDate();
    PriceList out = null;
    for (PriceList l : lists) {
      if (!l.from().isAfter(day)) {
        out = l;
      }
    }
    return out;
  }
}
