package dev.tethys.config;

/** Reports an unknown key. The configuration is invalid independently of its values. */
public final class UnknownKeyException extends ConfigException {
  private static final long serialVersionUID = 1L;

  UnknownKeyException(String where, String problem) {
    super(where, problem);
  }
}
