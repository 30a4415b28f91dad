package dev.tethys.codec.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.guard.RequestMemory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Message {@code perftools.profiles.Profile} with the positions of its entries, which may be in any
 * order. Not thread-safe.
 */
final class PprofMessage {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int NONE = -1;

  /** Memory of an entry: its position and its decoded fields. */
  private static final int ENTRY_BYTES = 64;

  /** Size of a usual message, estimated from its larger tables. */
  private static final int BYTES_OF_ENTRY = 64;

  private static final int FEW_ENTRIES = 16;
  private static final int MAX_RESERVED_ENTRIES = 1 << 12;

  /** Positions of the entries of one field. */
  static final class Entries {
    private int[] at = {};
    private int size;

    private Entries() {}

    /** Removes all entries and allocates space for a number of them. */
    private void clear(int expected) {
      size = 0;
      if (at.length < 2 * expected) {
        at = new int[2 * expected];
      }
    }

    int size() {
      return size;
    }

    int offset(int index) {
      return at[2 * index];
    }

    int length(int index) {
      return at[2 * index + 1];
    }

    private void add(ProtoReader r) {
      int n = r.readLength();
      if (2 * size == at.length) {
        RequestMemory.charge(ENTRY_BYTES * (long) size);
        at = Arrays.copyOf(at, 4 * size);
      }
      at[2 * size] = r.position();
      at[2 * size + 1] = n;
      size++;
      r.position(r.position() + n);
    }
  }

  /** Type of samples or of a period, as indexes of strings. */
  record ValueType(long type, long unit) {}

  byte[] bytes = {};
  final Entries types = new Entries();
  final Entries samples = new Entries();
  final Entries mappings = new Entries();
  final Entries locations = new Entries();
  final Entries functions = new Entries();
  final Entries strings = new Entries();
  final List<Long> comments = new ArrayList<>();

  /** Values of the fields that are numbers, by field number. */
  private final long[] numbers = new long[16];

  private int period = NONE;
  private int periodLength;

  /** Creates a message without entries. */
  PprofMessage() {}

  /**
   * Reads the entry positions of a message, see {@link #read}.
   *
   * @throws CodecException if the bytes are not such a message
   */
  PprofMessage(byte[] body, int maxBytes) {
    read(body, maxBytes);
  }

  /** Clears the message and keeps the position tables. */
  void clear() {
    bytes = new byte[0];
  }

  /** Length of the tables in bytes. */
  long capacity() {
    return 4L * (samples.at.length + locations.at.length + functions.at.length + strings.at.length);
  }

  /**
   * Reads the positions of the entries, replacing the positions of the previous message.
   *
   * @param body plain or in gzip, as programs write it
   * @param maxBytes the largest message
   * @throws CodecException if the bytes are not such a message
   */
  void read(byte[] body, int maxBytes) {
    boolean gzip = body.length > 1 && body[0] == 0x1f && body[1] == (byte) 0x8b;
    bytes =
        gzip
            ? Compression.GZIP.decompress(body, 0, body.length, maxBytes, RequestMemory::charge)
            : body;
    int expected = Math.clamp(bytes.length / BYTES_OF_ENTRY, FEW_ENTRIES, MAX_RESERVED_ENTRIES);
    RequestMemory.charge(4L * 2 * Integer.BYTES * expected);
    types.clear(FEW_ENTRIES);
    samples.clear(expected);
    mappings.clear(FEW_ENTRIES);
    locations.clear(expected);
    functions.clear(expected);
    strings.clear(expected);
    comments.clear();
    Arrays.fill(numbers, 0);
    period = NONE;
    periodLength = 0;
    ProtoReader r = new ProtoReader(bytes);
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> types.add(r);
        case 2 << 3 | LENGTH -> samples.add(r);
        case 3 << 3 | LENGTH -> mappings.add(r);
        case 4 << 3 | LENGTH -> locations.add(r);
        case 5 << 3 | LENGTH -> functions.add(r);
        case 6 << 3 | LENGTH -> strings.add(r);
        case 11 << 3 | LENGTH -> {
          periodLength = r.readLength();
          period = r.position();
          r.position(period + periodLength);
        }
        case 13 << 3, 13 << 3 | LENGTH -> {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
            comments.add(r.readVarint());
          }
        }
        case 7 << 3, 8 << 3, 9 << 3, 10 << 3, 12 << 3, 14 << 3, 15 << 3 ->
            numbers[r.field()] = r.readLong();
        default -> r.skip();
      }
    }
    if (types.size == 0) {
      throw new CodecException("pprof: no sample types; not a pprof profile");
    }
    if (strings.size == 0 || strings.length(0) != 0) {
      throw new CodecException("pprof: the table of strings must begin with an empty one");
    }
  }

  /** Returns the total length of the string table in bytes. */
  int stringBytes() {
    int sum = 0;
    for (int i = 0; i < strings.size; i++) {
      sum += strings.length(i); // they are parts of one array
    }
    return sum;
  }

  long dropFrames() {
    return numbers[7];
  }

  long keepFrames() {
    return numbers[8];
  }

  /** Start, Unix nanoseconds; 0 if it is not given. */
  long time() {
    return numbers[9];
  }

  /** Nanoseconds. */
  long duration() {
    return numbers[10];
  }

  /** Distance of samples, in units of the period type. */
  long period() {
    return numbers[12];
  }

  long docUrl() {
    return numbers[15];
  }

  /**
   * Checks an index of the strings.
   *
   * @throws CodecException if there is no such string
   */
  int check(long index) {
    if (index < 0 || index >= strings.size) {
      throw new CodecException("pprof: string " + index + " of " + strings.size);
    }
    return (int) index;
  }

  /** Reads a string and replaces malformed UTF-8. */
  String string(long index) {
    int i = check(index);
    return new String(bytes, strings.offset(i), strings.length(i), StandardCharsets.UTF_8);
  }

  /** Type of the values at one position of samples. */
  ValueType type(int index) {
    return valueType(types.offset(index), types.length(index));
  }

  /** True if the message has a type of the period. */
  boolean hasPeriodType() {
    return period != NONE;
  }

  /** Type of the period, without names if there is none. */
  ValueType periodType() {
    return period == NONE ? new ValueType(0, 0) : valueType(period, periodLength);
  }

  private ValueType valueType(int offset, int length) {
    long[] t = new long[3];
    numbers(new ProtoReader().reset(bytes, offset, length), t);
    return new ValueType(t[1], t[2]);
  }

  /** Reads the numbers of a message without repeated fields, by field number. */
  static void numbers(ProtoReader r, long[] into) {
    while (r.next()) {
      if (r.wireType() == ProtoReader.VARINT && r.field() < into.length) {
        into[r.field()] = r.readVarint();
      } else {
        r.skip();
      }
    }
  }

  /**
   * Entry with an id.
   *
   * @throws CodecException if there is none
   */
  static int known(EntryIndexes all, long id, String what) {
    int i = all.get(id);
    if (i == EntryIndexes.NONE) {
      throw new CodecException("pprof: there is no " + what + " " + Long.toUnsignedString(id));
    }
    return i;
  }
}
