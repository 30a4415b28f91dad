package dev.tethys.config;

/** Value that is never shown. */
public record Secret(String value) {
  /** No secret at all. */
  public static final Secret NONE = new Secret("");

  /** Replaces a secret. */
  public static final String MASK = "<secret>";

  public boolean isEmpty() {
    return value.isEmpty();
  }

  /** Returns the mask, or nothing for an empty secret. */
  @Override
  public String toString() {
    return value.isEmpty() ? "" : MASK;
  }
}
