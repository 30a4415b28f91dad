package dev.tethys.config;

/** A key that there is not, which is wrong whatever the values are. */
public final class UnknownKeyException extends ConfigException {
  private static final long serialVersionUID = 1L;

  UnknownKeyException(String where, String problem) {
    super(where, problem);
  }
}
