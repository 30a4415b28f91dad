package dev.tethys.pipeline.processor.control;

import dev.tethys.pipeline.web.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Part of a quota's limit that the control plane assigns to one process of a fleet for a period.
 *
 * <p>Format: a JSON object with {@code shares}, a list of objects with {@code control}, {@code
 * startMillis}, {@code period}, {@code initial} and {@code values}, by value {@code allowance},
 * {@code others} and {@code reportAt}.
 *
 * @param startMillis start time of the control
 * @param period number of the period, see {@link QuotaRule#periodAt}
 * @param initial amount of each value that is not in {@code parts}, also in later periods
 * @param parts assigned parts by value
 */
public record QuotaShare(
    String control, long startMillis, long period, double initial, Map<String, Part> parts) {
  /** Maximum number of values in a share. */
  static final int MAX_PARTS = QuotaMeter.MAX_VALUES + 1;

  private static final int MAX_SHARES = ControlDocument.MAX_CONTROLS;

  /**
   * Share of one value.
   *
   * @param allowance amount that the process may use
   * @param others amount used by the other processes when the share was computed
   * @param reportAt use at which the process reports immediately to get more
   */
  public record Part(double allowance, double others, double reportAt) {}

  public QuotaShare {
    parts = Collections.unmodifiableMap(new TreeMap<>(parts));
  }

  /**
   * Reads shares.
   *
   * @throws IllegalArgumentException if the text is invalid
   */
  public static List<QuotaShare> read(String json) {
    List<QuotaShare> out = new ArrayList<>();
    try {
      for (JsonNode s : JsonMapper.shared().readTree(json).path("shares")) {
        Map<String, Part> parts = new TreeMap<>();
        for (Map.Entry<String, JsonNode> e : s.path("values").properties()) {
          JsonNode p = e.getValue();
          if (parts.size() < MAX_PARTS) {
            parts.put(
                e.getKey(),
                new Part(
                    p.path("allowance").asDouble(0),
                    p.path("others").asDouble(0),
                    p.path("reportAt").asDouble(0)));
          }
        }
        if (out.size() < MAX_SHARES) {
          out.add(
              new QuotaShare(
                  s.path("control").asString(""),
                  s.path("startMillis").asLong(0),
                  s.path("period").asLong(0),
                  s.path("initial").asDouble(0),
                  parts));
        }
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "shares of quotas are not JSON: " + e.getOriginalMessage(), e);
    }
    return out;
  }

  /** Writes shares. */
  public static String write(List<QuotaShare> shares) {
    Json j = new Json().open('{').key("shares").open('[');
    for (QuotaShare s : shares) {
      j.open('{').key("control").text(s.control).key("startMillis").number(s.startMillis);
      j.key("period").number(s.period).key("initial").raw(Double.toString(s.initial));
      j.key("values").open('{');
      s.parts.forEach(
          (v, p) -> {
            j.key(v).open('{').key("allowance").raw(Double.toString(p.allowance));
            j.key("others").raw(Double.toString(p.others));
            j.key("reportAt").raw(Double.toString(p.reportAt)).close('}');
          });
      j.close('}').close('}');
    }
    return j.close(']').close('}').toString();
  }
}
