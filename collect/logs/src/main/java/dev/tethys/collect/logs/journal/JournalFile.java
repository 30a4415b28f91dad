package dev.tethys.collect.logs.journal;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.tethys.model.BoundedMap;
import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.lz4.Lz4JavaDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * One journal file, while journald may be appending to it. All numbers are little-endian; offsets
 * refer to objects, which start with {@code type u8, flags u8, 6 reserved, size u64}.
 *
 * <pre>
 * header       0 "LPKSHHRH"  8 compatible flags u32  12 incompatible flags u32  24 file id
 *              72 seqnum id  88 header size u64  152 number of entries u64  176 first entry array
 * ENTRY (3)    16 seqnum  24 realtime  32 monotonic  40 boot id  56 xor hash  64 items:
 *              offset u64 and hash u64 each, or offset u32 each where the file is compact
 * DATA (1)     64 "NAME=value" (72 where compact), compressed as the flags of the object say
 * ENTRY_ARRAY (6)  16 offset of the next u64  24 offsets of entries: u64, or u32 where compact
 * </pre>
 *
 * <p>An entry is complete once the header counts it. What journald writes is read, not mapped: a
 * file that becomes shorter would end the process otherwise. Not thread-safe.
 */
public final class JournalFile implements AutoCloseable {
  /** Longest value of a field that is read, in bytes; the rest of a longer one is not. */
  static final int MAX_VALUE = 1 << 20;

  private static final int MAX_OBJECT = 64 << 20;
  private static final int MAX_ITEMS = 1024; // journald's own limit of fields
  private static final int REMEMBERED = 2048;
  private static final int REMEMBERED_SIZE = 4096;

  private static final int XZ = 1;
  private static final int LZ4 = 2;
  private static final int KEYED_HASH = 4;
  private static final int ZSTD = 8;
  private static final int COMPACT = 16;
  private static final int KNOWN = XZ | LZ4 | KEYED_HASH | ZSTD | COMPACT;

  private static final int OBJECT_XZ = 1;

  /** Memory limit of the XZ decoder in KiB: eight times the dictionary that systemd uses. */
  private static final int MOST_XZ_KIB = 64 << 10;

  private static final int OBJECT_LZ4 = 2;
  private static final int OBJECT_ZSTD = 4;

  private static final int DATA = 1;
  private static final int ENTRY = 3;
  private static final int ENTRY_ARRAY = 6;
  private static final byte[] SIGNATURE = "LPKSHHRH".getBytes(StandardCharsets.US_ASCII);

  /** A field of an entry. */
  public record Field(String name, String value) {}

  /** An entry. */
  public record Entry(Cursor cursor, List<Field> fields) {
    /** The value of a field, its last one; null if there is none. */
    public @Nullable String get(String name) {
      for (int i = fields.size() - 1; i >= 0; i--) {
        if (fields.get(i).name.equals(name)) {
          return fields.get(i).value;
        }
      }
      return null;
    }
  }

  private final Path path;
  private final FileChannel channel;
  private final String id;
  private final String seqnumId;
  private final boolean compact;
  private final Map<Long, Field> remembered = BoundedMap.byUse(REMEMBERED);
  private final ByteBuffer small = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);

  private long array; // offset of the array that holds the next entry
  private long arrayFirst; // number of its first entry
  private long next; // number of the next entry

  private JournalFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    ByteBuffer h = bytes(0, 208);
    byte[] signature = new byte[8];
    h.get(0, signature);
    if (!Arrays.equals(signature, SIGNATURE)) {
      throw new IOException(path + " is not a journal file");
    }
    int flags = h.getInt(12);
    if ((flags & ~KNOWN) != 0) {
      throw new IOException(
          path + " has features of a newer systemd: flags " + Integer.toHexString(flags));
    }
    this.compact = (flags & COMPACT) != 0;
    this.id = hex(h, 24);
    this.seqnumId = hex(h, 72);
    this.array = h.getLong(176);
  }

  /**
   * Opens a file at its first entry.
   *
   * @throws IOException if it is not a journal file, or has unknown features
   */
  static JournalFile open(Path path) throws IOException {
    FileChannel c = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new JournalFile(path, c);
    } catch (IOException e) {
      c.close();
      throw e;
    }
  }

  /** Returns the path under which the file was opened. */
  Path path() {
    return path;
  }

  /** ID of the file, unchanged by renaming; 32 hexadecimal digits. */
  String id() {
    return id;
  }

  private static String hex(ByteBuffer b, int at) {
    byte[] id = new byte[16];
    b.get(at, id);
    return HexFormat.of().formatHex(id);
  }

  /** Bytes from an offset on. */
  private ByteBuffer bytes(long at, int length) throws IOException {
    ByteBuffer b =
        length <= small.capacity()
            ? small.clear().limit(length)
            : ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (b.hasRemaining()) {
      int n = channel.read(b, at + b.position());
      if (n < 0) {
        throw new IOException(path + " ends before byte " + (at + length));
      }
    }
    return b.flip();
  }

  /** Checks the header of an object and returns its size. */
  private long object(long at, int kind, ByteBuffer b) throws IOException {
    long size = b.getLong(8);
    if (at <= 0 || (at & 7) != 0 || b.get(0) != kind || size < 16) {
      throw new IOException(path + " is damaged: no object of type " + kind + " at byte " + at);
    }
    return size;
  }

  private int itemSize() {
    return compact ? 4 : 8;
  }

  private long offset(ByteBuffer b, int at) {
    return compact ? b.getInt(at) & 0xffff_ffffL : b.getLong(at);
  }

  private long entries() throws IOException {
    return bytes(152, 8).getLong(0);
  }

  /** The offset of the next entry; 0 if there is none yet. */
  private long nextOffset() throws IOException {
    if (next >= entries()) {
      return 0;
    }
    if (array == 0) {
      array = bytes(176, 8).getLong(0);
    }
    while (array != 0) {
      ByteBuffer h = bytes(array, 24);
      long capacity = (object(array, ENTRY_ARRAY, h) - 24) / itemSize();
      if (next - arrayFirst < capacity) {
        long at = array + 24 + (next - arrayFirst) * itemSize();
        return offset(bytes(at, itemSize()), 0);
      }
      long following = h.getLong(16);
      if (following == 0) {
        return 0;
      }
      if (following <= array) {
        throw new IOException(path + " is damaged: its entry arrays go back");
      }
      arrayFirst += capacity;
      array = following;
    }
    return 0;
  }

  /** Peeks at the next entry; null if there is none yet. */
  @Nullable Cursor peek() throws IOException {
    long at = nextOffset();
    return at == 0 ? null : cursor(at);
  }

  private Cursor cursor(long at) throws IOException {
    ByteBuffer b = bytes(at, 64);
    object(at, ENTRY, b);
    return new Cursor(
        seqnumId, b.getLong(16), hex(b, 40), b.getLong(32), b.getLong(24), b.getLong(56));
  }

  /** Passes over the next entry. */
  void skip() {
    next++;
  }

  /** Advances to the next entry, which must exist. */
  Entry take() throws IOException {
    long at = nextOffset();
    Cursor c = cursor(at);
    ByteBuffer h = bytes(at, 16);
    long size = object(at, ENTRY, h);
    int each = compact ? 4 : 16;
    long items = (size - 64) / each;
    if (items < 0 || items > MAX_ITEMS) {
      throw new IOException(path + " is damaged: an entry of " + items + " fields at byte " + at);
    }
    long[] offsets = new long[(int) items];
    if (items > 0) {
      ByteBuffer b = bytes(at + 64, (int) items * each);
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] = offset(b, i * each);
      }
    }
    List<Field> fields = new ArrayList<>(offsets.length);
    for (long o : offsets) {
      fields.add(field(o));
    }
    next++;
    return new Entry(c, fields);
  }

  private Field field(long at) throws IOException {
    Field known = remembered.get(at);
    if (known != null) {
      return known;
    }
    ByteBuffer h = bytes(at, 16);
    int flags = h.get(1);
    int begin = compact ? 72 : 64;
    long size = object(at, DATA, h) - begin;
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new IOException(path + " is damaged: a field of " + size + " bytes at byte " + at);
    }
    boolean compressed = (flags & (OBJECT_XZ | OBJECT_LZ4 | OBJECT_ZSTD)) != 0;
    int most = (int) Math.min(size, compressed ? MAX_OBJECT : MAX_VALUE);
    byte[] payload = new byte[most];
    bytes(at + begin, most).get(0, payload);
    byte[] text;
    if ((flags & OBJECT_ZSTD) != 0) {
      text = unzstd(payload);
    } else if ((flags & OBJECT_LZ4) != 0) {
      text = unlz4(payload);
    } else if ((flags & OBJECT_XZ) != 0) {
      text = unxz(payload);
    } else {
      text = payload;
    }
    int eq = 0;
    while (eq < text.length && text[eq] != '=') {
      eq++;
    }
    if (eq == text.length) {
      throw new IOException(path + " is damaged: a field without a name at byte " + at);
    }
    Field f =
        new Field(
            new String(text, 0, eq, StandardCharsets.UTF_8),
            new String(text, eq + 1, text.length - eq - 1, StandardCharsets.UTF_8));
    if (text.length <= REMEMBERED_SIZE) {
      remembered.put(at, f);
    }
    return f;
  }

  private byte[] unzstd(byte[] b) throws IOException {
    try (InputStream in = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(b))) {
      return in.readNBytes(MAX_VALUE);
    }
  }

  /** A stream of XZ, as systemd wrote before 2020. */
  static byte[] unxz(byte[] b) throws IOException {
    try (InputStream in = new XZInputStream(new ByteArrayInputStream(b), MOST_XZ_KIB)) {
      return in.readNBytes(MAX_VALUE);
    }
  }

  /** A block of LZ4, before which its size is in eight bytes. */
  static byte[] unlz4(byte[] b) throws IOException {
    long size = b.length < 8 ? -1 : ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (size < 0 || size > MAX_OBJECT) {
      throw new IOException("invalid compressed field size: " + size + " bytes");
    }
    byte[] out = new byte[(int) size];
    try {
      int n = new Lz4JavaDecompressor().decompress(b, 8, b.length - 8, out, 0, out.length);
      return Arrays.copyOf(out, Math.min(n, MAX_VALUE));
    } catch (MalformedInputException | IndexOutOfBoundsException e) {
      throw new IOException("a field is not LZ4: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // it was only read
    }
  }
}
