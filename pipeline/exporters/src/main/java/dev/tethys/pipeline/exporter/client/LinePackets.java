package dev.tethys.pipeline.exporter.client;

/**
 * Packs as many lines as fit into packets of a maximum size, without the last line end. A longer
 * line gets its own packet.
 */
final class LinePackets {
  private final byte[] lines;
  private final int maxBytes;
  private int before;
  private int from;
  private int end;

  /**
   * @param lines each with its end
   */
  LinePackets(byte[] lines, int maxBytes) {
    this.lines = lines;
    this.maxBytes = maxBytes;
  }

  /** Moves to the next packet after the previous ones were sent; returns false if there is none. */
  boolean next() {
    before = from;
    from = end;
    while (end < lines.length) {
      int next = end;
      while (lines[next] != '\n') {
        next++;
      }
      if (next - from > maxBytes && end > from) {
        break;
      }
      end = next + 1;
    }
    return end > from;
  }

  int offset() {
    return from;
  }

  int length() {
    return end - 1 - from;
  }

  /** Bytes of lines before this packet. */
  int sent() {
    return from;
  }

  /** Bytes of lines before the packet before this one. */
  int before() {
    return before;
  }
}
