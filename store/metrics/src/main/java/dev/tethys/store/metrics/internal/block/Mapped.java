package dev.tethys.store.metrics.internal.block;

import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.MappedFaults;
import dev.tethys.store.metrics.internal.encoding.TransientReadException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A mapped file, read by copying ranges from it. */
record Mapped(MemorySegment segment) {
  byte[] bytes(long offset, int length) {
    if (offset < 0 || length < 0 || offset > segment.byteSize() - length) {
      throw new CorruptionException("a reference beyond the end of the file");
    }
    byte[] out = new byte[length];
    try {
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, out, 0, length);
      MappedFaults.await();
    } catch (InternalError e) {
      throw new TransientReadException("the disk did not return " + length + " bytes at " + offset);
    }
    return out;
  }

  long size() {
    return segment.byteSize();
  }
}
