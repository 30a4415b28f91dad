package dev.tethys.codec.statsd;

import dev.tethys.codec.text.PercentEscape;

/**
 * Position of tags in a StatsD line, and the characters permitted there. Other characters and
 * percent signs are escaped by {@link PercentEscape}.
 */
public enum StatsdTagStyle {
  /** {@code name:1|c|#k:v,k2:v2} (docs.datadoghq.com, "Datagram Format and Shell Usage"). */
  DOGSTATSD("", ":", ",", ""),
  /** {@code name;k=v;k2=v2:1|c}, which is Graphite's name of a tagged series. */
  GRAPHITE(";", "=", ";", ""),
  /** {@code name,k=v,k2=v2:1|c}, as Telegraf reads it. */
  INFLUXDB(",", "=", ",", ""),
  /** {@code name#k=v,k2=v2:1|c}. */
  LIBRATO("#", "=", ",", ""),
  /** {@code name[k=v,k2=v2]:1|c}. */
  SIGNALFX("[", "=", ",", "]"),
  /** {@code name.k.v.k2.v2:1|c}: each tag is two nodes of the name. */
  NONE(".", ".", ".", "");

  private final String open;
  private final String between;
  private final String next;
  private final String close;

  StatsdTagStyle(String open, String between, String next, String close) {
    this.open = open;
    this.between = between;
    this.next = next;
    this.close = close;
  }

  private static boolean isPlain(int b) {
    return b >= 'a' && b <= 'z'
        || b >= 'A' && b <= 'Z'
        || b >= '0' && b <= '9'
        || b == '_'
        || b == '-';
  }

  /** Converts a string to a name, or to part of one that may have dots. */
  public static String name(String text) {
    return PercentEscape.encode(text, b -> !(isPlain(b) || b == '.'));
  }

  /** Converts a string to one node of a name. */
  public static String node(String text) {
    return PercentEscape.encode(text, b -> !isPlain(b));
  }

  private String key(String text) {
    // A tag called so is the name itself to Graphite.
    return this == GRAPHITE && text.equals("name") ? "%6Eame" : escaped(text, false);
  }

  private String escaped(String text, boolean value) {
    return switch (this) {
      case NONE -> node(text);
      case GRAPHITE -> name(text);
      case DOGSTATSD ->
          PercentEscape.encode(
              text, b -> !(isPlain(b) || b == '.' || b == '/' || b > 127 || value && b == ':'));
      case INFLUXDB, LIBRATO, SIGNALFX ->
          PercentEscape.encode(text, b -> !(isPlain(b) || b == '.' || b == '/'));
    };
  }

  /** Builder for the tags of a series. Not thread-safe. */
  public final class Tags {
    private final StringBuilder out = new StringBuilder();

    private Tags() {}

    /** Adds a tag; a tag without a value carries no information and is omitted. */
    public Tags add(String key, String value) {
      if (!value.isEmpty()) {
        out.append(out.isEmpty() ? open : next);
        out.append(key(key)).append(between).append(escaped(value, true));
      }
      return this;
    }

    /** Returns a modifiable copy. */
    public Tags copy() {
      Tags t = new Tags();
      t.out.append(out);
      return t;
    }

    /** Tags after the name, before its colon. */
    String inName() {
      return StatsdTagStyle.this == DOGSTATSD || out.isEmpty() ? "" : out + close;
    }

    /** Tags at the end of the line. */
    String atEnd() {
      return StatsdTagStyle.this == DOGSTATSD && !out.isEmpty() ? "|#" + out : "";
    }
  }

  /** Creates an empty tag list. */
  public Tags tags() {
    return new Tags();
  }
}
