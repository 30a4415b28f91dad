package dev.tethys.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Deflater;

/** ELF files of x86-64 whose sections are small in the file and large, or endless, to a reader. */
public final class HostileElf {
  /** Address of the code in all files. */
  public static final long CODE = 0x401000;

  private static final int HEAD = 64;
  private static final int SEGMENT = 56;
  private static final int MEBIBYTE = 1 << 20;
  private static final int PROGBITS = 1;
  private static final int SYMBOLS = 2;
  private static final int NOTE = 7;
  private static final int COMPRESSED = 0x800;

  private record Section(String name, int type, int flags, int link, byte[] content) {}

  private final List<Section> sections = new ArrayList<>();
  private String sharedName = "";
  private int shared;

  private HostileElf() {}

  private HostileElf section(String name, byte[] content) {
    sections.add(new Section(name, PROGBITS, 0, 0, content));
    return this;
  }

  /** Adds a section of equal bytes after decompression. */
  private HostileElf compressed(String name, byte[] start, byte fill, long size) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteBuffer head = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    out.writeBytes(head.putInt(1).putInt(0).putLong(size).putLong(1).array());
    byte[] piece = new byte[MEBIBYTE];
    byte[] packed = new byte[MEBIBYTE];
    for (long done = 0; done < size; done += piece.length) {
      int length = (int) Math.min(piece.length, size - done);
      Arrays.fill(piece, fill);
      if (done == 0) {
        System.arraycopy(start, 0, piece, 0, start.length);
      }
      deflater.setInput(piece, 0, length);
      if (done + length == size) {
        deflater.finish();
      }
      for (int n = deflater.deflate(packed); n > 0; n = deflater.deflate(packed)) {
        out.write(packed, 0, n);
      }
    }
    deflater.end();
    sections.add(new Section(name, PROGBITS, COMPRESSED, 0, out.toByteArray()));
    return this;
  }

  /** Adds a build id as written by GNU linkers to the file. */
  public HostileElf withBuildId(String hex) {
    byte[] id = HexFormat.of().parseHex(hex);
    ByteBuffer b = ByteBuffer.allocate(16 + id.length).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(4)
        .putInt(id.length)
        .putInt(3)
        .put("GNU\0".getBytes(StandardCharsets.US_ASCII))
        .put(id);
    sections.add(new Section(".note.gnu.build-id", NOTE, 0, 0, b.array()));
    return this;
  }

  /** Creates section headers with the same long name, which takes 4 GB if each has its own copy. */
  public static HostileElf oneLongName() {
    HostileElf e = new HostileElf();
    e.sharedName = "x".repeat(MEBIBYTE);
    e.shared = 4000;
    return e;
  }

  /** Creates nine sections with debug information, each of the given size after decompression. */
  public static HostileElf largeSections(long size) {
    HostileElf e = new HostileElf();
    for (String name :
        List.of(
            ".debug_info",
            ".debug_line",
            ".debug_str",
            ".debug_line_str",
            ".debug_str_offsets",
            ".debug_addr",
            ".debug_abbrev",
            ".debug_ranges",
            ".debug_rnglists")) {
      e.compressed(name, new byte[0], (byte) 0, size);
    }
    return e;
  }

  /** Creates a unit whose only abbreviation has many attributes: a kilobyte per million. */
  public static HostileElf manyAttributes(int attributes) {
    return new HostileElf()
        .section(".debug_info", unit(0, new byte[] {1}))
        .section(".debug_line", new byte[0])
        // code 1, tag compile_unit, no children, then pairs of equal bytes
        .compressed(".debug_abbrev", new byte[] {1, 0x11, 0}, (byte) 0x0b, 3 + 2L * attributes);
  }

  /** Creates many units, each with a name in a section without any NUL. */
  public static HostileElf textsWithoutEnd(int units, long size) {
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    for (int i = 0; i < units; i++) {
      // abbreviation 1: name, line number program, folder, by offsets
      ByteBuffer b = ByteBuffer.allocate(13).order(ByteOrder.LITTLE_ENDIAN);
      info.writeBytes(unit(0, b.put((byte) 1).putInt(0).putInt(i).putInt(i).array()));
    }
    byte[] abbreviations = {1, 0x11, 0, 3, 0x0e, 0x10, 0x17, 0x1b, 0x0e, 0, 0, 0};
    return new HostileElf()
        .section(".debug_info", info.toByteArray())
        .section(".debug_line", new byte[0])
        .section(".debug_abbrev", abbreviations)
        .compressed(".debug_str", new byte[0], (byte) 'a', size);
  }

  /** Creates a line number program with the largest number of rows that fits the size. */
  public static HostileElf manyRows(int size) {
    ByteBuffer head = ByteBuffer.allocate(29).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(size - 4).putShort((short) 4).putInt(19);
    head.put(new byte[] {1, 1, 1, -5, 14, 13}).put(new byte[] {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1});
    // special opcodes: each is a row
    return new HostileElf()
        .section(".debug_info", new byte[0])
        .compressed(".debug_line", head.array(), (byte) 0x20, size);
  }

  /** Creates symbol tables of functions that all contain every address. */
  public static HostileElf overlappingSymbols(int symbols, int tables) {
    HostileElf e = new HostileElf();
    ByteBuffer b = ByteBuffer.allocate(24 * symbols).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < symbols; i++) {
      b.putInt(1).put((byte) 2).put((byte) 0).putShort((short) 1);
      b.putLong(CODE).putLong(1 << 30);
    }
    e.section(".strtab", ("\0" + "f".repeat(MEBIBYTE)).getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < tables; i++) {
      e.sections.add(new Section(".symtab", SYMBOLS, 0, 1, b.array()));
    }
    return e;
  }

  /** Creates unwind entries that each refer to another common entry consisting only of padding. */
  public static HostileElf unwindEntries(int functions, int padding) {
    ByteBuffer b =
        ByteBuffer.allocate(20 * functions + padding + 32).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < functions; i++) {
      int at = b.position();
      // length, distance to the common entry, start, length of the function
      int common = 20 * functions + 4 * (i % (padding / 8));
      b.putInt(16).putInt(at + 4 - common).putInt(0x1000 + i).putInt(4).putInt(0);
    }
    return new HostileElf().section(".eh_frame", b.array());
  }

  private static byte[] unit(int abbreviations, byte[] entries) {
    ByteBuffer b = ByteBuffer.allocate(11 + entries.length).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(7 + entries.length).putShort((short) 4).putInt(abbreviations).put((byte) 8);
    return b.put(entries).array();
  }

  /** Returns the bytes of the file. */
  public byte[] bytes() {
    int count = sections.size() + shared + 2;
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    names.write(0);
    int sharedAt = names.size();
    names.writeBytes((sharedName + "\0").getBytes(StandardCharsets.US_ASCII));
    int heads = HEAD + SEGMENT;
    int at = heads + count * HEAD;
    ByteBuffer table = ByteBuffer.allocate(count * HEAD).order(ByteOrder.LITTLE_ENDIAN);
    table.position(HEAD);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    byte[] last = null;
    int lastAt = at;
    for (Section s : sections) {
      int name = names.size();
      names.writeBytes((s.name + "\0").getBytes(StandardCharsets.US_ASCII));
      if (s.content != last) { // equal tables are one part of the file
        lastAt = at + content.size();
        content.writeBytes(s.content);
        last = s.content;
      }
      head(table, name, s, lastAt);
    }
    for (int i = 0; i < shared; i++) {
      head(table, sharedAt, new Section("", PROGBITS, 0, 0, new byte[0]), heads);
    }
    byte[] texts = names.toByteArray();
    head(table, 0, new Section("", PROGBITS, 0, 0, texts), at + content.size());
    ByteBuffer head = ByteBuffer.allocate(heads).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
    head.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1).putLong(24, CODE);
    head.putLong(32, HEAD).putLong(40, heads).putShort(52, (short) HEAD);
    head.putShort(54, (short) SEGMENT).putShort(56, (short) 1).putShort(58, (short) HEAD);
    head.putShort(60, (short) count).putShort(62, (short) (count - 1));
    head.putInt(HEAD, 1).putInt(HEAD + 4, 5).putLong(HEAD + 16, CODE).putLong(HEAD + 24, CODE);
    head.putLong(HEAD + 32, 0x1000).putLong(HEAD + 40, 1 << 30);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head.array());
    out.writeBytes(table.array());
    out.writeBytes(content.toByteArray());
    out.writeBytes(texts);
    return out.toByteArray();
  }

  private static void head(ByteBuffer to, int name, Section s, int at) {
    int start = to.position();
    to.putInt(name).putInt(s.type).putLong(s.flags).putLong(0).putLong(at);
    to.putLong(s.content.length).putInt(s.link).putInt(0).putLong(1).putLong(24);
    to.position(start + HEAD);
  }
}
