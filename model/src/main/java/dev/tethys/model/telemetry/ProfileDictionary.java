package dev.tethys.model.telemetry;

/**
 * What the indices of profiles refer to: OTLP's message {@code ProfilesDictionary} as it came. Two
 * are the same only if they are one. Never changes.
 */
public final class ProfileDictionary {
  private final byte[] message;
  private final int profiles;

  /**
   * A dictionary.
   *
   * @param message is not written to any more
   * @param profiles how many profiles were sent with it: with fewer, it has entries that nobody
   *     needs
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
