package dev.tethys.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Signals a configuration that is valid in its original program but requests a feature not
 * supported by Tethys yet.
 */
public final class NotBuiltException extends ConfigException {
  private static final long serialVersionUID = 1L;

  /**
   * Unsupported setting and its position.
   *
   * @param where {@code file:line:column}
   * @param about explanation or replacement; "" for none
   */
  public record Part(String where, String what, String about) {}

  private final transient List<Part> parts;

  NotBuiltException(List<Part> parts) {
    super(
        parts.size() == 1 ? parts.getFirst().where() : "",
        parts.size() == 1
            ? text(parts.getFirst())
            : parts.stream().map(NotBuiltException::line).collect(Collectors.joining("\n")));
    this.parts = List.copyOf(parts);
  }

  static String line(Part p) {
    return p.where() + ": " + text(p);
  }

  private static String text(Part p) {
    return p.what
        + " is valid but not built in Tethys yet (see README)"
        + (p.about.isEmpty() ? "" : ": " + p.about);
  }

  /** Returns all unsupported settings. */
  public List<Part> parts() {
    return parts;
  }
}
