package dev.tethys.codec.tdengine;

import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.PercentEscape;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Series as lines of InfluxDB's protocol for TDengine 3's schemaless ingestion (docs.tdengine.com,
 * "Schemaless Ingestion"). The server creates a super table for each metric, a tag for each label
 * and a table for each series.
 *
 * <p>Names consist of letters, digits and underscores; every other byte is {@code _x} and two
 * digits, and so is an underscore that would read as such, and the first byte of a name that equals
 * a reserved column. (The server turns dots into underscores, which cannot be reversed.) A series
 * without a name is {@code _x5F}, which no name maps to. In values, quotes and characters that
 * lines cannot hold are escaped by percent signs. Samples that are not finite are text in the
 * column {@code value_text}.
 */
public final class TdLines {
  /** Name of the timestamp column. */
  public static final String TIME = "_ts";

  public static final String VALUE = "value";

  /** The column of samples that are not finite. */
  public static final String TEXT = "value_text";

  /** Maximum lengths of table and tag names in bytes, and maximum number of tags. */
  private static final int MAX_TABLE = 192;

  private static final int MAX_TAG = 64;
  private static final int MAX_TAGS = 128;

  /** All tags of a table, in bytes; a character of NCHAR takes four. */
  private static final int MAX_TAG_BYTES = 16_384;

  private static final String NAMELESS = "_x5F";
  private static final Set<String> RESERVED = Set.of(TIME, VALUE, TEXT, "_value", "tbname");
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  private TdLines() {}

  /**
   * Writes the part of each line of a series before the fields.
   *
   * @return null, or the reason for which TDengine would reject the series
   */
  public static @Nullable String key(Labels labels, TextBuffer to) {
    String table = table(labels.metricName());
    if (table.length() > MAX_TABLE) {
      return "name_too_long";
    }
    to.put(table);
    int tags = 0;
    int bytes = 0;
    for (Labels.Label l : labels.toList()) {
      if (l.name().equals(Labels.METRIC_NAME)) {
        continue;
      }
      String tag = tag(l.name());
      String value = tagValue(l.value());
      tags++;
      bytes += 2 + 4 * value.length();
      if (tag.length() > MAX_TAG) {
        return "label_name_too_long";
      }
      to.put(',').put(tag).put('=');
      for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
        if (b == ',' || b == ' ' || b == '=') {
          to.put('\\');
        }
        to.put(b);
      }
    }
    return tags > MAX_TAGS ? "too_many_labels" : bytes > MAX_TAG_BYTES ? "labels_too_long" : null;
  }

  /**
   * Writes fields and time after a key, and ends the line.
   *
   * @param time Unix milliseconds
   */
  public static void sample(double value, long time, TextBuffer to) {
    if (Double.isFinite(value)) {
      to.put(" value=").number(value);
    } else {
      to.put(" value_text=\"").put(NonFiniteText.text(value)).put('"');
    }
    to.put(' ').number(time).put('\n');
  }

  /** Returns the super table of a metric. */
  public static String table(String metric) {
    return metric.isEmpty() ? NAMELESS : name(metric, false);
  }

  /** Returns the metric stored in a super table. */
  public static String metric(String table) {
    return table.equals(NAMELESS) ? "" : decoded(table);
  }

  /** Returns the tag for a label. */
  public static String tag(String label) {
    return name(label, RESERVED.contains(label));
  }

  /** Converts a value to the tag's form. */
  public static String tagValue(String value) {
    return PercentEscape.encode(
        value, c -> c < 0x20 || c == 0x7f || c == '\\' || c == '"' || c == '\'' || c == '`');
  }

  /** Adds a label for a tag. */
  public static void label(String tag, String value, LabelsBuilder to) {
    to.set(decoded(tag), PercentEscape.decode(value));
  }

  private static boolean isPlain(byte b) {
    return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_';
  }

  private static boolean isHex(int c) {
    return c >= '0' && c <= '9' || c >= 'A' && c <= 'F';
  }

  private static boolean isEscape(byte[] b, int i) {
    return b[i] == '_' && i + 3 < b.length && b[i + 1] == 'x' && isHex(b[i + 2]) && isHex(b[i + 3]);
  }

  private static String name(String text, boolean escapeFirst) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder sb = new StringBuilder(b.length);
    for (int i = 0; i < b.length; i++) {
      // No name begins with a digit, quoted or not.
      boolean first = i == 0 && (escapeFirst || b[0] >= '0' && b[0] <= '9');
      if (isPlain(b[i]) && !isEscape(b, i) && !first) {
        sb.append((char) b[i]);
      } else {
        sb.append("_x").append((char) HEX[b[i] >> 4 & 15]).append((char) HEX[b[i] & 15]);
      }
    }
    return sb.toString();
  }

  private static String decoded(String name) {
    byte[] b = name.getBytes(StandardCharsets.UTF_8);
    TextBuffer out = new TextBuffer();
    for (int i = 0; i < b.length; i++) {
      if (isEscape(b, i)) {
        out.put(Character.digit(b[i + 2], 16) << 4 | Character.digit(b[i + 3], 16));
        i += 3;
      } else {
        out.put(b[i]);
      }
    }
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }
}
