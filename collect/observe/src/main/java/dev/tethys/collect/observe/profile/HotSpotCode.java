package dev.tethys.collect.observe.profile;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.UnwindTable;
import dev.tethys.collect.observe.process.ProcessMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compiled code of a Java virtual machine (HotSpot), read from its memory by the description of its
 * structures that libjvm.so exports for debuggers (gHotSpotVMStructs). The process is not asked and
 * does not notice.
 */
final class HotSpotCode {
  /** Frame of the interpreter: the method is a word below the frame pointer (profile.c). */
  static final int INTERPRETED = 5;

  private static final int MAX_BLOBS = 200_000;
  private static final int MAX_STRUCTS = 20_000;
  private static final int LONGEST_NAME = 512;

  /** Bytes of the memory that are read at a time. */
  private static final int WINDOW = 16 << 10;

  private static final List<String> SYMBOLS =
      List.of(
          "gHotSpotVMStructs",
          "gHotSpotVMStructEntryArrayStride",
          "gHotSpotVMStructEntryTypeNameOffset",
          "gHotSpotVMStructEntryFieldNameOffset",
          "gHotSpotVMStructEntryTypeStringOffset",
          "gHotSpotVMStructEntryOffsetOffset",
          "gHotSpotVMStructEntryAddressOffset",
          "gHotSpotVMTypes",
          "gHotSpotVMTypeEntryArrayStride",
          "gHotSpotVMTypeEntryTypeNameOffset",
          "gHotSpotVMTypeEntrySizeOffset");

  private static final Set<String> TYPES =
      Set.of(
          "CodeCache",
          "CodeHeap",
          "VirtualSpace",
          "CodeBlob",
          "nmethod",
          "CompiledMethod",
          "Method",
          "ConstMethod",
          "ConstantPool",
          "Klass",
          "Symbol",
          "HeapBlock",
          "HeapBlock::Header",
          "GrowableArrayBase",
          "GrowableArray<int>");

  private static final int MAX_STRIDE = 1024;
  private static final int MAX_SIZE = 1 << 16; // of a structure
  private static final int MAX_SHIFT = 24;

  private record Field(long offset, long address, String type) {}

  /**
   * Piece of code: a compiled method, the interpreter, a stub.
   *
   * @param method address of the method, 0 without one
   * @param words size of its frame with the return address
   * @param complete offset of the instruction from which the frame is complete
   */
  private record Blob(long start, long end, String name, long method, int words, int complete) {}

  private final Path proc;
  private final int pid;
  private final Map<String, Field> fields = new HashMap<>();
  private final Map<String, Long> sizes = new HashMap<>();
  private final Map<Long, String> blobNames = new HashMap<>();
  private List<Blob> blobs = List.of();
  private long[] rows = new long[0];
  private long low;
  private long high;

  private HotSpotCode(Path proc, int pid) {
    this.proc = proc;
    this.pid = pid;
  }

  /**
   * Reads the description of the structures.
   *
   * @param library libjvm.so as the process has it
   * @param bias what its addresses in memory are more than those in the file
   * @throws IOException when the process has ended, or its structures are not understood
   */
  static HotSpotCode of(Path proc, int pid, Path library, long bias) throws IOException {
    HotSpotCode h = new HotSpotCode(proc, pid);
    Map<String, Long> symbols;
    try (ElfFile elf = ElfFile.open(library)) {
      symbols = elf.addresses(Set.copyOf(SYMBOLS));
    }
    if (symbols.size() < SYMBOLS.size()) {
      throw new IOException("libjvm.so does not describe its structures");
    }
    try (ProcessMemory memory = ProcessMemory.open(proc, pid)) {
      Map<String, Long> values = new HashMap<>();
      for (Map.Entry<String, Long> e : symbols.entrySet()) {
        values.put(e.getKey().substring("gHotSpotVM".length()), memory.word(bias + e.getValue()));
      }
      h.readFields(memory, values);
      h.readSizes(memory, values);
    }
    return h;
  }

  /** Distance between entries of an array; all are 0 while the library is being loaded. */
  private static int stride(Map<String, Long> values, String name) throws IOException {
    return number(values, name, Long.BYTES, MAX_STRIDE);
  }

  /** Offset of a word in an entry. */
  private static int at(Map<String, Long> values, String name, int stride) throws IOException {
    return number(values, name, 0, stride - Long.BYTES);
  }

  private static int number(Map<String, Long> values, String name, int least, int most)
      throws IOException {
    Long v = values.get(name);
    if (v == null || v < least || v > most) {
      throw new IOException(name + " of the virtual machine is not understood: " + v);
    }
    return v.intValue();
  }

  private void readFields(ProcessMemory memory, Map<String, Long> values) throws IOException {
    int stride = stride(values, "StructEntryArrayStride");
    int type = at(values, "StructEntryTypeNameOffset", stride);
    int field = at(values, "StructEntryFieldNameOffset", stride);
    int form = at(values, "StructEntryTypeStringOffset", stride);
    int offset = at(values, "StructEntryOffsetOffset", stride);
    int address = at(values, "StructEntryAddressOffset", stride);
    Map<Long, String> names = new HashMap<>();
    long start = values.getOrDefault("Structs", 0L);
    entries(
        memory,
        names,
        start,
        stride,
        type,
        (t, b, at) -> {
          String name = t + "." + name(memory, names, b.getLong(at + field));
          long place = b.getLong(at + offset);
          if (place < 0 || place > MAX_SIZE) {
            throw new IOException("offset of " + name + " is not understood: " + place);
          }
          String formName = name(memory, names, b.getLong(at + form));
          fields.put(name, new Field(place, b.getLong(at + address), formName));
        });
  }

  private void readSizes(ProcessMemory memory, Map<String, Long> values) throws IOException {
    int stride = stride(values, "TypeEntryArrayStride");
    int type = at(values, "TypeEntryTypeNameOffset", stride);
    int size = at(values, "TypeEntrySizeOffset", stride);
    long start = values.getOrDefault("Types", 0L);
    entries(
        memory,
        new HashMap<>(),
        start,
        stride,
        type,
        (t, b, at) -> {
          long bytes = b.getLong(at + size);
          if (bytes < 0 || bytes > MAX_SIZE) {
            throw new IOException("size of " + t + " is not understood: " + bytes);
          }
          sizes.put(t, bytes);
        });
  }

  /** Receives an entry of a table of the virtual machine. */
  @FunctionalInterface
  private interface EntryHandler {
    /**
     * @param type that the entry is of
     * @param at index of the entry in the bytes
     */
    void accept(String type, ByteBuffer bytes, int at) throws IOException;
  }

  /**
   * Passes on the entries of a table that are of types of interest, up to the one without a type.
   *
   * @param names that were read, by address
   * @param start address of the table
   * @param stride bytes of an entry
   * @param type offset of the type's name in an entry
   */
  private void entries(
      ProcessMemory memory,
      Map<Long, String> names,
      long start,
      int stride,
      int type,
      EntryHandler to)
      throws IOException {
    ProcessMemory.Window window = memory.new Window(WINDOW);
    ByteBuffer b = window.buffer();
    for (int i = 0; i < MAX_STRUCTS; i++) {
      int at = window.at(start + (long) i * stride, stride);
      String t = name(memory, names, b.getLong(at + type));
      if (t.isEmpty()) {
        return;
      }
      if (TYPES.contains(t)) {
        to.accept(t, b, at);
      }
    }
  }

  private static String name(ProcessMemory memory, Map<Long, String> names, long address)
      throws IOException {
    String known = names.get(address);
    if (known == null) {
      known = memory.text(address);
      names.put(address, known);
    }
    return known;
  }

  private Field field(String name) throws IOException {
    Field f = fields.get(name);
    if (f == null) {
      throw new IOException("the virtual machine has no field " + name);
    }
    return f;
  }

  private long offset(String name) throws IOException {
    return field(name).offset;
  }

  private long size(String type) throws IOException {
    Long s = sizes.get(type);
    if (s == null) {
      throw new IOException("the virtual machine has no type " + type);
    }
    return s;
  }

  /** Reads the compiled code again. */
  void refresh() throws IOException {
    try (ProcessMemory memory = ProcessMemory.open(proc, pid)) {
      long heaps = memory.word(field("CodeCache._heaps").address);
      int count = memory.bytes(heaps + offset("GrowableArrayBase._len"), 4).getInt(0);
      long data = memory.word(heaps + offset("GrowableArray<int>._data"));
      List<Blob> found = new ArrayList<>();
      Rules table = new Rules();
      long lowest = Long.MAX_VALUE;
      long highest = 0;
      long[] spaces = new long[2 * Math.clamp(count, 0, 16)];
      for (int i = 0; i < spaces.length; i += 2) {
        long heap = memory.word(data + 8L * (i / 2));
        long space = heap + offset("CodeHeap._memory");
        spaces[i] = heap;
        spaces[i + 1] = memory.word(space + offset("VirtualSpace._low"));
        lowest = Math.min(lowest, spaces[i + 1]);
        highest = Math.max(highest, memory.word(space + offset("VirtualSpace._high")));
      }
      for (int i = 0; i < spaces.length; i += 2) {
        readHeap(memory, spaces[i], found);
      }
      found.sort((a, b) -> Long.compare(a.start, b.start));
      long end = lowest;
      for (Blob b : found) {
        if (b.start < end || b.end - lowest > 0xffff_ffffL) {
          continue;
        }
        addRows(b, lowest, end, table);
        end = b.end;
      }
      table.add(UnwindTable.row(end - lowest, UnwindTable.UNKNOWN, 0, 0));
      blobs = found;
      low = lowest;
      high = highest;
      rows = table.toArray();
    }
  }

  private void readHeap(ProcessMemory memory, long heap, List<Blob> to) throws IOException {
    long space = heap + offset("CodeHeap._memory");
    long at = memory.word(space + offset("VirtualSpace._low"));
    long end = memory.word(space + offset("VirtualSpace._high"));
    int shift = memory.bytes(heap + offset("CodeHeap._log2_segment_size"), 4).getInt(0);
    if (shift < 0 || shift > MAX_SHIFT) {
      throw new IOException("size of segments is not understood: 2^" + shift);
    }
    Field length = field("HeapBlock::Header._length");
    int used = (int) offset("HeapBlock::Header._used");
    int header = (int) size("HeapBlock");
    BlobFields f = new BlobFields();
    int bytes = header + (int) Math.max(size("CodeBlob"), f.method + Long.BYTES);
    f.requireWithin(bytes - header);
    if (Math.max(length.offset + Long.BYTES, used + 1) > bytes) {
      throw outside();
    }
    ProcessMemory.Window window = memory.new Window(Math.max(WINDOW, bytes));
    ByteBuffer b = window.buffer();
    while (at + bytes <= end && to.size() < MAX_BLOBS) {
      int start = window.at(at, bytes);
      long segments =
          length.type.equals("uint32_t")
              ? b.getInt(start + (int) length.offset) & 0xffff_ffffL
              : b.getLong(start + (int) length.offset);
      if (segments <= 0 || segments > end - at >> shift) {
        return; // the end of what is in use
      }
      if (b.get(start + used) != 0) {
        add(memory, at + header, b, start + header, f, to);
      }
      at += segments << shift;
    }
  }

  /** The process says where its fields are. */
  private static IOException outside() {
    return new IOException("a field of the virtual machine is outside of its structure");
  }

  /** Places of the fields of a piece of code. */
  private final class BlobFields {
    final int method = (int) methodOffset();
    final int size = (int) offset("CodeBlob._size");
    final boolean hasAddress = fields.containsKey("CodeBlob._code_begin");
    final int code = (int) offset(hasAddress ? "CodeBlob._code_begin" : "CodeBlob._code_offset");
    final int name = (int) offset("CodeBlob._name");
    final int words = (int) offset("CodeBlob._frame_size");
    final Field complete = field("CodeBlob._frame_complete_offset");

    BlobFields() throws IOException {}

    void requireWithin(int bytes) throws IOException {
      long last = Math.max(Math.max(size, words), complete.offset) + Integer.BYTES;
      if (Math.max(last, Math.max(code, name) + Long.BYTES) > bytes) {
        throw outside();
      }
    }
  }

  private long methodOffset() throws IOException {
    Field f = fields.get("nmethod._method");
    return f != null ? f.offset : offset("CompiledMethod._method");
  }

  /**
   * Adds a piece of code.
   *
   * @param address its own
   * @param at its index in the bytes
   */
  private void add(
      ProcessMemory memory, long address, ByteBuffer b, int at, BlobFields f, List<Blob> to)
      throws IOException {
    int size = b.getInt(at + f.size);
    long start = f.hasAddress ? b.getLong(at + f.code) : address + b.getInt(at + f.code);
    long end = address + size;
    if (size <= 0 || start < address || start >= end) {
      return; // being written
    }
    String name = name(memory, blobNames, b.getLong(at + f.name));
    boolean isMethod = name.equals("nmethod") || name.equals("native nmethod");
    int complete = at + (int) f.complete.offset;
    to.add(
        new Blob(
            start,
            end,
            name,
            isMethod ? b.getLong(at + f.method) : 0,
            b.getInt(at + f.words),
            f.complete.type.equals("int16_t") ? b.getShort(complete) : b.getInt(complete)));
  }

  /** Growing array of rules. */
  private static final class Rules {
    private long[] values = new long[1 << 10];
    private int count;

    void add(long rule) {
      if (count == values.length) {
        values = Arrays.copyOf(values, 2 * count);
      }
      values[count++] = rule;
    }

    long[] toArray() {
      return Arrays.copyOf(values, count);
    }
  }

  /** Rules of a piece of code. */
  private static void addRows(Blob b, long lowest, long end, Rules to) {
    if (b.start > end) {
      to.add(UnwindTable.row(end - lowest, UnwindTable.UNKNOWN, 0, 0));
    }
    long at = b.start - lowest;
    if (b.name.equals("Interpreter")) {
      to.add(UnwindTable.row(at, INTERPRETED, 0, 0));
      return;
    }
    if (b.words <= 0 || b.words > Short.MAX_VALUE) {
      to.add(UnwindTable.row(at, UnwindTable.CHAIN, 0, 0)); // stubs set the frame pointer
      return;
    }
    if (b.complete > 0 && b.start + b.complete < b.end) {
      to.add(UnwindTable.row(at, UnwindTable.STACK_POINTER, 1, 0));
      at += b.complete;
    }
    to.add(UnwindTable.row(at, UnwindTable.STACK_POINTER, b.words, -2));
  }

  /** Rules of all code, relative to {@link #low}. */
  long[] rows() {
    return rows;
  }

  /** Start of the memory of the code. */
  long low() {
    return low;
  }

  /** True for addresses in the memory of the code. */
  boolean contains(long address) {
    return address >= low && address < high;
  }

  /** Name of the piece of code at an address; null without one. */
  @Nullable String nameAt(ProcessMemory memory, long address) {
    int from = 0;
    int to = blobs.size() - 1;
    while (from <= to) {
      int middle = (from + to) >>> 1;
      Blob b = blobs.get(middle);
      if (address < b.start) {
        to = middle - 1;
      } else if (address >= b.end) {
        from = middle + 1;
      } else {
        return b.method != 0 ? methodName(memory, b.method) : b.name;
      }
    }
    return null;
  }

  /** Name of a method as class.method; null when there is none at the address. */
  @Nullable String methodName(ProcessMemory memory, long method) {
    try {
      long constant = memory.word(method + offset("Method._constMethod"));
      long pool = memory.word(constant + offset("ConstMethod._constants"));
      int index =
          memory.bytes(constant + offset("ConstMethod._name_index"), 2).getShort(0) & 0xffff;
      long holder = memory.word(pool + offset("ConstantPool._pool_holder"));
      String type = symbol(memory, memory.word(holder + offset("Klass._name")));
      String name = symbol(memory, memory.word(pool + size("ConstantPool") + 8L * index));
      return type.isEmpty() || name.isEmpty() ? null : type.replace('/', '.') + "." + name;
    } catch (IOException e) {
      return null; // unloaded in the meantime
    }
  }

  private String symbol(ProcessMemory memory, long address) throws IOException {
    int length = memory.bytes(address + offset("Symbol._length"), 2).getShort(0) & 0xffff;
    if (length == 0 || length > LONGEST_NAME) {
      return "";
    }
    ByteBuffer b = memory.bytes(address + offset("Symbol._body"), length);
    return StandardCharsets.UTF_8.decode(b).toString();
  }
}
