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
  private static final int MAP_GET_NEXT_KEY = 4;
  private static final int MAP_LOOKUP_AND_DELETE_ELEM = 21;
  private static final int MAP_LOOKUP_AND_DELETE_BATCH = 25;
  private static final int MAP_UPDATE_BATCH = 26;
  private static final int ATTRIBUTES = 152;
  private static final int BATCH = 16_384;

  /** Size of a batch of entries in bytes. */
  private static final int BATCH_BYTES = 1 << 17;

  /** More than the entries that share a bucket of a hash, which the kernel takes as a whole. */
  private static final int LEAST_BATCH = 256;

  private static final int MOST_SINGLY = 16_384;

  /** Kernel error: the map does not support the operation. */
  private static final int ENOTSUPP = 524;

  private final int descriptor;

  KernelMap(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Opens the map as a ring buffer.
   *
   * @param bytes its size, a power of two
   * @throws ProgramLoadException if it cannot be mapped
   */
  public RingBuffer ringBuffer(long bytes) throws ProgramLoadException {
    try {
      return RingBuffer.map(descriptor, bytes);
    } catch (LibraryException e) {
      throw new ProgramLoadException("ring buffer: " + e.getMessage());
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

  /** Sets the value of a key of 64 bits; fails when the map is full. */
  public void put(long key, MemorySegment value) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      access("BPF_MAP_UPDATE_ELEM", MAP_UPDATE_ELEM, key(arena, key), value);
    }
  }

  /**
   * Sets 64-bit numbers of an array, one after another.
   *
   * @param count number of elements of {@code to} to write
   */
  public void numbers(int first, long[] to, int count) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int[] numbers = new int[Math.min(BATCH, count)];
      MemorySegment keys = arena.allocate(4L * numbers.length, 8);
      MemorySegment values = arena.allocate(8L * numbers.length, 8);
      MemorySegment attributes = arena.allocate(ATTRIBUTES, 8);
      for (int done = 0; done < count; done += BATCH) {
        int n = Math.min(BATCH, count - done);
        for (int i = 0; i < n; i++) {
          numbers[i] = first + done + i;
        }
        // As a whole: one by one, hundreds of thousands of them take half a second until the loop
        // is compiled.
        MemorySegment.copy(numbers, 0, keys, JAVA_INT, 0, n);
        MemorySegment.copy(to, done, values, JAVA_LONG, 0, n);
        attributes.set(JAVA_LONG, 16, keys.address());
        attributes.set(JAVA_LONG, 24, values.address());
        attributes.set(JAVA_INT, 32, n);
        attributes.set(JAVA_INT, 36, descriptor);
        SystemCalls.bpf("BPF_MAP_UPDATE_BATCH", MAP_UPDATE_BATCH, attributes);
      }
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

  /** Receives an entry, which is valid during the call. */
  @FunctionalInterface
  public interface EntryHandler {
    void accept(MemorySegment key, MemorySegment value);
  }

  /**
   * Removes and returns the entries of a hash map; entries added in the meantime may be included.
   *
   * @return number of entries
   */
  public int drain(int keyBytes, int valueBytes, EntryHandler to) throws IOException {
    int room = Math.max(LEAST_BATCH, BATCH_BYTES / (keyBytes + valueBytes));
    int taken = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment keys = arena.allocate((long) room * keyBytes, 8);
      MemorySegment values = arena.allocate((long) room * valueBytes, 8);
      MemorySegment place = arena.allocate(8, 8);
      MemorySegment attributes = arena.allocate(ATTRIBUTES, 8);
      boolean more = true;
      for (boolean first = true; more; first = false) {
        attributes.set(JAVA_LONG, 0, first ? 0 : place.address());
        attributes.set(JAVA_LONG, 8, place.address());
        attributes.set(JAVA_LONG, 16, keys.address());
        attributes.set(JAVA_LONG, 24, values.address());
        attributes.set(JAVA_INT, 32, room);
        attributes.set(JAVA_INT, 36, descriptor);
        try {
          SystemCalls.bpf(
              "BPF_MAP_LOOKUP_AND_DELETE_BATCH", MAP_LOOKUP_AND_DELETE_BATCH, attributes);
        } catch (LibraryException e) {
          if (first && (e.errno() == Errno.EINVAL || e.errno() == ENOTSUPP)) {
            return drainSingly(keyBytes, valueBytes, to); // kernels before 5.6
          }
          if (e.errno() != Errno.ENOENT) {
            throw e;
          }
          more = false; // the end, with the last entries
        }
        int n = attributes.get(JAVA_INT, 32);
        for (int i = 0; i < n; i++) {
          to.accept(
              keys.asSlice((long) i * keyBytes, keyBytes),
              values.asSlice((long) i * valueBytes, valueBytes));
        }
        taken += n;
      }
    }
    return taken;
  }

  /**
   * Removes the entries of a hash map one by one; the number of concurrently added entries is
   * limited.
   */
  int drainSingly(int keyBytes, int valueBytes, EntryHandler to) throws IOException {
    int taken = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocate(keyBytes, 8);
      MemorySegment value = arena.allocate(valueBytes, 8);
      while (taken < MOST_SINGLY) {
        try {
          access("BPF_MAP_GET_NEXT_KEY", MAP_GET_NEXT_KEY, MemorySegment.NULL, key);
          access("BPF_MAP_LOOKUP_AND_DELETE_ELEM", MAP_LOOKUP_AND_DELETE_ELEM, key, value);
        } catch (LibraryException e) {
          if (e.errno() == Errno.ENOENT) {
            break;
          }
          throw e;
        }
        taken++;
        to.accept(key, value);
      }
    }
    return taken;
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
