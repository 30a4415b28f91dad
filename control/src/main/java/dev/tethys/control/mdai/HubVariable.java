package dev.tethys.control.mdai;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hub variable.
 *
 * @param manual whether users set it by the API
 * @param initial value until it is set
 * @param refs variables that a meta variable is computed of
 */
public record HubVariable(
    String key,
    boolean manual,
    DataType type,
    Value initial,
    List<String> refs,
    List<Serializer> serializers) {
  /**
   * Name under which agents find the value.
   *
   * @param delimiter between elements of a set; null for a comma
   */
  public record Serializer(String name, @Nullable String delimiter) {}
}
