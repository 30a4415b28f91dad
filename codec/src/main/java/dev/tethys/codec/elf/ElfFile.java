package dev.tethys.codec.elf;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * 64-bit little-endian ELF file, read part by part. Every number in it may be wrong: each is tested
 * before it is used, and a part has a largest size. Source: System V ABI, chapters 4 and 5; notes
 * of GNU and of Go.
 */
public final class ElfFile implements Closeable {
  public static final int X86_64 = 62;

  private static final int HEADER = 64;
  private static final int SECTION_HEADER = 64;
  private static final int SEGMENT_HEADER = 56;
  private static final int SYMBOL = 24;
  private static final int SYMBOLS = 2730; // read at a time: 64 KB
  private static final int MAX_SECTIONS = 4096;
  private static final int MAX_SEGMENTS = 512;
  private static final int MAX_NAMES = 16 << 20; // bytes of the table of sections' names
  private static final int MAX_SECTION_NAME = 256;
  private static final int MAX_BUILD_IDS = 16;
  private static final int MAX_BUILD_ID = 256; // bytes
  private static final int SMALL = 64 << 10; // bytes that are not accounted for
  private static final int BYTES_OF_A_STEP = 16;
  private static final int PT_LOAD = 1;
  private static final long PAGE = 4096;
  private static final int SHT_SYMTAB = 2;
  private static final int SHT_NOBITS = 8;
  private static final int SHT_DYNSYM = 11;
  private static final int SHT_NOTE = 7;
  private static final int SHF_COMPRESSED = 0x800;
  private static final int COMPRESSION_HEADER = 24;
  private static final int ZLIB = 1;
  private static final int ZSTD = 2;
  private static final int ET_EXEC = 2;
  private static final int NOTE_HEADER = 12;
  private static final int MAX_NOTES = 64 << 10;
  private static final int GNU_BUILD_ID = 3;
  private static final int GO_BUILD_ID = 4;
  private static final int SUPPLEMENT_HEADER = 3; // version, whether it is a supplement
  private static final int LONGEST_WANTED = 64;
  private static final int ID_NAME_SIZE = 4; // with its NUL
  private static final int STT_FUNC = 2;
  private static final int STT_GNU_IFUNC = 10;

  /** Part of the file with a name. */
  public record Section(
      String name, int type, long flags, long address, long offset, long size, int link) {}

  /**
   * Part of the file that is mapped into memory.
   *
   * @param fileSize 0 in files that have debug information only
   */
  public record Segment(
      long offset, long address, long fileSize, long memorySize, boolean executable) {}

  /** Receives a function of a symbol table. */
  @FunctionalInterface
  public interface FunctionHandler {
    /**
     * @param address virtual address, as recorded in the file
     * @param size size in bytes; 0 if the table does not record it
     * @param name place of its name, for {@link #functionName}
     */
    void accept(long address, long size, long name) throws IOException;
  }

  /** Receives a function of a symbol table with its name. */
  @FunctionalInterface
  public interface NamedFunctionHandler {
    /**
     * @param address virtual address, as recorded in the file
     * @param size size in bytes; 0 if the table does not record it
     * @param name bytes of the name, valid during the call
     */
    void accept(long address, long size, ByteBuffer name);
  }

  private final FileChannel file;
  private final ElfBudget budget;
  private final int machine;
  private final int type;
  private final List<Section> sections;
  private final List<Segment> segments;

  private ElfFile(
      FileChannel file,
      ElfBudget budget,
      int machine,
      int type,
      List<Section> sections,
      List<Segment> segments) {
    this.file = file;
    this.budget = budget;
    this.machine = machine;
    this.type = type;
    this.sections = sections;
    this.segments = segments;
  }

  /**
   * Opens a file with a new budget.
   *
   * @throws IOException if it is not an ELF file, or is truncated
   */
  public static ElfFile open(Path path) throws IOException {
    return open(path, ElfBudget.standard());
  }

  /**
   * Opens a file.
   *
   * @param budget budget for everything read from it
   * @throws IOException if it is not an ELF file, or is truncated
   */
  public static ElfFile open(Path path, ElfBudget budget) throws IOException {
    return open(FileChannel.open(path, StandardOpenOption.READ), path.toString(), budget);
  }

  /**
   * Reads the heads of an open file, which is closed with this one, or immediately if reading
   * fails.
   *
   * @param name file name for error messages
   * @param budget budget for everything read from the file
   * @throws IOException if it is not an ELF file, or is cut off
   */
  public static ElfFile open(FileChannel file, String name, ElfBudget budget) throws IOException {
    boolean done = false;
    try {
      ByteBuffer h = small(file, 0, HEADER);
      if (h.getInt(0) != 0x464c457f || h.get(4) != 2 || h.get(5) != 1) {
        throw new IOException(name + " is not a 64-bit little-endian ELF file");
      }
      List<Segment> segments = new ArrayList<>();
      int count = Math.min(h.getShort(56) & 0xffff, MAX_SEGMENTS);
      ByteBuffer p = small(file, h.getLong(32), count * SEGMENT_HEADER);
      for (int at = 0; at < count * SEGMENT_HEADER; at += SEGMENT_HEADER) {
        if (p.getInt(at) == PT_LOAD) {
          segments.add(
              new Segment(
                  p.getLong(at + 8),
                  p.getLong(at + 16),
                  p.getLong(at + 32),
                  p.getLong(at + 40),
                  (p.getInt(at + 4) & 1) != 0));
        }
      }
      ElfFile elf =
          new ElfFile(
              file,
              budget,
              h.getShort(18) & 0xffff,
              h.getShort(16) & 0xffff,
              sections(file, h, budget),
              List.copyOf(segments));
      done = true;
      return elf;
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  private static List<Section> sections(FileChannel file, ByteBuffer h, ElfBudget budget)
      throws IOException {
    int count = Math.min(h.getShort(60) & 0xffff, MAX_SECTIONS);
    int names = h.getShort(62) & 0xffff;
    if (count == 0 || names >= count) {
      return List.of();
    }
    int heads = count * SECTION_HEADER;
    budget.takeBytes(2L * heads);
    ByteBuffer s = small(file, h.getLong(40), heads);
    int ofNames = names * SECTION_HEADER;
    long size = s.getLong(ofNames + 32);
    if (size > MAX_NAMES) {
      throw new IOException("names of sections take " + size + " bytes; the limit is " + MAX_NAMES);
    }
    budget.takeBytes(size);
    ByteBuffer texts = small(file, s.getLong(ofNames + 24), size);
    List<Section> out = new ArrayList<>();
    for (int at = 0; at < heads; at += SECTION_HEADER) {
      ByteBuffer name = slice(texts, s.getInt(at), MAX_SECTION_NAME);
      budget.take(1 + name.remaining() / BYTES_OF_A_STEP);
      budget.takeBytes(name.remaining());
      out.add(
          new Section(
              StandardCharsets.UTF_8.decode(name).toString(),
              s.getInt(at + 4),
              s.getLong(at + 8),
              s.getLong(at + 16),
              s.getLong(at + 24),
              s.getLong(at + 32),
              s.getInt(at + 40)));
    }
    budget.giveBytes(size);
    return List.copyOf(out);
  }

  /** Bytes of the file, which are accounted for unless they are few. */
  private ByteBuffer read(long offset, long length) throws IOException {
    requirePart(file, offset, length);
    budget.take(1 + length / BYTES_OF_A_STEP);
    if (length > SMALL) {
      budget.takeBytes(length);
    }
    return small(file, offset, length);
  }

  private static ByteBuffer small(FileChannel file, long offset, long length) throws IOException {
    requirePart(file, offset, length);
    ByteBuffer b = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    fill(file, offset, b);
    return b;
  }

  private static void requirePart(FileChannel file, long offset, long length) throws IOException {
    long size = file.size();
    if (offset < 0 || length < 0 || length > Integer.MAX_VALUE - 8 || offset > size - length) {
      throw new IOException("a part of " + length + " bytes at " + offset + " is not in the file");
    }
  }

  /** Fills the rest of an empty buffer and rewinds it for reading. */
  private static void fill(FileChannel file, long offset, ByteBuffer b) throws IOException {
    while (b.hasRemaining()) {
      if (file.read(b, offset + b.position()) < 0) {
        throw new IOException("the file was truncated while being read");
      }
    }
    b.flip();
  }

  /** Returns the read budget of the file. */
  ElfBudget budget() {
    return budget;
  }

  /**
   * Text of a string table up to its NUL; empty outside the table.
   *
   * @param most bytes after which it is cut off
   */
  static ByteBuffer slice(ByteBuffer table, int offset, int most) {
    if (offset < 0 || offset >= table.limit()) {
      return table.slice(0, 0);
    }
    int limit = (int) Math.min(table.limit(), (long) offset + most);
    int end = offset;
    while (end < limit && table.get(end) != 0) {
      end++;
    }
    return table.slice(offset, end - offset);
  }

  /** Returns the ELF machine number. */
  public int machine() {
    return machine;
  }

  /** Whether a program's addresses in memory equal its addresses in the file. */
  public boolean isFixed() {
    return type == ET_EXEC;
  }

  /** Returns the segments that are mapped into memory. */
  public List<Segment> segments() {
    return segments;
  }

  /** First section of a name that has bytes in the file; null without one. */
  public @Nullable Section section(String name) {
    for (Section s : sections) {
      if (s.name.equals(name) && s.type != SHT_NOBITS) {
        return s;
      }
    }
    return null;
  }

  /**
   * Fills a buffer with bytes of a section, fewer at its end.
   *
   * @param at offset in the section
   */
  void read(Section s, long at, ByteBuffer into) throws IOException {
    if (s.offset < 0 || s.size < 0 || s.offset > file.size() - s.size) {
      throw new IOException("section " + s.name + " is not in the file");
    }
    budget.take(1 + into.capacity() / BYTES_OF_A_STEP);
    into.clear().limit((int) Math.clamp(s.size - at, 0, into.capacity()));
    fill(file, s.offset + at, into);
  }

  /** True for a section that has to be decompressed. */
  static boolean isCompressed(Section s) {
    return (s.flags & SHF_COMPRESSED) != 0;
  }

  /** Reads the bytes of a section. */
  public ByteBuffer bytes(Section s) throws IOException {
    return read(s.offset, s.size);
  }

  /**
   * Bytes of a section after decompression; empty if the section is missing, or the budget has not
   * enough memory for it.
   *
   * @throws IOException if it is damaged or compressed in an unknown way
   */
  ByteBuffer content(String name) throws IOException {
    Section s = section(name);
    if (s == null) {
      return ByteBuffer.allocate(0);
    }
    requirePart(file, s.offset, s.size);
    if (!isCompressed(s)) {
      return budget.tryTakeBytes(s.size) ? taken(s, s.size) : ByteBuffer.allocate(0);
    }
    if (s.size < COMPRESSION_HEADER) {
      throw new IOException("section " + name + " is shorter than its header");
    }
    long size = small(file, s.offset, COMPRESSION_HEADER).getLong(8);
    // A decompressor copies its result when that grows.
    long working = s.size + 2 * size;
    if (size < 0 || size > Integer.MAX_VALUE - 8 || !budget.tryTakeBytes(size + working)) {
      return ByteBuffer.allocate(0);
    }
    try {
      return decompressed(name, taken(s, size), (int) size);
    } finally {
      budget.giveBytes(working);
    }
  }

  /** Reads a section whose memory is already charged. */
  private ByteBuffer taken(Section s, long size) throws IOException {
    budget.take(1 + size / BYTES_OF_A_STEP);
    return small(file, s.offset, s.size);
  }

  private static ByteBuffer decompressed(String name, ByteBuffer b, int size) throws IOException {
    Compression c =
        switch (b.getInt(0)) {
          case ZLIB -> Compression.ZLIB;
          case ZSTD -> Compression.ZSTD;
          default -> throw new IOException("section " + name + " has an unknown compression");
        };
    try {
      byte[] out =
          c.decompress(b.array(), COMPRESSION_HEADER, b.limit() - COMPRESSION_HEADER, size);
      return ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);
    } catch (CodecException e) {
      throw new IOException("section " + name + " is damaged: " + e.getMessage(), e);
    }
  }

  /** Build IDs in hexadecimal digits: the GNU build ID and the Go build ID. */
  public List<String> buildIds() throws IOException {
    List<String> out = new ArrayList<>();
    for (Section s : sections) {
      if (s.type == SHT_NOTE && s.size <= MAX_NOTES && out.size() < MAX_BUILD_IDS) {
        notes(bytes(s), out);
      }
    }
    return out;
  }

  /** File with debug information shared by this file and others. */
  public record Link(String path, String buildId) {}

  /**
   * Returns the supplementary file referenced by debug information, in GNU or DWARF 5 form; null if
   * the information is complete.
   */
  public @Nullable Link supplement() throws IOException {
    for (String name : List.of(".gnu_debugaltlink", ".debug_sup")) {
      Section s = section(name);
      if (s == null || s.size > MAX_NOTES) {
        continue;
      }
      ByteBuffer b = bytes(s);
      boolean isGnu = name.startsWith(".gnu");
      if (!isGnu && (b.limit() < SUPPLEMENT_HEADER || b.get(2) != 0)) {
        continue; // it is such a file itself
      }
      int start = isGnu ? 0 : SUPPLEMENT_HEADER;
      ByteBuffer text = slice(b, start, MAX_NOTES);
      int id = start + text.remaining() + 1 + (isGnu ? 0 : 1); // with its length
      String path = StandardCharsets.UTF_8.decode(text).toString();
      if (!path.isEmpty() && id < b.limit()) {
        byte[] bytes = new byte[Math.min(b.limit() - id, MAX_BUILD_ID)];
        b.get(id, bytes);
        return new Link(path, HexFormat.of().formatHex(bytes));
      }
    }
    return null;
  }

  private static void notes(ByteBuffer b, List<String> out) {
    int at = 0;
    while (at + NOTE_HEADER <= b.limit() && out.size() < MAX_BUILD_IDS) {
      long nameSize = b.getInt(at) & 0xffff_ffffL;
      long size = b.getInt(at + 4) & 0xffff_ffffL;
      int kind = b.getInt(at + 8);
      long start = at + NOTE_HEADER + (nameSize + 3 & ~3L);
      if (start + size > b.limit()) {
        return;
      }
      String name =
          nameSize == ID_NAME_SIZE && size <= MAX_BUILD_ID
              ? StandardCharsets.UTF_8.decode(slice(b, at + NOTE_HEADER, ID_NAME_SIZE)).toString()
              : "";
      if (kind == GNU_BUILD_ID && name.equals("GNU") || kind == GO_BUILD_ID && name.equals("Go")) {
        byte[] id = new byte[(int) size];
        b.get((int) start, id);
        out.add(HexFormat.of().formatHex(id));
      }
      at = (int) Math.min(b.limit(), start + (size + 3 & ~3L));
    }
  }

  /** Bytes at an address, fewer when the segment ends before. */
  public ByteBuffer bytes(long address, long length) throws IOException {
    for (Segment s : segments) {
      if (address >= s.address && address < s.address + s.fileSize) {
        return read(
            s.offset + address - s.address, Math.min(length, s.address + s.fileSize - address));
      }
    }
    throw new IOException("address 0x" + Long.toHexString(address) + " is not in the file");
  }

  /** File offset of an address; -1 if it is not in the file. */
  public long fileOffset(long address) {
    for (Segment s : segments) {
      if (address >= s.address && address < s.address + s.fileSize) {
        return s.offset + address - s.address;
      }
    }
    return -1;
  }

  /** Address of an offset in the file within an executable segment; -1 if it has none. */
  public long addressOf(long offset) {
    for (Segment s : segments) {
      if (s.executable && offset >= s.offset && offset < s.offset + s.fileSize) {
        return s.address + offset - s.offset;
      }
    }
    return -1;
  }

  /**
   * Address in the file of an address in the memory of a process; -1 if it has none.
   *
   * @param start start address of the mapping in memory; 0 if the address is already a file address
   * @param limit end of the mapping
   * @param offset file offset of the mapping
   */
  public long addressOf(long address, long start, long limit, long offset) {
    boolean mapped = start != 0 && address >= start && address < limit;
    if (isFixed() || !mapped) {
      return isExecutable(address) ? address : -1;
    }
    long inFile = address - start + offset;
    long found = addressOf(inFile);
    if (found >= 0) {
      return found;
    }
    for (Segment s : segments) { // files of debug information keep addresses, but no offsets
      long virtual = (s.address & -PAGE) + address - start;
      if (s.executable && s.fileSize == 0 && isExecutable(virtual)) {
        return virtual;
      }
    }
    return -1;
  }

  private boolean isExecutable(long address) {
    for (Segment s : segments) {
      if (s.executable && address >= s.address && address - s.address < s.memorySize) {
        return true;
      }
    }
    return false;
  }

  /** Whether a section is a table of symbols with a table of their names. */
  private boolean hasSymbols(Section s) {
    return (s.type == SHT_SYMTAB || s.type == SHT_DYNSYM)
        && s.link >= 0
        && s.link < sections.size();
  }

  /**
   * Reads the functions of all symbol tables that are defined in this file. Tables are read part by
   * part, since the tables of large programs take many megabytes.
   */
  public void functions(FunctionHandler to) throws IOException {
    ByteBuffer symbols = ByteBuffer.allocate(SYMBOLS * SYMBOL).order(ByteOrder.LITTLE_ENDIAN);
    for (Section s : sections) {
      if (!hasSymbols(s)) {
        continue;
      }
      if (s.offset < 0 || s.size < 0 || s.offset > file.size() - s.size) {
        throw new IOException("table of symbols " + s.name + " is not in the file");
      }
      long table = (long) s.link << Integer.SIZE;
      for (long done = 0; done + SYMBOL <= s.size; done += symbols.limit()) {
        symbols
            .clear()
            .limit((int) Math.min(symbols.capacity(), (s.size - done) / SYMBOL * SYMBOL));
        fill(file, s.offset + done, symbols);
        budget.take(symbols.limit() / SYMBOL);
        for (int at = 0; at < symbols.limit(); at += SYMBOL) {
          int type = symbols.get(at + 4) & 15;
          if ((type == STT_FUNC || type == STT_GNU_IFUNC) && symbols.getShort(at + 6) != 0) {
            long address = symbols.getLong(at + 8);
            if (address != 0) {
              to.accept(
                  address, symbols.getLong(at + 16), table | symbols.getInt(at) & 0xffff_ffffL);
            }
          }
        }
      }
    }
  }

  /**
   * Name of a function; empty if its offset is outside the table of names.
   *
   * @param name its offset
   * @param most maximum length in bytes, beyond which it is cut
   */
  public String functionName(long name, int most) throws IOException {
    Section s = sections.get((int) (name >>> Integer.SIZE));
    long offset = name & 0xffff_ffffL;
    if (offset >= s.size) {
      return "";
    }
    ByteBuffer b = read(s.offset + offset, Math.min(most, s.size - offset));
    ByteBuffer text = slice(b, 0, most);
    budget.takeBytes(text.remaining());
    return StandardCharsets.UTF_8.decode(text).toString();
  }

  /**
   * Variant of {@link #functions} with names, which are read as a whole.
   *
   * @param most maximum length of a name in bytes; functions with longer names are omitted
   */
  public void namedFunctions(int most, NamedFunctionHandler to) throws IOException {
    Map<Integer, ByteBuffer> tables = new HashMap<>();
    functions(
        (address, size, name) -> {
          int table = (int) (name >>> Integer.SIZE);
          ByteBuffer names = tables.get(table);
          if (names == null) {
            names = bytes(sections.get(table));
            tables.put(table, names);
          }
          ByteBuffer text = slice(names, (int) name, most + 1);
          budget.take(text.remaining() / BYTES_OF_A_STEP);
          if (text.remaining() <= most) {
            to.accept(address, size, text);
          }
        });
  }

  /** Addresses of symbols defined in this file, by name; other names are omitted. */
  public Map<String, Long> addresses(Set<String> names) throws IOException {
    Map<String, Long> out = new HashMap<>();
    for (Section s : sections) {
      if (out.size() == names.size() || !hasSymbols(s)) {
        continue;
      }
      ByteBuffer symbols = bytes(s);
      ByteBuffer texts = bytes(sections.get(s.link));
      for (int at = 0; at + SYMBOL <= symbols.limit() && out.size() < names.size(); at += SYMBOL) {
        if (symbols.getShort(at + 6) != 0) {
          budget.take(1);
          ByteBuffer name = slice(texts, symbols.getInt(at), LONGEST_WANTED + 1);
          if (name.remaining() <= LONGEST_WANTED) {
            String text = StandardCharsets.ISO_8859_1.decode(name).toString();
            if (names.contains(text)) {
              out.put(text, symbols.getLong(at + 8));
            }
          }
        }
      }
    }
    return out;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
