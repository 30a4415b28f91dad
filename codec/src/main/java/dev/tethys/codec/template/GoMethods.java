package dev.tethys.codec.template;

import org.jspecify.annotations.Nullable;

/** The methods of a named map or slice type. */
@FunctionalInterface
public interface GoMethods<T> {
  /** The method of that name, bound to a value; null if there is none. */
  @Nullable TemplateFunction find(T receiver, String name);
}
