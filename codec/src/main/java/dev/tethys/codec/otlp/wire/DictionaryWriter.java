package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Surrogates;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A {@code ProfilesDictionary} in the making: what is the same to the byte has one entry. Entry 0
 * of every table is the empty one, as OTLP wants it. Not for several threads.
 */
public final class DictionaryWriter {
  /** An entry as a key. */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode are its own
  private record Entry(byte[] bytes) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Entry e && Arrays.equals(bytes, e.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  private static final byte[] NOTHING = {};

  private final ProtoWriter[] tables = new ProtoWriter[ProfileTable.values().length];
  private final Map<Entry, Integer>[] known;

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generics
  public DictionaryWriter() {
    known = new Map[tables.length];
    for (ProfileTable t : ProfileTable.values()) {
      tables[t.ordinal()] = new ProtoWriter().bytes(t.field(), NOTHING);
      known[t.ordinal()] = new HashMap<>();
      known[t.ordinal()].put(new Entry(NOTHING), 0);
    }
  }

  /** Where an entry stands, which is put there if it is new. */
  public int index(ProfileTable t, byte[] b, int offset, int length) {
    Entry e = new Entry(Arrays.copyOfRange(b, offset, offset + length));
    Map<Entry, Integer> k = known[t.ordinal()];
    Integer had = k.putIfAbsent(e, k.size());
    if (had != null) {
      return had;
    }
    tables[t.ordinal()].bytes(t.field(), e.bytes);
    return k.size() - 1;
  }

  /** The same of what was written. */
  public int index(ProfileTable t, ProtoWriter entry) {
    return index(t, entry.buffer(), 0, entry.size());
  }

  /** Where a text stands. */
  public int string(String s) {
    byte[] b = Surrogates.utf8(s);
    return index(ProfileTable.STRING, b, 0, b.length);
  }

  /** Writes the dictionary as field 2, behind the resources of a request. */
  public void write(ProtoWriter w) {
    int m = w.begin(2);
    for (ProtoWriter t : tables) {
      w.raw(t.buffer(), 0, t.size());
    }
    w.end(m);
  }
}
