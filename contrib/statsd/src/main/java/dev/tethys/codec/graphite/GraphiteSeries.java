package dev.tethys.codec.graphite;

import dev.tethys.codec.text.PercentEscape;
import dev.tethys.model.Labels;

/**
 * Series as paths and tags of Graphite 1.1 (graphite.readthedocs.io, "Graphite Tag Support"). A
 * path is nodes with dots between, which become folders; tags follow as {@code ;name=value}, names
 * without any of {@code ;!^=}, values without a semicolon and not starting with a tilde.
 *
 * <p>Nodes keep letters and digits of ASCII, {@code _}, {@code -} and {@code :}; tags keep dots and
 * a few more. All other bytes of UTF-8 are escaped by {@link PercentEscape}, percent signs always.
 * A tag {@code name} is the path to Graphite, so a label of that name is the tag {@code %6Eame}. A
 * series without a name is the node {@code %00}.
 */
public final class GraphiteSeries {
  private static final String NAMELESS = "%00";

  private GraphiteSeries() {}

  private static boolean isPlain(int b) {
    return b >= 'a' && b <= 'z'
        || b >= 'A' && b <= 'Z'
        || b >= '0' && b <= '9'
        || b == '_'
        || b == '-'
        || b == ':';
  }

  /** Escapes a string as one path node. */
  public static String node(String text) {
    return PercentEscape.encode(text, b -> !isPlain(b));
  }

  /** Converts a metric name to path nodes: its dots stay where a node is on either side. */
  public static String path(String metric) {
    if (metric.isEmpty()) {
      return NAMELESS;
    }
    StringBuilder sb = new StringBuilder();
    int from = 0;
    for (int dot = metric.indexOf('.'); dot >= 0; dot = metric.indexOf('.', dot + 1)) {
      if (dot > from && dot + 1 < metric.length() && metric.charAt(dot + 1) != '.') {
        sb.append(node(metric.substring(from, dot))).append('.');
        from = dot + 1;
      }
    }
    return sb.append(node(metric.substring(from))).toString();
  }

  /** Formats a label as a tag, preceded by a semicolon. */
  public static String tag(Labels.Label label) {
    String name = label.name().equals("name") ? "%6Eame" : tagText(label.name());
    return ";" + name + "=" + tagText(label.value());
  }

  private static String tagText(String text) {
    return PercentEscape.encode(
        text, b -> !(isPlain(b) || b == '.' || b == '/' || b == '@' || b == '+' || b == ','));
  }
}
