package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Surrogates;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.profiles.SeededHash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writer of a {@code ProfilesDictionary}, in which equal bytes have one entry. Entry 0 of every
 * table is the empty one, as OTLP requires. Not thread-safe.
 */
public final class DictionaryWriter {
  private static final byte[] NOTHING = {};

  private final Table[] tables = new Table[ProfileTable.values().length];

  /** Memory of an entry here and in the tables of the dictionary's readers. */
  private static final int BYTES_OF_ENTRY = 192;

  /** Entries of one table, with an index by their bytes. */
  private static final class Table {
    private static final long TAG = -1L << 32;

    private final int field;
    private final ProtoWriter entries = new ProtoWriter();
    private int[] starts = new int[16]; // of the content of each entry
    private int[] lengths = new int[16];
    private int count;
    private long[] slots = new long[32]; // high half of the hash, low half entry + 1; 0 for none

    Table(int field) {
      this.field = field;
    }

    int index(byte[] b, int offset, int length) {
      long hash = SeededHash.of(b, offset, length);
      long tag = hash & TAG;
      int mask = slots.length - 1;
      int slot = (int) hash & mask;
      for (long s = slots[slot]; s != 0; s = slots[slot]) {
        int entry = (int) s - 1;
        int at = starts[entry];
        if ((s & TAG) == tag
            && lengths[entry] == length
            && Arrays.equals(entries.buffer(), at, at + length, b, offset, offset + length)) {
          return entry;
        }
        slot = slot + 1 & mask;
      }
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, count * 2);
        lengths = Arrays.copyOf(lengths, count * 2);
      }
      RequestMemory.charge(BYTES_OF_ENTRY + 2L * length);
      entries.bytes(field, b, offset, length);
      starts[count] = entries.size() - length;
      lengths[count] = length;
      slots[slot] = tag | ++count;
      if (count * 2 > slots.length) {
        grow();
      }
      return count - 1;
    }

    private void grow() {
      long[] next = new long[slots.length * 2];
      int mask = next.length - 1;
      for (int i = 0; i < count; i++) {
        long hash = SeededHash.of(entries.buffer(), starts[i], lengths[i]);
        int slot = (int) hash & mask;
        while (next[slot] != 0) {
          slot = slot + 1 & mask;
        }
        next[slot] = hash & TAG | i + 1L;
      }
      slots = next;
    }
  }

  /** Creates a dictionary with the empty entries. */
  public DictionaryWriter() {
    for (ProfileTable t : ProfileTable.values()) {
      tables[t.ordinal()] = new Table(t.field());
      tables[t.ordinal()].index(NOTHING, 0, 0);
    }
  }

  /** Index of an entry, which is added if it is new. */
  public int index(ProfileTable t, byte[] b, int offset, int length) {
    return tables[t.ordinal()].index(b, offset, length);
  }

  /** Index of an entry, which is added if it is new. */
  public int index(ProfileTable t, ProtoWriter entry) {
    return index(t, entry.buffer(), 0, entry.size());
  }

  /** Index of a text in UTF-8; bytes that are not UTF-8 become U+FFFD. */
  public int string(byte[] b, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (b[i] < 0) {
        return string(new String(b, offset, length, StandardCharsets.UTF_8));
      }
    }
    return index(ProfileTable.STRING, b, offset, length);
  }

  /** Returns the dictionary index of a string, adding it if necessary. */
  public int string(String s) {
    byte[] b = Surrogates.utf8(s);
    return index(ProfileTable.STRING, b, 0, b.length);
  }

  /** Writes the dictionary as field 2, after the resources of a request. */
  public void write(ProtoWriter w) {
    int m = w.begin(2);
    for (Table t : tables) {
      w.raw(t.entries.buffer(), 0, t.entries.size());
    }
    w.end(m);
  }
}
