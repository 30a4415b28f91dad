package dev.tethys.pipeline.exporter.elastic;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/**
 * Index names with a date suffix, as in Logstash ({@code logstash_format}).
 *
 * @param separator separator between name and date
 */
record DatedIndices(String separator, DateTimeFormatter date) {
  /**
   * Parses a date format of C's {@code strftime}.
   *
   * @throws IllegalArgumentException for a conversion that cannot be part of an index name
   */
  static DatedIndices of(String separator, String format) {
    DateTimeFormatterBuilder b = new DateTimeFormatterBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        b.appendLiteral(c);
        continue;
      }
      i++;
      char conversion = i < format.length() ? format.charAt(i) : ' ';
      switch (conversion) {
        case 'Y' -> b.appendPattern("uuuu");
        case 'y' -> b.appendPattern("uu");
        case 'm' -> b.appendPattern("MM");
        case 'd' -> b.appendPattern("dd");
        case 'j' -> b.appendPattern("DDD");
        case 'H' -> b.appendPattern("HH");
        case 'M' -> b.appendPattern("mm");
        case 'F' -> b.appendPattern("uuuu-MM-dd");
        default ->
            throw new IllegalArgumentException(
                "date_format: % must be followed by one of Y, y, m, d, j, H, M and F, not "
                    + conversion);
      }
    }
    return new DatedIndices(separator, b.toFormatter(java.util.Locale.ROOT));
  }

  /** Returns the index name at a given time, in the local time zone. */
  String at(String index, long millis) {
    return index
        + separator
        + date.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
  }
}
