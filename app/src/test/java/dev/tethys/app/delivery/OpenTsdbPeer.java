package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** OpenTSDB by a double of the vendor's documentation, put by HTTP or telnet, read by HTTP. */
final class OpenTsdbPeer implements Peer {
  private static final Pattern ESCAPE = Pattern.compile("_x([0-9A-F]{2})");
  private static final String NOT_FINITE = "/notfinite";
  private static final List<String> MARKS = List.of("", "NaN", "+Inf", "-Inf", "stale");
  private static final int LINE = 1000;

  private final OpenTsdbDouble tsdb;
  private final boolean telnet;

  OpenTsdbPeer(OpenTsdbDouble tsdb, boolean telnet) {
    this.tsdb = tsdb;
    this.telnet = telnet;
  }

  @Override
  public int port() {
    return telnet ? tsdb.telnetPort() : tsdb.port();
  }

  @Override
  public String exporter() {
    return "opentsdb";
  }

  @Override
  public String exporterKeys(int at) {
    return "endpoint: '" + (telnet ? "telnet" : "http") + "://127.0.0.1:" + at + "'";
  }

  @Override
  public String store(int at) {
    return "{name: far, type: opentsdb, url: 'http://127.0.0.1:"
        + (at == tsdb.telnetPort() ? tsdb.port() : at)
        + "'}";
  }

  @Override
  public @Nullable String refusal(Labels labels, double value) {
    return telnet && labels.canonicalBytes().length > LINE ? "line_too_long" : null;
  }

  @Override
  public boolean isHttp() {
    return !telnet;
  }

  private static String plain(String text) {
    return Found.unescape(ESCAPE, text);
  }

  /** Adds a stored point. */
  static void point(Found into, String metric, Map<String, String> tags, long time, double value) {
    Map<String, String> labels = new HashMap<>();
    tags.forEach(
        (k, v) -> {
          if (!k.equals("_labels")) {
            labels.put(plain(k), plain(v));
          } else if (!v.equals("-")) {
            String[] parts = v.split("/", -1);
            for (int i = 0; i < parts.length; i += 2) {
              labels.put(plain(parts[i]), plain(parts[i + 1]));
            }
          }
        });
    boolean mark = metric.endsWith(NOT_FINITE);
    String name = mark ? metric.substring(0, metric.length() - NOT_FINITE.length()) : metric;
    into.sample(
        Found.labels(plain(name), labels),
        time,
        mark ? Found.notFinite(MARKS.get((int) value)) : value);
  }

  @Override
  public void read(Found into) {
    tsdb.forEach((metric, tags, time, value) -> point(into, metric, tags, time, value));
  }

  @Override
  public boolean killAndRestart() throws IOException, InterruptedException {
    tsdb.restart();
    return true;
  }

  @Override
  public void close() throws IOException {
    tsdb.close();
  }
}
