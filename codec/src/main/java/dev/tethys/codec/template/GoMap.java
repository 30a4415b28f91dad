package dev.tethys.codec.template;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A map with strings as keys; the type of its values determines the result for a missing key.
 *
 * @param elementType Go's name of the values' type: {@code string}, {@code interface {}}
 * @param methods those of its type, or null
 */
public record GoMap(
    String elementType, Map<String, ?> entries, @Nullable GoMethods<GoMap> methods) {
  public GoMap(String elementType, Map<String, ?> entries) {
    this(elementType, entries, null);
  }

  /** A {@code map[string]string}. */
  public static GoMap ofStrings(Map<String, String> entries) {
    return new GoMap("string", entries);
  }

  /** A {@code map[string]interface {}}. */
  public static GoMap ofAny(Map<String, ?> entries) {
    return new GoMap("interface {}", entries);
  }

  @Nullable TemplateFunction method(String name) {
    return methods == null ? null : methods.find(this, name);
  }

  String typeName() {
    return "map[string]" + elementType;
  }

  @Nullable Object zero() {
    return elementType.equals("string")
        ? ""
        : elementType.startsWith("[]") ? new GoList(elementType, List.of()) : null;
  }
}
