package dev.tethys.pipeline.component;

import java.util.regex.Pattern;

/**
 * Id of a configured component: {@code type} or {@code type/name}.
 *
 * @param type a letter, then at most 62 letters, digits and underscores
 * @param name "" for none
 */
public record ComponentId(String type, String name) implements Comparable<ComponentId> {
  private static final Pattern TYPE = Pattern.compile("[a-zA-Z][0-9a-zA-Z_]{0,62}");
  private static final Pattern NAME = Pattern.compile("[^\\s\\p{Cntrl}/][^\\p{Cntrl}]{0,1023}");

  /**
   * Parses an id.
   *
   * @throws IllegalArgumentException if it is invalid
   */
  public static ComponentId parse(String text) {
    int slash = text.indexOf('/');
    String type = (slash < 0 ? text : text.substring(0, slash)).strip();
    String name = slash < 0 ? "" : text.substring(slash + 1).strip();
    if (!TYPE.matcher(type).matches()) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" is not a component: its type must be a letter, then letters, digits and _, at"
              + " most 63; as in otlp or otlp/second");
    }
    if (slash >= 0 && !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a component: expected a name of 1 to 1024");
    }
    return new ComponentId(type, name);
  }

  @Override
  public int compareTo(ComponentId o) {
    return toString().compareTo(o.toString());
  }

  @Override
  public String toString() {
    return name.isEmpty() ? type : type + "/" + name;
  }
}
