package dev.tethys.app.clymene;

import dev.tethys.runtime.cli.UsageException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** One of Clymene's programs. */
public enum ClymeneRole {
  AGENT("agent", true),
  GATEWAY("gateway", true),
  INGESTER("ingester", true),
  PROMTAIL("promtail", false),
  PROMTAIL_GATEWAY("promtail-gateway", false),
  PROMTAIL_INGESTER("promtail-ingester", false);

  private final String word;
  private final boolean metrics;

  ClymeneRole(String word, boolean metrics) {
    this.word = word;
    this.metrics = metrics;
  }

  /** Returns the name of the program without the prefix {@code clymene-}. */
  public String word() {
    return word;
  }

  /** Whether it carries metrics; the others carry logs. */
  boolean metrics() {
    return metrics;
  }

  /** Reads a name, {@code clymene-agent} as well as {@code agent}. */
  public static ClymeneRole of(String name) {
    String n = name.startsWith("clymene-") ? name.substring("clymene-".length()) : name;
    for (ClymeneRole r : values()) {
      if (r.word.equals(n)) {
        return r;
      }
    }
    throw new UsageException(
        "\""
            + name
            + "\" is not a program of Clymene; the programs are "
            + Arrays.stream(values()).map(ClymeneRole::word).collect(Collectors.joining(", ")));
  }
}
