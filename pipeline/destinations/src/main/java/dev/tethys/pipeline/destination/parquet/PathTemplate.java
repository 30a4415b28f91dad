package dev.tethys.pipeline.destination.parquet;

import dev.tethys.pipeline.destination.rows.NameTemplate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The folder of a row: {@code metrics/date={date}/job={job}}. {@code {signal}}, {@code {date}},
 * {@code {hour}} (of the row, in UTC) are known; any other name is a label of metrics, or an
 * attribute of the resource of logs and spans. Of values only letters, digits, dots and hyphens
 * stay; other bytes are {@code _xHH}, and so is an underscore that would look like one and a dot at
 * the beginning. What is absent is {@code none}.
 *
 * @param parts texts and names, in turn, beginning with a text
 */
record PathTemplate(List<String> parts) {
  private static final int MAX_VALUE = 200;

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException when it can be no path
   */
  static PathTemplate parse(String text) {
    List<String> parts = NameTemplate.parse(text).parts();
    for (int i = 0; i < parts.size(); i += 2) {
      if (!parts.get(i).matches("[A-Za-z0-9_.=/-]*") || parts.get(i).contains("..")) {
        throw new IllegalArgumentException(
            "\"" + text + "\" wants letters, digits and any of _ . = - / around its {names}");
      }
    }
    if (text.startsWith("/") || text.endsWith("/") || text.contains("//")) {
      throw new IllegalArgumentException(
          "\"" + text + "\" has a slash where no name of a folder is before or behind it");
    }
    return new PathTemplate(parts);
  }

  /** Whether nothing of a row but its time stands in it. */
  boolean isOfTimesAlone() {
    for (int i = 1; i < parts.size(); i += 2) {
      if (!List.of("signal", "date", "hour").contains(parts.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * The folder of a row.
   *
   * @param millis the row's time, Unix milliseconds
   * @param label values by name, "" for what is absent
   */
  String of(String signal, long millis, UnaryOperator<String> label) {
    StringBuilder sb = new StringBuilder(parts.getFirst());
    ZonedDateTime t = Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC);
    for (int i = 1; i < parts.size(); i++) {
      if (i % 2 == 0) {
        sb.append(parts.get(i));
        continue;
      }
      switch (parts.get(i)) {
        case "signal" -> sb.append(signal);
        case "date" ->
            sb.append(
                String.format("%04d-%02d-%02d", t.getYear(), t.getMonthValue(), t.getDayOfMonth()));
        case "hour" -> sb.append(String.format("%02d", t.getHour()));
        default -> value(label.apply(parts.get(i)), sb);
      }
    }
    return sb.toString();
  }

  private static void value(String v, StringBuilder to) {
    if (v.isEmpty()) {
      to.append("none");
      return;
    }
    int begun = to.length();
    byte[] b = v.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    for (int i = 0; i < b.length && to.length() - begun < MAX_VALUE; i++) {
      char c = (char) (b[i] & 0xff);
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '-'
              || c == '.' && i > 0
              || c == '_' && !(i + 1 < b.length && b[i + 1] == 'x');
      if (plain) {
        to.append(c);
      } else {
        to.append(String.format("_x%02X", (int) c));
      }
    }
  }
}
