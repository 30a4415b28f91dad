package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Reader of a ring of events that programs in the kernel write (BPF_MAP_TYPE_RINGBUF). Not
 * thread-safe. The data is mapped twice in a row, so a record is always in one piece.
 */
public final class RingBuffer implements AutoCloseable {
  private static final int PAGE = 4096; // blobs exist for architectures with this size only
  private static final int BUSY = 0x8000_0000;
  private static final int DISCARDED = 0x4000_0000;
  private static final int LENGTH = 0x3fff_ffff;
  private static final int HEADER = 8;
  private static final int EPOLLIN = 1;
  private static final int EPOLLET = 1 << 31;
  private static final VarHandle LONG = JAVA_LONG.varHandle();
  private static final VarHandle INT = JAVA_INT.varHandle();

  private final MemorySegment consumer;
  private final MemorySegment producer;
  private final MemorySegment data;
  private final long mask;
  private final Runnable unmap;
  private int epoll = -1;
  private long position;
  private boolean closed;

  /**
   * Ring in memory.
   *
   * @param consumer page of the reader's position
   * @param producer page of the writer's position
   * @param data the records, twice
   */
  RingBuffer(MemorySegment consumer, MemorySegment producer, MemorySegment data, Runnable unmap) {
    this.consumer = consumer;
    this.producer = producer;
    this.data = data;
    this.mask = data.byteSize() / 2 - 1;
    this.unmap = unmap;
    this.position = (long) LONG.getAcquire(consumer, 0L);
  }

  static RingBuffer map(int descriptor, long bytes) throws LibraryException {
    if (Long.bitCount(bytes) != 1 || bytes < PAGE) {
      throw new IllegalArgumentException("size of a ring must be a power of two: " + bytes);
    }
    MemorySegment consumer =
        SystemCalls.map(descriptor, 0, PAGE, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE);
    MemorySegment rest;
    try {
      rest = SystemCalls.map(descriptor, PAGE, PAGE + 2 * bytes, SystemCalls.PROT_READ);
    } catch (LibraryException e) {
      SystemCalls.unmap(consumer);
      throw e;
    }
    RingBuffer ring =
        new RingBuffer(
            consumer,
            rest.asSlice(0, PAGE),
            rest.asSlice(PAGE),
            () -> {
              SystemCalls.unmap(consumer);
              SystemCalls.unmap(rest);
            });
    try {
      ring.epoll = SystemCalls.epoll();
      // By edges: the ring is readable with each record, but its waiters are woken on demand only.
      SystemCalls.epollAdd(ring.epoll, descriptor, EPOLLIN | EPOLLET);
      return ring;
    } catch (LibraryException e) {
      ring.close();
      throw e;
    }
  }

  /**
   * Waits until a program wakes the readers of the ring, or the time limit expires. May also return
   * early.
   */
  public void await(long nanos) throws IOException {
    if (!closed) {
      SystemCalls.epollWait(epoll, (int) Math.clamp(nanos / 1_000_000, 1, Integer.MAX_VALUE));
    }
  }

  /** Receives an event, which is valid during the call. */
  @FunctionalInterface
  public interface EventHandler {
    void accept(MemorySegment memory, long offset, int length);
  }

  /** The position up to which the kernel has reserved records. */
  public long end() {
    return closed ? position : (long) LONG.getAcquire(producer, 0L);
  }

  /** The position up to which events were read. */
  public long position() {
    return position;
  }

  /** Returns the number of bytes written but not read yet. */
  public long pending() {
    return end() - position;
  }

  /** Reads all events up to the present end; returns their number. */
  public int read(EventHandler handler) {
    return read(end(), handler);
  }

  /**
   * Reads events that start before a position, up to the first one still being written.
   *
   * @param end an earlier {@link #end}
   * @return number of events
   */
  public int read(long end, EventHandler handler) {
    int events = 0;
    while (!closed && position < end) {
      long at = position & mask;
      int head = (int) INT.getAcquire(data, at);
      if ((head & BUSY) != 0) {
        break;
      }
      int length = head & LENGTH;
      try {
        if ((head & DISCARDED) == 0) {
          events++;
          handler.accept(data, at + HEADER, length);
        }
      } finally { // a record that the handler fails on is not read again
        position += (length + HEADER + 7L) & ~7L;
        LONG.setRelease(consumer, 0L, position);
      }
    }
    return events;
  }

  /**
   * Reads events up to a time; each starts with its timestamp, a 64-bit number.
   *
   * @return number of events
   */
  public int readUntil(long time, EventHandler handler) {
    int events = 0;
    while (!closed && position < end()) {
      long at = position & mask;
      int head = (int) INT.getAcquire(data, at);
      if ((head & BUSY) != 0
          || (head & DISCARDED) == 0 && data.get(JAVA_LONG, at + HEADER) - time > 0) {
        break;
      }
      events += read(position + 1, handler);
    }
    return events;
  }

  /** Unmaps the ring; later reads return nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      unmap.run();
      if (epoll >= 0) {
        SystemCalls.close(epoll);
      }
    }
  }
}
