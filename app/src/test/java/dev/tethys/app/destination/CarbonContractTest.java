package dev.tethys.app.destination;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Carbon's lines over TCP with labels as tags, by a double that reads to the end of a connection as
 * carbon does. What the real one makes of them, {@link CarbonDestinationTest} looks at.
 */
class CarbonContractTest extends DestinationContract {
  private static final Pattern ESCAPE = Pattern.compile("%([0-9A-F]{2})");
  private static final String NOT_FINITE = ".notfinite";
  private static final List<String> MARKS = List.of("", "NaN", "+Inf", "-Inf", "stale");

  private static String plain(String text) {
    return Found.unescape(ESCAPE, text);
  }

  private static Labels series(String name, String[] tags) {
    Map<String, String> labels = new HashMap<>();
    for (int i = 1; i < tags.length; i++) {
      int equals = tags[i].indexOf('=');
      labels.put(plain(tags[i].substring(0, equals)), plain(tags[i].substring(equals + 1)));
    }
    return Found.labels(plain(name), labels);
  }

  /** Takes a line of carbon apart. */
  static void line(String line, Map<String, Labels> seen, Found into) {
    String[] parts = line.split(" ", -1);
    String[] path = parts[0].split(";", -1);
    boolean mark = path[0].endsWith(NOT_FINITE);
    String name = mark ? path[0].substring(0, path[0].length() - NOT_FINITE.length()) : path[0];
    double value = Double.parseDouble(parts[1]);
    into.sample(
        seen.computeIfAbsent(parts[0], p -> series(name, path)),
        Long.parseLong(parts[2]) * 1000,
        mark ? Found.notFinite(MARKS.get((int) value)) : value);
  }

  @Override
  Peer start() throws IOException {
    LineIntake carbon = new LineIntake();
    return new Peer() {
      @Override
      public int port() {
        return carbon.port();
      }

      @Override
      public String exporter() {
        return "carbon";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: '127.0.0.1:" + at + "', timeout: 2s";
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      /** A point that is sent twice is one in Graphite; the double keeps both. */
      @Override
      public boolean isIdempotent() {
        return false;
      }

      @Override
      public void read(Found into) {
        Map<String, Labels> seen = new HashMap<>();
        carbon.lines().forEach(line -> line(line, seen, into));
      }

      @Override
      public boolean killAndRestart() throws IOException, InterruptedException {
        carbon.restart();
        return true;
      }

      @Override
      public void close() throws IOException {
        carbon.close();
      }
    };
  }
}
