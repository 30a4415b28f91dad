package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What takes Carbon's points, however they come: a double, which keeps them as they were sent. */
abstract class CarbonPeer implements Peer {
  private static final Pattern ESCAPE = Pattern.compile("%([0-9A-F]{2})");
  private static final String NOT_FINITE = ".notfinite";
  private static final List<String> MARKS = List.of("", "NaN", "+Inf", "-Inf", "stale");

  private final Map<String, Labels> seen = new HashMap<>();

  @Override
  public final String exporter() {
    return "carbon";
  }

  /** A point that is sent twice is one in Graphite; the double keeps both. */
  @Override
  public final boolean isIdempotent() {
    return false;
  }

  /** Reads a point, its path with tags as Carbon's lines have it, the time in seconds. */
  final void point(String path, double value, long time, Found into) {
    String[] parts = path.split(";", -1);
    boolean mark = parts[0].endsWith(NOT_FINITE);
    Labels series =
        seen.computeIfAbsent(
            path,
            p ->
                series(
                    mark
                        ? parts[0].substring(0, parts[0].length() - NOT_FINITE.length())
                        : parts[0],
                    parts));
    into.sample(series, time * 1000, mark ? Found.notFinite(MARKS.get((int) value)) : value);
  }

  private static Labels series(String name, String[] tags) {
    Map<String, String> labels = new HashMap<>();
    for (int i = 1; i < tags.length; i++) {
      int equals = tags[i].indexOf('=');
      labels.put(plain(tags[i].substring(0, equals)), plain(tags[i].substring(equals + 1)));
    }
    return Found.labels(plain(name), labels);
  }

  private static String plain(String text) {
    return Found.unescape(ESCAPE, text);
  }
}
