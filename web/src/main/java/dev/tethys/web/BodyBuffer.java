package dev.tethys.web;

/** Growing array for bodies of requests, one after the other. Not safe for several threads. */
public final class BodyBuffer {
  private byte[] bytes = {};

  /** The array; another one after the next body. */
  public byte[] bytes() {
    return bytes;
  }

  /**
   * The array with room for so many bytes.
   *
   * @param kept bytes at its start that are kept
   */
  public byte[] ofSize(int size, int kept) {
    if (bytes.length < size) {
      byte[] larger = new byte[size];
      System.arraycopy(bytes, 0, larger, 0, kept);
      bytes = larger;
    }
    return bytes;
  }
}
