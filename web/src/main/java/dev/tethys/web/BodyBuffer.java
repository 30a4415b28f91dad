package dev.tethys.web;

/** Growing array for bodies of requests, one after another. Not thread-safe. */
public final class BodyBuffer {
  private byte[] bytes = {};

  /** Returns the array; the next body may use another one. */
  public byte[] bytes() {
    return bytes;
  }

  /**
   * Returns the array with space for at least {@code size} bytes.
   *
   * @param kept number of bytes at its start to preserve
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
