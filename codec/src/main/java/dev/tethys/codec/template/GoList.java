package dev.tethys.codec.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A slice.
 *
 * @param typeName Go's name of its type, such as {@code []string}
 * @param methods those of its type, or null
 */
public record GoList(String typeName, List<?> items, @Nullable GoMethods<GoList> methods) {
  public GoList(String typeName, List<?> items) {
    this(typeName, items, null);
  }

  /** Other items of the same type. */
  GoList with(List<?> others) {
    return new GoList(typeName, others, methods);
  }

  @Nullable TemplateFunction method(String name) {
    return methods == null ? null : methods.find(this, name);
  }
}
