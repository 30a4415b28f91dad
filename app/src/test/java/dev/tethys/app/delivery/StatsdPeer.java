package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server of DogStatsD's lines with times (protocol 1.3) over TCP, made from Datadog's
 * documentation.
 */
final class StatsdPeer implements Peer {
  private static final Pattern LINE =
      Pattern.compile("([^:|]+):([^|]+)\\|g(?:\\|#([^|]*))?\\|T(\\d+)");

  private final LineIntake server;

  StatsdPeer() throws IOException {
    server = new LineIntake();
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public String exporter() {
    return "statsd";
  }

  @Override
  public String exporterKeys(int at) {
    return "endpoint: '127.0.0.1:"
        + at
        + "', transport: tcp, timestamps: true, histograms: drop, timeout: 2s";
  }

  @Override
  public @Nullable String refusal(Labels labels, double value) {
    return Double.isFinite(value) ? null : "not_finite";
  }

  @Override
  public Histograms histograms() {
    return Histograms.DROPPED;
  }

  @Override
  public boolean isHttp() {
    return false;
  }

  @Override
  public boolean isIdempotent() {
    return false;
  }

  @Override
  public boolean killAndRestart() throws IOException, InterruptedException {
    server.restart();
    return true;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  @Override
  public void read(Found into) {
    Map<String, Labels> seen = new HashMap<>();
    for (String line : server.lines()) {
      Matcher m = LINE.matcher(line);
      if (!m.matches()) {
        throw new AssertionError("no line: " + line);
      }
      String tags = m.group(3) == null ? "" : m.group(3);
      Labels labels =
          seen.computeIfAbsent(
              m.group(1) + '|' + tags,
              k -> {
                Map<String, String> own = new HashMap<>();
                for (String tag : tags.isEmpty() ? new String[0] : tags.split(",")) {
                  int colon = tag.indexOf(':');
                  own.put(decoded(tag.substring(0, colon)), decoded(tag.substring(colon + 1)));
                }
                return Found.labels(decoded(m.group(1)), own);
              });
      into.sample(labels, Long.parseLong(m.group(4)) * 1000, Double.parseDouble(m.group(2)));
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
