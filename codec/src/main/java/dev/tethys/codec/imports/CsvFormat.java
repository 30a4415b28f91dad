package dev.tethys.codec.imports;

import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.template.GoTime;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Meaning of CSV columns: {@code <column>:metric:<name>}, {@code <column>:label:<name>}, {@code
 * <column>:time:<unix_s|unix_ms|unix_ns|rfc3339>}, separated by commas; columns count from 1. A
 * column without a meaning is skipped. Source: VictoriaMetrics's documentation of {@code
 * /api/v1/import/csv}.
 */
public final class CsvFormat {
  /** In front of a layout of Go's package time. */
  private static final String CUSTOM = "custom:";

  private enum Kind {
    METRIC,
    LABEL,
    UNIX_S,
    UNIX_MS,
    UNIX_NS,
    RFC3339,
    LAYOUT
  }

  /**
   * A column.
   *
   * @param name metric or label name; for a time column, its layout
   */
  private record Column(int index, Kind kind, String name) {}

  private static final int MAX_COLUMN = 10_000;

  private final List<Column> columns;

  private CsvFormat(List<Column> columns) {
    this.columns = columns;
  }

  /**
   * Reads a format.
   *
   * @throws IllegalArgumentException if it is malformed or names no metric
   */
  public static CsvFormat parse(String text) {
    List<Column> columns = new ArrayList<>();
    boolean metric = false;
    boolean time = false;
    for (String part : text.split(",", -1)) {
      String[] p = part.split(":", 3);
      if (p.length < 3 || !p[0].matches("[1-9]\\d{0,4}") || p[2].isEmpty()) {
        throw new IllegalArgumentException(
            "format: \"" + part + "\" must be column:type:context, such as 2:metric:price");
      }
      int index = Integer.parseInt(p[0]);
      if (index > MAX_COLUMN) {
        throw new IllegalArgumentException("format: there are at most " + MAX_COLUMN + " columns");
      }
      Kind kind =
          switch (p[1]) {
            case "metric" -> Kind.METRIC;
            case "label" -> Kind.LABEL;
            case "time" -> time(p[2]);
            default ->
                throw new IllegalArgumentException(
                    "format: type \"" + p[1] + "\" must be metric, label or time");
          };
      if (p[1].equals("time")) {
        if (time) {
          throw new IllegalArgumentException("format: there are two columns of time");
        }
        time = true;
      }
      metric |= kind == Kind.METRIC;
      columns.add(
          new Column(index, kind, kind == Kind.LAYOUT ? p[2].substring(CUSTOM.length()) : p[2]));
    }
    if (!metric) {
      throw new IllegalArgumentException("format: no column is a metric");
    }
    return new CsvFormat(List.copyOf(columns));
  }

  private static Kind time(String word) {
    return switch (word) {
      case "unix_s" -> Kind.UNIX_S;
      case "unix_ms" -> Kind.UNIX_MS;
      case "unix_ns" -> Kind.UNIX_NS;
      case "rfc3339" -> Kind.RFC3339;
      default -> {
        if (word.startsWith(CUSTOM) && word.length() > CUSTOM.length()) {
          yield Kind.LAYOUT;
        }
        throw new IllegalArgumentException(
            "format: time must be unix_s, unix_ms, unix_ns, rfc3339 or custom:LAYOUT, not \""
                + word
                + "\"");
      }
    };
  }

  /** The fields of a line, in quotes or without; null if a quote is never closed. */
  static @Nullable List<String> fields(String line) {
    List<String> out = new ArrayList<>();
    int i = 0;
    while (true) {
      char quote = i < line.length() ? line.charAt(i) : 0;
      if (quote == '"' || quote == '\'') {
        StringBuilder sb = new StringBuilder();
        i++;
        while (true) {
          int end = line.indexOf(quote, i);
          if (end < 0) {
            return null;
          }
          sb.append(line, i, end);
          i = end + 1;
          if (i >= line.length() || line.charAt(i) != quote) {
            break;
          }
          sb.append(quote);
          i++;
        }
        if (i < line.length() && line.charAt(i) != ',') {
          return null;
        }
        out.add(sb.toString());
      } else {
        int end = line.indexOf(',', i);
        end = end < 0 ? line.length() : end;
        out.add(line.substring(i, end));
        i = end;
      }
      if (i >= line.length()) {
        return out;
      }
      i++;
    }
  }

  /** Reads a line; returns the reason of a rejection, otherwise null. */
  @Nullable String read(String line, long otherwise, PointSink sink) {
    List<String> fields = fields(line);
    if (fields == null) {
      return "a quote is not closed, or something follows it";
    }
    LabelsBuilder labels = new LabelsBuilder();
    long time = otherwise;
    for (Column c : columns) {
      if (c.index > fields.size()) {
        return "there is no column " + c.index;
      }
      String v = fields.get(c.index - 1);
      try {
        switch (c.kind) {
          case LABEL -> labels.set(c.name, v);
          case METRIC -> {
            // below
          }
          case UNIX_S -> time = Math.round(Double.parseDouble(v) * 1000);
          case UNIX_MS -> time = Long.parseLong(v);
          case UNIX_NS -> time = Math.floorDiv(Long.parseLong(v), 1_000_000L);
          case RFC3339 -> time = Instant.from(OffsetDateTime.parse(v)).toEpochMilli();
          case LAYOUT -> time = GoTime.parseOffset(c.name, v).time().toInstant().toEpochMilli();
        }
      } catch (IllegalArgumentException | DateTimeException e) {
        String reason = c.kind == Kind.LAYOUT ? ": " + e.getMessage() : "";
        return "column " + c.index + " is not a valid time: " + v + reason;
      }
    }
    String refused = null;
    for (Column c : columns) {
      if (c.kind != Kind.METRIC) {
        continue;
      }
      String v = fields.get(c.index - 1);
      if (v.isEmpty()) {
        continue; // no value of this metric here
      }
      double value;
      try {
        value = Double.parseDouble(v);
      } catch (NumberFormatException e) {
        return "column " + c.index + " is not a number: " + v;
      }
      String reason = sink.sample(labels.set(Labels.METRIC_NAME, c.name).build(), time, value);
      refused = refused == null ? reason : refused;
    }
    return refused;
  }
}
