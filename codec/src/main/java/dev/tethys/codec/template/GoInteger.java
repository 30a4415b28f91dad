package dev.tethys.codec.template;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Value of a named Go integer type that formats itself, such as time.Duration. */
public interface GoInteger extends GoStruct {
  long number();

  @Override
  String text();

  @Override
  default Map<String, ?> fields() {
    return Map.of();
  }

  @Override
  default boolean truth() {
    return number() != 0;
  }

  @Override
  default @Nullable TemplateFunction method(String name) {
    return name.equals("String") ? TemplateFunction.of(a -> text()) : null;
  }

  /** The number of such a value; other values unchanged. */
  static @Nullable Object plain(@Nullable Object v) {
    return v instanceof GoInteger n ? (Object) n.number() : v;
  }
}
