package dev.tethys.config;

import org.jspecify.annotations.Nullable;

/** Key of a section: its name, type, default and description. Created by {@link Section}. */
public final class Key<T> {
  private final String name;
  private final Type<T> type;
  private final @Nullable T defaultValue;
  private final boolean required;
  private final boolean built;
  private final String doc;

  Key(
      String name,
      Type<T> type,
      @Nullable T defaultValue,
      boolean required,
      boolean built,
      String doc) {
    this.name = name;
    this.type = type;
    this.defaultValue = defaultValue;
    this.required = required;
    this.built = built;
    this.doc = doc;
  }

  public String name() {
    return name;
  }

  public Type<T> type() {
    return type;
  }

  public @Nullable T defaultValue() {
    return defaultValue;
  }

  public boolean isRequired() {
    return required;
  }

  /** False for a key that Prometheus has and Tethys refuses by name. */
  public boolean built() {
    return built;
  }

  public String doc() {
    return doc;
  }
}
