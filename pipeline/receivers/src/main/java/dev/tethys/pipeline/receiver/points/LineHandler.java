package dev.tethys.pipeline.receiver.points;

/** Handler of lines that come over connections, on the thread of each. */
public interface LineHandler {
  /**
   * Takes a line; the buffer is reused.
   *
   * @param lane of the sender
   */
  void line(byte[] buf, int offset, int length, long lane) throws InterruptedException;

  /** Reports skipped lines that were too long. */
  void tooLong(long lines);
}
