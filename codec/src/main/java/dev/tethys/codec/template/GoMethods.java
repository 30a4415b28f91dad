package dev.tethys.codec.template;

import org.jspecify.annotations.Nullable;

/** The methods of a named map or slice type. */
@FunctionalInterface
public interface GoMethods<T> {
  /** Returns the method with the given name, bound to a value; null if none. */
  @Nullable TemplateFunction find(T receiver, String name);
}
