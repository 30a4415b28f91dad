package dev.tethys.codec.influx;

import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.PercentEscape;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Series as points of InfluxDB 1, 2 and 3: the measurement is the metric's name, tags are the other
 * labels, the field {@code value} is the sample.
 *
 * <p>Line protocol (docs.influxdata.com, "Line protocol reference") escapes comma, space and, in
 * tags, the equals sign with a backslash; it has no escape for a line feed, and its versions
 * disagree about backslashes before escaped characters. Bytes below 0x20, 0x7f and backslashes are
 * therefore escaped by {@link PercentEscape} before they are written, and so is the first byte of
 * reserved names: tags {@code time} and {@code value}, tags that begin with an underscore followed
 * by {@code field} or {@code measurement}, measurements that begin with a hash. A series without a
 * name is the measurement {@code %00}.
 *
 * <p>NaN and infinities are not floats of InfluxDB: they are strings of the field {@code
 * value_text}.
 */
public final class InfluxSeries {
  /** Field that holds a sample's value. */
  public static final String VALUE = "value";

  /** The field of samples that are not finite. */
  public static final String TEXT = "value_text";

  /** Maximum length of a series key in bytes in InfluxDB 1 and 2. */
  public static final int MAX_KEY = 65_535;

  private static final Set<String> RESERVED_TAGS =
      Set.of("time", VALUE, TEXT, "_field", "_measurement");
  private static final String NAMELESS = "%00";
  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.UTF_8);

  private InfluxSeries() {}

  /**
   * Writes the key of a series, which precedes the fields of each of its lines.
   *
   * @param withName whether the name is a tag as well, as Clymene writes it
   */
  public static void key(Labels labels, boolean withName, TextBuffer to) {
    long at = labels.find(NAME);
    byte[] all = labels.canonicalBytes();
    if (at < 0) {
      to.put(NAMELESS);
    } else {
      int o = (int) (at >>> 32);
      text(all, o, (int) at, false, all[o] == '#', to);
    }
    labels.forEachBytes(
        (buf, no, nl, vo, vl) -> {
          boolean name = java.util.Arrays.equals(buf, no, no + nl, NAME, 0, NAME.length);
          if (name && !withName || vl == 0) {
            return;
          }
          to.put(',');
          text(buf, no, nl, true, isReserved(buf, no, nl), to);
          to.put('=');
          text(buf, vo, vl, true, false, to);
        });
  }

  private static boolean isReserved(byte[] buf, int at, int n) {
    return n <= 12
        && (buf[at] == 't' || buf[at] == 'v' || buf[at] == '_')
        && RESERVED_TAGS.contains(new String(buf, at, n, StandardCharsets.UTF_8));
  }

  private static void text(
      byte[] b, int at, int n, boolean tag, boolean escapeFirst, TextBuffer to) {
    for (int i = at; i < at + n; i++) {
      byte c = b[i];
      if (c >= 0 && c < 0x20
          || c == 0x7f
          || c == '\\'
          || i == at && escapeFirst
          || PercentEscape.isAmbiguous(b, i, at + n)) {
        to.percent(c);
        continue;
      }
      if (c == ',' || c == ' ' || tag && c == '=') {
        to.put('\\');
      }
      to.put(c);
    }
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

  /** The measurement of a metric, as used in queries. */
  public static String measurement(String metric) {
    if (metric.isEmpty()) {
      return NAMELESS;
    }
    String s = escaped(metric);
    return s.startsWith("#") ? "%23" + s.substring(1) : s;
  }

  /** Returns the metric name for a measurement. */
  public static String metric(String measurement) {
    return measurement.equals(NAMELESS) ? "" : PercentEscape.decode(measurement);
  }

  /** The tag of a label, as used in queries. */
  public static String tag(String label) {
    String s = escaped(label);
    return RESERVED_TAGS.contains(s)
        ? "%" + Integer.toHexString(s.charAt(0)).toUpperCase(java.util.Locale.ROOT) + s.substring(1)
        : s;
  }

  /** The text of a tag's value as the database stores it. */
  public static String tagValue(String value) {
    return escaped(value);
  }

  /** A label's name or value, of a tag's. */
  public static String label(String tag) {
    return PercentEscape.decode(tag);
  }

  private static String escaped(String s) {
    return PercentEscape.encode(s, c -> c < 0x20 || c == 0x7f || c == '\\');
  }
}
