package dev.tethys.model.telemetry;

/**
 * Dictionary of profiles in encoded form: OTLP's message {@code ProfilesDictionary}. Dictionaries
 * are compared by identity. Immutable.
 */
public final class ProfileDictionary {
  private final byte[] message;
  private final int profiles;

  /**
   * A dictionary.
   *
   * @param message must no longer be written to
   * @param profiles number of profiles sent with it: if fewer remain, it has entries that no
   *     profile needs
   */
  public ProfileDictionary(byte[] message, int profiles) {
    this.message = message;
    this.profiles = profiles;
  }

  /** The message; not to be written into. */
  public byte[] message() {
    return message;
  }

  public int profiles() {
    return profiles;
  }
}
