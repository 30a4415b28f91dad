package dev.tethys.pipeline.receiver.points;

/** Handler of lines received over connections, called on the thread of each connection. */
public interface LineHandler {
  /**
   * Takes a line; the buffer is reused.
   *
   * @param lane lane of the sender
   */
  void line(byte[] buf, int offset, int length, long lane) throws InterruptedException;

  /** Reports skipped lines that were too long. */
  void tooLong(long lines);
}
