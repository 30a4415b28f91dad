package dev.tethys.codec.tdengine;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.series.SeriesText;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.PercentEscape;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Series of one super table with a JSON tag that holds their labels: {@code metrics (ts, value,
 * mark) TAGS (labels)}. TDengine's adapter for remote writes and Clymene write the same tables. The
 * table of a series is {@code t_} and the MD5 of its labels.
 *
 * <p>TDengine supports no escapes within JSON, only keys of visible ASCII, and 4 KB in all
 * (docs.tdengine.com, "JSON Type"). So quotes, backslashes and control characters are
 * percent-encoded, and in keys also all non-ASCII characters. Samples that are not finite have no
 * value, but text in the column {@code mark}.
 */
public final class TdJson {
  /** The longest tag, in bytes. */
  private static final int MAX_JSON = 4095;

  private static final int MAX_KEY = 256;

  private TdJson() {}

  /** Returns a statement that creates the super table. */
  public static String create(String table) {
    return "CREATE STABLE IF NOT EXISTS `"
        + table
        + "` (ts TIMESTAMP, value DOUBLE, mark VARCHAR(8)) TAGS (labels JSON)";
  }

  /**
   * Writes the part of an INSERT statement before the values of a series, without the columns.
   *
   * @return null, or the reason for which TDengine would reject the series
   */
  public static @Nullable String key(Labels labels, String table, TextBuffer to) {
    StringBuilder json = new StringBuilder();
    for (Labels.Label l : labels.toList()) {
      String k = key(l.name());
      if (k.length() > MAX_KEY) {
        return "label_name_too_long";
      }
      // The remaining text needs no JSON escapes.
      json.append(json.isEmpty() ? "{\"" : ",\"").append(k).append("\":\"");
      json.append(value(l.value())).append('"');
    }
    String text = json.append(json.isEmpty() ? "{}" : "}").toString();
    if (text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > MAX_JSON) {
      return "labels_too_long";
    }
    UUID id = SeriesText.key(SeriesText.of(labels));
    to.put("`t_")
        .put(String.format("%016x%016x", id.getMostSignificantBits(), id.getLeastSignificantBits()))
        .put("` USING `")
        .put(table)
        .put("` TAGS ('")
        .put(text)
        .put("')");
    return null;
  }

  /**
   * Writes columns and values after a key, and ends the line.
   *
   * @param time Unix milliseconds
   */
  public static void sample(double value, long time, TextBuffer to) {
    if (Double.isFinite(value)) {
      to.put(" (ts,value) VALUES (").number(time).put(',').number(value);
    } else {
      to.put(" (ts,mark) VALUES (").number(time).put(",'").put(NonFiniteText.text(value)).put('\'');
    }
    to.put(")\n");
  }

  /** Returns the key for a label. */
  public static String key(String label) {
    return PercentEscape.encode(label, c -> c <= 0x20 || c >= 0x7f || isSpecial(c));
  }

  /** Returns a label value as the database stores it. */
  public static String value(String value) {
    return PercentEscape.encode(value, c -> c < 0x20 || c == 0x7f || isSpecial(c));
  }

  private static boolean isSpecial(int c) {
    return c == '"' || c == '\\' || c == '\'' || c == '`';
  }

  /**
   * Parses the labels from a tag.
   *
   * @throws CodecException if the text is not of that form
   */
  public static Labels labels(String json) {
    LabelsBuilder b = new LabelsBuilder();
    SeriesText.labels(json)
        .toList()
        .forEach(l -> b.set(PercentEscape.decode(l.name()), PercentEscape.decode(l.value())));
    return b.build();
  }
}
