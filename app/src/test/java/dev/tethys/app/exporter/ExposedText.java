package dev.tethys.app.exporter;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an exporter shows as text 0.0.4, in a form that can be compared. */
record ExposedText(
    Map<String, String> types, Map<String, String> helps, Map<String, Double> samples) {
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** Reads it; labels without a value are omitted, as Prometheus leaves them out. */
  static ExposedText parse(String text) {
    ExposedText e = new ExposedText(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    for (String line : text.split("\n")) {
      if (line.startsWith("# TYPE ")) {
        String[] f = line.split(" ");
        e.types.put(f[2], f[3]);
      } else if (line.startsWith("# HELP ")) {
        String[] f = line.split(" ", 4);
        e.helps.put(f[2], f.length < 4 ? "" : f[3]);
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        int brace = line.indexOf('{');
        int space = line.lastIndexOf(' ');
        StringBuilder key =
            new StringBuilder(line.substring(0, brace > 0 ? brace : line.indexOf(' ')));
        if (brace > 0) {
          Map<String, String> labels = new TreeMap<>();
          Matcher m = LABEL.matcher(line.substring(brace, space));
          while (m.find()) {
            if (!m.group(2).isEmpty()) {
              labels.put(m.group(1), m.group(2));
            }
          }
          key.append(labels);
        }
        String v = line.substring(space + 1);
        e.samples.put(
            key.toString(),
            switch (v) {
              case "+Inf" -> Double.POSITIVE_INFINITY;
              case "-Inf" -> Double.NEGATIVE_INFINITY;
              default -> Double.parseDouble(v);
            });
      }
    }
    return e;
  }

  /** The families whose names begin so. */
  ExposedText only(String... prefixes) {
    ExposedText e = new ExposedText(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    for (String p : prefixes) {
      types.forEach((k, v) -> put(e.types, k, v, p));
      helps.forEach((k, v) -> put(e.helps, k, v, p));
      samples.forEach((k, v) -> put(e.samples, k, v, p));
    }
    return e;
  }

  private static <V> void put(Map<String, V> to, String key, V value, String prefix) {
    if (key.startsWith(prefix)) {
      to.put(key, value);
    }
  }
}
