package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Map of a loaded program group; valid until the group is closed. */
public final class KernelMap {
  private static final int MAP_LOOKUP_ELEM = 1;
  private static final int MAP_UPDATE_ELEM = 2;
  private static final int MAP_DELETE_ELEM = 3;
  private static final int ATTRIBUTES = 152;

  private final int descriptor;

  KernelMap(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Opens the map as a ring buffer.
   *
   * @param bytes its size, a power of two
   * @throws RefusedException when it cannot be mapped
   */
  public RingBuffer ringBuffer(long bytes) throws RefusedException {
    try {
      return RingBuffer.map(descriptor, bytes);
    } catch (LibraryException e) {
      throw new RefusedException("ring buffer: " + e.getMessage());
    }
  }

  /** A 64-bit number of an array. */
  public long number(int index) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(8, 8);
      access("BPF_MAP_LOOKUP_ELEM", MAP_LOOKUP_ELEM, key(arena, index), value);
      return value.get(JAVA_LONG, 0);
    }
  }

  /** Sets a 64-bit number of an array. */
  public void number(int index, long to) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(8, 8);
      value.set(JAVA_LONG, 0, to);
      access("BPF_MAP_UPDATE_ELEM", MAP_UPDATE_ELEM, key(arena, index), value);
    }
  }

  /** Sets the 64-bit value of a key of 64 bits; fails when the map is full. */
  public void put(long key, long to) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(8, 8);
      value.set(JAVA_LONG, 0, to);
      access("BPF_MAP_UPDATE_ELEM", MAP_UPDATE_ELEM, key(arena, key), value);
    }
  }

  /** Removes a key of 64 bits; returns whether it was there. */
  public boolean remove(long key) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      access("BPF_MAP_DELETE_ELEM", MAP_DELETE_ELEM, key(arena, key), MemorySegment.NULL);
      return true;
    } catch (LibraryException e) {
      if (e.errno() == Errno.ENOENT) {
        return false;
      }
      throw e;
    }
  }

  private static MemorySegment key(Arena arena, int key) {
    MemorySegment m = arena.allocate(4, 4);
    m.set(JAVA_INT, 0, key);
    return m;
  }

  private static MemorySegment key(Arena arena, long key) {
    MemorySegment m = arena.allocate(8, 8);
    m.set(JAVA_LONG, 0, key);
    return m;
  }

  private void access(String what, int command, MemorySegment key, MemorySegment value)
      throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES, 8);
      attributes.set(JAVA_INT, 0, descriptor);
      attributes.set(JAVA_LONG, 8, key.address());
      attributes.set(JAVA_LONG, 16, value.address());
      SystemCalls.bpf(what, command, attributes);
    }
  }
}
