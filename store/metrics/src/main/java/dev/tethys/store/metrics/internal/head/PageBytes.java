package dev.tethys.store.metrics.internal.head;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/**
 * Storage of the bytes of pages. They never change, and stay as long as this object is referenced.
 */
public interface PageBytes {
  /** Returns all bytes. */
  MemorySegment memory();

  /** Whether they are a file's. */
  boolean isFile();

  /** Copies some of them, without making what lies around them the process's own. */
  void read(int at, byte[] into, int offset, int n);

  /** Computes the CRC32C of the two parts of a page. */
  static int sum(byte[] head, int at, int length, byte[] columns, int from, int n) {
    CRC32C c = new CRC32C();
    c.update(head, at, length);
    c.update(columns, from, n);
    return (int) c.getValue();
  }

  /** Bytes of a page that waits for a file. */
  record InMemory(MemorySegment memory) implements PageBytes {
    @Override
    public boolean isFile() {
      return false;
    }

    @Override
    public void read(int at, byte[] into, int offset, int n) {
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, into, offset, n);
    }
  }
}
