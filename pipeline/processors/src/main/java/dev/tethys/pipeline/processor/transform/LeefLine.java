package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.EvaluationException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Parser of IBM's Log Event Extended Format, with or without a syslog header. Parts that are not
 * pairs are skipped; the last value of a repeated key counts.
 */
final class LeefLine {
  private static final String BEGIN = "LEEF:";
  private static final String[] FIELDS = {"vendor", "product_name", "product_version", "event_id"};

  private LeefLine() {}

  static Attributes parse(String line) {
    int start = line.indexOf(BEGIN);
    if (start < 0) {
      throw new EvaluationException("the line has no LEEF:");
    }
    int bar = line.indexOf('|', start);
    String version = bar < 0 ? "" : line.substring(start + BEGIN.length(), bar);
    boolean second = version.equals("2.0");
    if (!second && !version.equals("1.0")) {
      throw new EvaluationException(
          "the line has no supported LEEF version; it must be 1.0 or " + "2.0");
    }
    int wanted = FIELDS.length + (second ? 1 : 0);
    String[] parts = line.substring(bar + 1).split("\\|", wanted + 1);
    if (parts.length < wanted) {
      throw new EvaluationException(
          "the header of LEEF " + version + " has " + parts.length + " of " + wanted + " fields");
    }
    Attributes m = new Attributes();
    m.add("version", version);
    for (int i = 0; i < FIELDS.length; i++) {
      m.add(FIELDS[i], parts[i]);
    }
    String delimiter = second ? delimiter(parts[FIELDS.length]) : "\t";
    m.add("attributes", pairs(parts.length > wanted ? parts[wanted] : "", delimiter));
    return m;
  }

  private static String delimiter(String given) {
    if (given.isEmpty()) {
      return "\t";
    }
    if (!given.startsWith("0x") && !given.startsWith("0X")) {
      return given;
    }
    try {
      byte[] b = HexFormat.of().parseHex(given.substring(2));
      if (b.length == 1) {
        return new String(b, StandardCharsets.ISO_8859_1);
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new EvaluationException("the delimiter " + given + " is not a hexadecimal byte");
  }

  private static Attributes pairs(String text, String delimiter) {
    Attributes m = new Attributes();
    int at = 0;
    while (at <= text.length()) {
      int next = text.indexOf(delimiter, at);
      int end = next < 0 ? text.length() : next;
      String pair = text.substring(at, end).strip();
      int eq = pair.indexOf('=');
      if (eq > 0) {
        m.put(pair.substring(0, eq), pair.substring(eq + 1));
      }
      at = end + delimiter.length();
    }
    return m;
  }
}
