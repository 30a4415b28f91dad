package dev.tethys.control;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Item accounts of an agent since it started.
 *
 * @param in items that its receivers took
 * @param dropped by reason
 */
public record Totals(
    long in, long out, long queued, long deadLettered, long returned, Map<String, Long> dropped) {
  public static final Totals NONE = new Totals(0, 0, 0, 0, 0, Map.of());

  private static final int MAX_REASONS = 64;

  /** The accounts of a report; null when it is none. */
  static @Nullable Totals read(byte[] json) {
    try {
      JsonNode n = JsonMapper.shared().readTree(json);
      if (!n.isObject()) {
        return null;
      }
      Map<String, Long> dropped = new TreeMap<>();
      n.path("dropped")
          .properties()
          .forEach(
              e -> {
                if (dropped.size() < MAX_REASONS) {
                  dropped.put(Texts.shortened(e.getKey(), 64), e.getValue().asLong(0));
                }
              });
      return new Totals(
          n.path("in").asLong(0),
          n.path("out").asLong(0),
          n.path("queued").asLong(0),
          n.path("deadLettered").asLong(0),
          n.path("returned").asLong(0),
          dropped);
    } catch (JacksonException e) {
      return null;
    }
  }

  /** Items that reach no destination. */
  public long lost() {
    return deadLettered + dropped.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Part of the items that is lost, 0 to 1. */
  double lostShare() {
    return in <= 0 ? 0 : Math.min(1, (double) lost() / in);
  }
}
