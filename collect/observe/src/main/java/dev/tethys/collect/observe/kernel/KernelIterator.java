package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Kernel program that writes a record for each object of a kind on every read. */
public final class KernelIterator implements AutoCloseable {
  private static final int LINK_CREATE = 28;
  private static final int ITER_CREATE = 33;
  private static final int TRACE_ITER = 28;
  private static final int ATTRIBUTES = 152;
  private static final int CHUNK = 1 << 16;

  private final int link;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment chunk = arena.allocate(CHUNK, 8);
  private boolean closed;

  private KernelIterator(int link) {
    this.link = link;
  }

  /** Receives a record, which is valid during the call. */
  @FunctionalInterface
  public interface RecordHandler {
    void accept(MemorySegment memory, long offset);
  }

  static KernelIterator of(int program) throws ProgramLoadException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment create = arena.allocate(ATTRIBUTES, 8);
      create.set(JAVA_INT, 0, program);
      create.set(JAVA_INT, 8, TRACE_ITER);
      return new KernelIterator(SystemCalls.bpf("BPF_LINK_CREATE", LINK_CREATE, create));
    } catch (LibraryException e) {
      throw new ProgramLoadException("iterator: " + e.getMessage());
    }
  }

  /**
   * Reads all records.
   *
   * @param size size of a record in bytes
   * @param between called after each part of them
   * @throws IOException if the kernel fails
   */
  public synchronized void forEach(int size, RecordHandler handler, Runnable between)
      throws IOException {
    if (closed) {
      throw new IOException("the iterator is closed");
    }
    int iterator;
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment create = confined.allocate(ATTRIBUTES, 8);
      create.set(JAVA_INT, 0, link);
      iterator = SystemCalls.bpf("BPF_ITER_CREATE", ITER_CREATE, create);
    }
    try {
      MemorySegment whole = chunk.asSlice(0, chunk.byteSize() / size * size);
      long n;
      do {
        n = SystemCalls.read(iterator, whole);
        for (long at = 0; at + size <= n; at += size) {
          handler.accept(whole, at);
        }
        between.run();
      } while (n == whole.byteSize());
    } finally {
      SystemCalls.close(iterator);
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      SystemCalls.close(link);
      arena.close();
    }
  }
}
