package dev.tethys.collect.logs.file;

import java.io.IOException;

/**
 * Read position in a file, with the content before it that identifies it: the first {@link
 * Checkpoint#HEAD} bytes and the last {@link Checkpoint#TAIL} bytes read. Owned by the reader
 * thread; other threads may read the offset.
 */
final class Bookmark {
  private volatile long offset;
  private long lines; // that were read
  private boolean midLine; // inside a line that is too long
  private int headLength;
  private long headHash;
  private int tailLength;
  private long tailHash;

  /** Restores the position of a checkpoint. */
  void restore(Checkpoint c) {
    offset = c.offset();
    lines = c.lines();
    headLength = c.headLength();
    headHash = c.headHash();
    tailLength = c.tailLength();
    tailHash = c.tailHash();
    midLine = c.midLine();
  }

  /** Checkpoint of a file at this position. */
  Checkpoint in(String source, String path, FileId id, boolean compressed) {
    return new Checkpoint(
        source,
        path,
        id,
        offset,
        lines,
        headLength,
        headHash,
        tailLength,
        tailHash,
        midLine,
        compressed,
        false,
        0);
  }

  long offset() {
    return offset;
  }

  long lines() {
    return lines;
  }

  void passed(long moreLines) {
    lines += moreLines;
  }

  boolean isMidLine() {
    return midLine;
  }

  void setMidLine(boolean now) {
    midLine = now;
  }

  /** Number of known bytes before the offset. */
  int tailLength() {
    return tailLength;
  }

  /** Whether bytes equal those before the offset. */
  boolean isTail(byte[] bytes) {
    return Checkpoint.hash(bytes, 0, tailLength) == tailHash;
  }

  /** Whether a file starts with the bytes read earlier. */
  boolean hasHead(FileContent c) throws IOException {
    byte[] head = new byte[headLength];
    return c.readFully(0, head) == headLength && Checkpoint.hash(head, 0, headLength) == headHash;
  }

  /** Moves to a position, of which only the preceding bytes are known. */
  void set(FileContent c, long position) throws IOException {
    offset = position;
    head(c);
    byte[] tail = new byte[(int) Math.min(Checkpoint.TAIL, position)];
    tailLength = c.readFully(position - tail.length, tail);
    tailHash = Checkpoint.hash(tail, 0, tailLength);
  }

  /** Moves to a position in a buffer with a known offset in the file. */
  void moveTo(byte[] buf, long base, int p) {
    offset = base + p;
    int from = Math.max(0, p - Checkpoint.TAIL);
    tailLength = p - from;
    tailHash = Checkpoint.hash(buf, from, tailLength);
    if (base == 0 && headLength < Checkpoint.HEAD) {
      headLength = Math.min(p, Checkpoint.HEAD);
      headHash = Checkpoint.hash(buf, 0, headLength);
    }
  }

  /** Extends the known beginning, if more of it was read. */
  void completeHead(FileContent c) throws IOException {
    if (headLength < Checkpoint.HEAD
        && headLength < offset
        && !(c instanceof FileContent.Compressed)) {
      head(c);
    }
  }

  private void head(FileContent c) throws IOException {
    byte[] head = new byte[(int) Math.min(Checkpoint.HEAD, offset)];
    headLength = c.readFully(0, head);
    headHash = Checkpoint.hash(head, 0, headLength);
  }
}
