package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.pipeline.naming.NameRule;
import dev.tethys.pipeline.naming.NameTemplate;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The folder of a row: {@code metrics/date={date}/job={job}}. {@code {signal}}, {@code {date}},
 * {@code {hour}} (of the row, in UTC) are built in; any other name is a label of metrics, or an
 * attribute of the resource of logs and spans. Values keep letters, digits, dots and hyphens; other
 * bytes become {@code _xHH}, as do a leading dot and an underscore that would look like such an
 * escape. A missing value is {@code none}.
 */
final class FolderTemplate {
  static final NameRule RULE =
      new NameRule(
          "letters, digits and any of _ . = - / around its {names}, no two dots together, and no"
              + " slash without a folder name before and after it",
          "(?!.*[.][.])([A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*)?",
          false,
          FolderTemplate::value,
          0,
          List.of());

  private static final List<String> OF_TIMES = List.of("signal", "date", "hour");
  private static final int MAX_VALUE = 200;

  private FolderTemplate() {}

  /** Whether the template depends only on the time of a row. */
  static boolean isOfTimesAlone(NameTemplate t) {
    return OF_TIMES.containsAll(t.labels());
  }

  /**
   * Returns the folder for a row.
   *
   * @param millis the row's time, Unix milliseconds
   * @param label values by name, "" if missing
   */
  static String of(NameTemplate t, String signal, long millis, UnaryOperator<String> label) {
    ZonedDateTime at = Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC);
    return t.of(
        name ->
            switch (name) {
              case "signal" -> signal;
              case "date" ->
                  String.format(
                      "%04d-%02d-%02d", at.getYear(), at.getMonthValue(), at.getDayOfMonth());
              case "hour" -> String.format("%02d", at.getHour());
              default -> label.apply(name);
            });
  }

  private static String value(String v) {
    StringBuilder to = new StringBuilder();
    byte[] b = v.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < b.length && to.length() < MAX_VALUE; i++) {
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
    return to.toString();
  }
}
