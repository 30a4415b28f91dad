package dev.tethys.query.promql;

import dev.tethys.model.GoFloat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes a line of JSON for each query that ran, with the fields of Prometheus's query log. Lines
 * of several threads do not mix.
 */
public final class QueryLog implements AutoCloseable {
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final FileChannel file;

  private QueryLog(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens a file to append to.
   *
   * @throws IOException if it cannot be written
   */
  public static QueryLog open(Path file) throws IOException {
    return new QueryLog(
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
  }

  /**
   * One query.
   *
   * @param start Unix milliseconds
   * @param end Unix milliseconds
   * @param step milliseconds, 0 for an instant query
   * @param error reason for the failure, or null
   */
  record Line(
      Instant now,
      String query,
      long start,
      long end,
      long step,
      @Nullable String error,
      QueryStatistics statistics,
      QueryOrigin origin) {}

  void write(Line l) throws IOException {
    byte[] line = text(l).getBytes(StandardCharsets.UTF_8);
    synchronized (this) {
      ByteBuffer b = ByteBuffer.wrap(line);
      while (b.hasRemaining()) {
        file.write(b);
      }
    }
  }

  static String text(Line l) {
    StringBuilder sb = new StringBuilder(600);
    sb.append("{\"time\":\"").append(l.now).append("\",\"level\":\"INFO\"");
    sb.append(",\"msg\":\"promql query logged\",\"params\":{\"end\":\"");
    sb.append(time(l.end)).append("\",\"query\":");
    JsonText.quote(sb, l.query).append(",\"start\":\"").append(time(l.start));
    sb.append("\",\"step\":").append(l.step / 1000).append('}');
    if (l.error != null) {
      JsonText.quote(sb.append(",\"error\":"), l.error);
    }
    statistics(sb.append(",\"stats\":"), l.statistics);
    sb.append(",\"spanID\":\"0000000000000000\"");
    QueryOrigin o = l.origin;
    if (!o.method().isEmpty()) {
      JsonText.quote(sb.append(",\"httpRequest\":{\"clientIP\":"), o.client());
      JsonText.quote(sb.append(",\"method\":"), o.method());
      JsonText.quote(sb.append(",\"path\":"), o.path()).append('}');
    }
    QueryOrigin.RuleGroup g = o.ruleGroup();
    if (g != null) {
      JsonText.quote(sb.append(",\"ruleGroup\":{\"file\":"), g.file());
      JsonText.quote(sb.append(",\"name\":"), g.name()).append('}');
    }
    return sb.append("}\n").toString();
  }

  private static void statistics(StringBuilder sb, QueryStatistics s) {
    number(sb, "{\"timings\":{\"evalTotalTime\":", s.evaluationTime());
    number(sb, ",\"resultSortTime\":", s.resultSortTime());
    number(sb, ",\"queryPreparationTime\":", s.preparationTime());
    number(sb, ",\"innerEvalTime\":", s.innerEvaluationTime());
    number(sb, ",\"execQueueTime\":", s.queueTime());
    number(sb, ",\"execTotalTime\":", s.totalTime());
    sb.append("},\"samples\":{\"totalQueryableSamples\":").append(s.totalSamples());
    sb.append(",\"samplesRead\":").append(s.samplesRead());
    sb.append(",\"peakSamples\":").append(s.peakSamples()).append("}}");
  }

  private static void number(StringBuilder sb, String before, double v) {
    sb.append(before);
    double abs = Math.abs(v);
    sb.append(abs != 0 && abs < 1e-6 || abs >= 1e21 ? GoFloat.e(v) : GoFloat.f(v));
  }

  private static String time(long millis) {
    return MILLIS.format(Instant.ofEpochMilli(millis));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
