package dev.tethys.codec.template;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An object with fields and methods that templates may use. */
public interface GoStruct {
  /** Go's name of the type. */
  String typeName();

  /** The exported fields in their order. */
  Map<String, ?> fields();

  /** A method of the object, or null if it has none of that name. */
  default @Nullable TemplateFunction method(String name) {
    return null;
  }

  /** Own text of the value, or null if it is printed field by field. */
  default @Nullable String text() {
    return null;
  }

  /** Whether it counts as true in a condition: an empty number or nil pointer does not. */
  default boolean truth() {
    return true;
  }
}
