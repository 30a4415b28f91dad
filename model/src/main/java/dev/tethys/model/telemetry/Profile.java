package dev.tethys.model.telemetry;

/**
 * Encoded profile: OTLP's message {@code Profile}, whose indices refer to entries of a dictionary.
 * It is rewritten for another dictionary when requests are joined or split, and {@link OpenProfile
 * opened} only for editing. Immutable.
 */
public final class Profile implements Item<Profile> {
  private final ProfileDictionary dictionary;
  private final byte[] buffer;
  private final int offset;
  private final int length;
  private final int samples;

  /**
   * A profile.
   *
   * @param buffer must no longer be written to
   * @param samples number of samples
   */
  public Profile(ProfileDictionary dictionary, byte[] buffer, int offset, int length, int samples) {
    this.dictionary = dictionary;
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
    this.samples = samples;
  }

  /** Returns the dictionary that the indices refer to. */
  public ProfileDictionary dictionary() {
    return dictionary;
  }

  /** Holds the message, at {@link #offset}. */
  public byte[] buffer() {
    return buffer;
  }

  public int offset() {
    return offset;
  }

  public int length() {
    return length;
  }

  /** Returns the number of samples. */
  @Override
  public int itemCount() {
    return samples;
  }

  /** Returns this object, which is immutable. */
  @Override
  public Profile copy() {
    return this;
  }
}
