package dev.tethys.codec.exposition;

import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.Exemplar;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Everything a parser says about a body, a line an event. */
final class Transcript {
  private Transcript() {}

  static List<String> text(String body) {
    return text(body, ParserOptions.DEFAULT);
  }

  static List<String> text(String body, ParserOptions options) {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    return of(ExpositionParsers.text(b, 0, b.length, options));
  }

  static List<String> openMetrics(String body) {
    return openMetrics(body, ParserOptions.DEFAULT);
  }

  static List<String> openMetrics(String body, ParserOptions options) {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    return of(ExpositionParsers.openMetrics(b, 0, b.length, options));
  }

  static List<String> protobuf(byte[] b, ParserOptions options) {
    return of(ExpositionParsers.protobuf(b, 0, b.length, options));
  }

  static List<String> of(ExpositionParser p) {
    List<String> out = new ArrayList<>();
    for (Event e = p.next(); e != Event.END; e = p.next()) {
      out.add(
          switch (e) {
            case TYPE, HELP, UNIT -> e + " " + p.metricName() + " " + p.text();
            case COMMENT -> e + " " + p.text();
            case SERIES -> p.labels().toSeriesString() + " " + GoFloat.g(p.value()) + tail(p);
            case HISTOGRAM ->
                p.labels().toSeriesString() + " " + histogram(p.histogram()) + tail(p);
            case END -> "";
          });
    }
    return out;
  }

  static String histogram(Histogram h) {
    double[] custom = h.customBounds();
    return "{"
        + (h.integer() ? "int" : "float")
        + " hint:"
        + h.resetHint()
        + " schema:"
        + h.schema()
        + " zero:"
        + h.zeroThreshold()
        + "/"
        + h.zeroCount()
        + " count:"
        + h.count()
        + " sum:"
        + h.sum()
        + " +"
        + Arrays.toString(h.positiveSpans())
        + Arrays.toString(h.positive())
        + " -"
        + Arrays.toString(h.negativeSpans())
        + Arrays.toString(h.negative())
        + (custom == null ? "" : " bounds:" + Arrays.toString(custom))
        + "}";
  }

  private static String tail(ExpositionParser p) {
    StringBuilder sb = new StringBuilder();
    if (p.hasTimestamp()) {
      sb.append(" @").append(p.timestamp());
    }
    long start = p.startTimestamp();
    if (start != 0) {
      sb.append(" st@").append(start);
    }
    for (Exemplar e = p.nextExemplar(-1); e != null; e = p.nextExemplar(-1)) {
      sb.append(" # ").append(e.labels()).append(' ').append(GoFloat.g(e.value()));
      sb.append(" @").append(e.timestamp());
    }
    return sb.toString();
  }
}
