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
import org.jspecify.annotations.Nullable;

/**
 * Compiled code of a Java virtual machine (HotSpot), read from its memory by the description of its
 * structures that libjvm.so exports for debuggers (gHotSpotVMStructs). The process is not involved
 * and does not notice.
 */
final class HotSpotCode {
  /** Frame of the interpreter: the method is a word below the frame pointer (profile.c). */
  static final int INTERPRETED = 5;

  private static final int MAX_HEAPS = 16;
  private static final int MAX_BLOBS = 200_000;

  /** Segments of a heap that are read: 512 MB of code. */
  private static final int MAX_SEGMENTS = 1 << 22;

  private static final int LONGEST_NAME = 512;

  /** Bytes of the memory that are read at a time. */
  private static final int WINDOW = 16 << 10;

  private static final int MAX_SHIFT = 24;
  private static final int MAX_NAMES = 2_000;

  /** Names are kept for as long: the memory of a class is used again when it was unloaded. */
  private static final long NAMES_NANOS = 60_000_000_000L;

  /** Piece of code: a compiled method, the interpreter, a stub. */
  private static final class Blob {
    final long start;
    final long end;
    final int prefix; // bytes before its first instruction
    final String name;
    final long method; // address of the method, 0 without one
    final int id; // of the compilation: a place is used again
    final int words; // size of its frame with the return address
    final int complete; // offset of the instruction from which the frame is complete
    @Nullable String label;

    Blob(
        long start,
        long end,
        int prefix,
        String name,
        long method,
        int id,
        int words,
        int complete) {
      this.start = start;
      this.end = end;
      this.prefix = prefix;
      this.name = name;
      this.method = method;
      this.id = id;
      this.words = words;
      this.complete = complete;
    }

    boolean isSameAs(Blob o) {
      return start == o.start
          && end == o.end
          && name.equals(o.name)
          && method == o.method
          && id == o.id
          && words == o.words
          && complete == o.complete;
    }
  }

  /**
   * Code heap. The virtual machine has a byte for each of its segments, which is 0 if a piece of
   * code begins. Only parts of the heap whose bytes have changed are read.
   */
  private static final class Heap {
    static final int SEGMENTS_OF_A_PART = 256;
    static final Blob[] NONE = {};

    final long address;
    long low;
    int shift;
    long[] seen = {}; // hash of the bytes of each part; 0 for one that is to be read
    Blob[][] parts = {};

    Heap(long address) {
      this.address = address;
    }

    void resize(int count) {
      int before = parts.length;
      seen = Arrays.copyOf(seen, count);
      parts = Arrays.copyOf(parts, count);
      for (int i = before; i < count; i++) {
        parts[i] = NONE;
      }
    }

    /** Returns the part that contains an address; may be outside. */
    int partOf(long at) {
      return (int) Math.min(Integer.MAX_VALUE, (at - low >> shift) / SEGMENTS_OF_A_PART);
    }

    /** Piece of code at an address; null without one. */
    @Nullable Blob at(long wanted) {
      for (int i = Math.min(parts.length - 1, partOf(wanted)); i >= 0; i--) {
        Blob[] part = parts[i];
        for (int k = part.length - 1; k >= 0; k--) {
          if (wanted >= part[k].start) {
            return wanted < part[k].end ? part[k] : null;
          }
        }
      }
      return null;
    }
  }

  private final Path proc;
  private final int pid;
  private final HotSpotStructs structs;
  private final Map<Long, String> blobNames = new HashMap<>();
  private final Map<Long, String> names = new HashMap<>(); // by address of the method
  private long namedSince = System.nanoTime();
  private List<Heap> heaps = List.of();
  private final Rules rules = new Rules();
  private long low;
  private long high;
  private int partsRead;
  private int blobs;
  private boolean changed; // since the rules were made
  private @Nullable BlobFields blobFields;

  private HotSpotCode(Path proc, int pid, HotSpotStructs structs) {
    this.proc = proc;
    this.pid = pid;
    this.structs = structs;
  }

  /**
   * Reads the virtual machine's description of its structures.
   *
   * @param library the process's libjvm.so
   * @param bias difference between its addresses in memory and in the file
   * @throws IOException if the process has ended, or its structures are not understood
   */
  static HotSpotCode of(Path proc, int pid, ElfFile library, long bias) throws IOException {
    try (ProcessMemory memory = ProcessMemory.open(proc, pid)) {
      return new HotSpotCode(proc, pid, HotSpotStructs.of(memory, library, bias));
    }
  }

  /** Reads the compiled code that is new; returns true if there is some. */
  boolean refresh() throws IOException {
    try (ProcessMemory memory = ProcessMemory.open(proc, pid)) {
      partsRead = 0;
      List<Heap> found = findHeaps(memory);
      changed |= found.size() != heaps.size();
      heaps = found;
      blobs = found.stream().flatMap(h -> Arrays.stream(h.parts)).mapToInt(p -> p.length).sum();
      long highest = 0;
      for (Heap h : found) {
        long space = h.address + structs.offset("CodeHeap._memory");
        long end = memory.word(space + structs.offset("VirtualSpace._high"));
        highest = Math.max(highest, end);
        readHeap(memory, h, end);
      }
      changed |= highest != high;
      low = found.isEmpty() ? 0 : found.getFirst().low;
      high = highest;
      boolean isNew = changed;
      if (isNew) {
        makeRules();
        changed = false;
      }
      return isNew;
    }
  }

  /** Heaps by address of their memory; known ones keep their data. */
  private List<Heap> findHeaps(ProcessMemory memory) throws IOException {
    long list = memory.word(structs.field("CodeCache._heaps").address());
    int count = memory.bytes(list + structs.offset("GrowableArrayBase._len"), 4).getInt(0);
    long data = memory.word(list + structs.offset("GrowableArray<int>._data"));
    List<Heap> found = new ArrayList<>();
    for (int i = 0; i < Math.clamp(count, 0, MAX_HEAPS); i++) {
      long address = memory.word(data + 8L * i);
      Heap heap =
          heaps.stream()
              .filter(h -> h.address == address)
              .findFirst()
              .orElseGet(() -> new Heap(address));
      heap.low =
          memory.word(
              address + structs.offset("CodeHeap._memory") + structs.offset("VirtualSpace._low"));
      heap.shift =
          memory.bytes(address + structs.offset("CodeHeap._log2_segment_size"), 4).getInt(0);
      if (heap.shift < 0 || heap.shift > MAX_SHIFT) {
        throw new IOException("size of segments is not recognized: 2^" + heap.shift);
      }
      found.add(heap);
    }
    found.sort((a, b) -> Long.compare(a.low, b.low));
    return found;
  }

  private void makeRules() {
    rules.count = 0;
    long end = low;
    for (Heap h : heaps) {
      for (Blob[] part : h.parts) {
        for (Blob b : part) {
          if (b.start >= end && b.end - low <= 0xffff_ffffL) {
            addRows(b, low, end, rules);
            end = b.end;
          }
        }
      }
    }
    rules.add(UnwindTable.row(end - low, UnwindTable.UNKNOWN, 0, 0));
  }

  /**
   * Reads the parts of a heap that have changed.
   *
   * @param end end of the used memory
   */
  private void readHeap(ProcessMemory memory, Heap heap, long end) throws IOException {
    long map =
        memory.word(
            heap.address
                + structs.offset("CodeHeap._segmap")
                + structs.offset("VirtualSpace._low"));
    int segments = (int) Math.clamp(end - heap.low >> heap.shift, 0, MAX_SEGMENTS);
    int count = Math.ceilDiv(segments, Heap.SEGMENTS_OF_A_PART);
    changed |= count != heap.parts.length;
    heap.resize(count);
    BlobReader reader = new BlobReader(memory, heap, end, WINDOW);
    ProcessMemory.Window window = memory.new Window(WINDOW);
    ByteBuffer bytes = window.buffer();
    for (int from = 0; from < segments; from += WINDOW) {
      int read = Math.min(WINDOW, segments - from);
      int first = window.at(map + from, read);
      for (int at = 0; at < read; at += Heap.SEGMENTS_OF_A_PART) {
        int length = Math.min(Heap.SEGMENTS_OF_A_PART, read - at);
        int part = (from + at) / Heap.SEGMENTS_OF_A_PART;
        long hash = hash(bytes, first + at, length);
        if (hash != heap.seen[part]) {
          partsRead++;
          Blob[] before = heap.parts[part];
          Blob[] found =
              reader.read(bytes, first + at, length, heap.low + ((long) (from + at) << heap.shift));
          if (!Arrays.equals(before, found, (a, b) -> a.isSameAs(b) ? 0 : 1)) {
            blobs += found.length - before.length;
            heap.parts[part] = found;
            changed = true;
          }
          heap.seen[part] = reader.complete ? hash : 0;
        }
      }
    }
  }

  /** Hashes a byte range; never 0. */
  private static long hash(ByteBuffer b, int from, int length) {
    long h = length;
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      h = (h ^ b.getLong(from + i)) * 0x9e3779b97f4a7c15L;
      h ^= h >>> 29;
    }
    for (; i < length; i++) {
      h = (h ^ b.get(from + i)) * 0x9e3779b97f4a7c15L;
      h ^= h >>> 29;
    }
    return h | 1;
  }

  /** Parts of the heaps that the last {@link #refresh} read. */
  int partsRead() {
    return partsRead;
  }

  /** Returns the number of heap parts. */
  int parts() {
    return heaps.stream().mapToInt(h -> h.parts.length).sum();
  }

  /** Reader of the pieces of code of a heap. */
  private final class BlobReader {
    private final BlobFields fields = blobFields();
    private final int header = fields.header;
    private final int used = fields.used;
    private final int bytes = fields.bytes;
    private final ProcessMemory memory;
    private final ProcessMemory.Window window;
    private final Heap heap;
    private final long end;
    private boolean complete;

    /**
     * @param end end of the used memory
     * @param size bytes that are read at a time
     */
    BlobReader(ProcessMemory memory, Heap heap, long end, int size) throws IOException {
      this.memory = memory;
      this.heap = heap;
      this.end = end;
      window = memory.new Window(Math.max(size, bytes));
    }

    /**
     * Reads the pieces that begin in a part.
     *
     * @param segments bytes of the segments
     * @param at index of the part in them
     * @param address code address of the first segment
     */
    Blob[] read(ByteBuffer segments, int at, int length, long address) throws IOException {
      complete = true;
      List<Blob> found = new ArrayList<>();
      for (int i = 0; i < length; i++) {
        if (segments.get(at + i) == 0 && blobs + found.size() < MAX_BLOBS) {
          Blob b = blob(address + ((long) i << heap.shift));
          if (b != null) {
            found.add(b);
          }
        }
      }
      return found.isEmpty() ? Heap.NONE : found.toArray(Blob[]::new);
    }

    /** Piece in a block; null if the block is free or being written. */
    @Nullable Blob blob(long block) throws IOException {
      if (block + bytes > end) {
        return null;
      }
      int at = window.at(block, bytes);
      ByteBuffer b = window.buffer();
      if (b.get(at + used) == 0) {
        return null;
      }
      at += header;
      long address = block + header;
      int size = b.getInt(at + fields.size);
      long start =
          fields.hasAddress ? b.getLong(at + fields.code) : address + b.getInt(at + fields.code);
      long last = address + size;
      if (size <= 0 || start < address || start >= last) {
        complete = false;
        return null;
      }
      String name = HotSpotStructs.name(memory, blobNames, b.getLong(at + fields.name));
      boolean isMethod = name.equals("nmethod") || name.equals("native nmethod");
      long method = isMethod ? b.getLong(at + fields.method) : 0;
      complete &= !isMethod || method != 0;
      int frame = at + (int) fields.complete.offset();
      return new Blob(
          start,
          last,
          (int) (start - block),
          name,
          method,
          isMethod && fields.id > 0 ? b.getInt(at + fields.id) : 0,
          b.getInt(at + fields.words),
          fields.complete.type().equals("int16_t") ? b.getShort(frame) : b.getInt(frame));
    }
  }

  /** Exception for fields that the process places outside its memory. */
  private static IOException outside() {
    return new IOException("a field of the virtual machine is outside of its structure");
  }

  /** Field offsets of a code blob. */
  private final class BlobFields {
    final int method = (int) methodOffset();
    final int id =
        structs.hasField("nmethod._compile_id") ? (int) structs.offset("nmethod._compile_id") : 0;
    final int size = (int) structs.offset("CodeBlob._size");
    final boolean hasAddress = structs.hasField("CodeBlob._code_begin");
    final int code =
        (int) structs.offset(hasAddress ? "CodeBlob._code_begin" : "CodeBlob._code_offset");
    final int name = (int) structs.offset("CodeBlob._name");
    final int words = (int) structs.offset("CodeBlob._frame_size");
    final HotSpotStructs.Field complete = structs.field("CodeBlob._frame_complete_offset");

    final int header = (int) structs.size("HeapBlock");
    final int used = (int) structs.offset("HeapBlock::Header._used");

    /** Size of a block up to the last field. */
    final int bytes =
        header + (int) Math.max(structs.size("CodeBlob"), Math.max(method, id) + Long.BYTES);

    BlobFields() throws IOException {
      long last = Math.max(Math.max(size, words), complete.offset()) + Integer.BYTES;
      if (Math.max(last, Math.max(code, name) + Long.BYTES) > bytes - header || used >= bytes) {
        throw outside();
      }
    }
  }

  private BlobFields blobFields() throws IOException {
    BlobFields f = blobFields;
    if (f == null) {
      f = new BlobFields();
      blobFields = f;
    }
    return f;
  }

  private long methodOffset() throws IOException {
    return structs.offset(
        structs.hasField("nmethod._method") ? "nmethod._method" : "CompiledMethod._method");
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

  /**
   * Rules of all code, relative to {@link #low}; valid until the next {@link #refresh}.
   *
   * @return an array whose first {@link #rowCount} numbers are rules
   */
  long[] rows() {
    return rules.values;
  }

  int rowCount() {
    return rules.count;
  }

  /** Returns the start address of the code memory. */
  long low() {
    return low;
  }

  /** True for addresses in the memory of the code. */
  boolean contains(long address) {
    return address >= low && address < high;
  }

  /** Name of the piece of code at an address; null without one. */
  @Nullable String nameAt(ProcessMemory memory, long address) {
    for (Heap h : heaps) {
      Blob known = h.at(address);
      if (known != null) {
        Blob b = current(memory, h, known);
        if (b.label == null) {
          b.label = b.method != 0 ? methodName(memory, b.method) : b.name;
        }
        return b.label;
      }
    }
    unknown(address);
    return null;
  }

  /** Makes the next {@link #refresh} read an address that had no code. */
  void unknown(long address) {
    for (Heap h : heaps) {
      int part = h.partOf(address);
      if (part >= 0 && part < h.seen.length) {
        h.seen[part] = 0;
      }
    }
  }

  /**
   * The current piece of code: another one of the same length may have replaced it, which the
   * segment bytes do not show.
   */
  private Blob current(ProcessMemory memory, Heap heap, Blob known) {
    try {
      long block = known.start - known.prefix;
      BlobReader reader = new BlobReader(memory, heap, Long.MAX_VALUE, 0);
      Blob now = reader.blob(block);
      if (now == null || now.isSameAs(known)) {
        return known;
      }
      int part = heap.partOf(block);
      heap.seen[part] = 0; // its rules change, too
      return now;
    } catch (IOException e) {
      return known; // the process has ended
    }
  }

  /** Name of a method as class.method; null if there is none at the address. */
  @Nullable String methodName(ProcessMemory memory, long method) {
    try {
      if (System.nanoTime() - namedSince > NAMES_NANOS) {
        names.clear();
        namedSince = System.nanoTime();
      }
      String known = names.get(method);
      if (known != null) {
        return known;
      }
      long constant = memory.word(method + structs.offset("Method._constMethod"));
      long pool = memory.word(constant + structs.offset("ConstMethod._constants"));
      int index =
          memory.bytes(constant + structs.offset("ConstMethod._name_index"), 2).getShort(0)
              & 0xffff;
      long holder = memory.word(pool + structs.offset("ConstantPool._pool_holder"));
      String type = symbol(memory, memory.word(holder + structs.offset("Klass._name")));
      String name = symbol(memory, memory.word(pool + structs.size("ConstantPool") + 8L * index));
      if (type.isEmpty() || name.isEmpty()) {
        return null;
      }
      String found = type.replace('/', '.') + "." + name;
      if (names.size() < MAX_NAMES) {
        names.put(method, found);
      }
      return found;
    } catch (IOException e) {
      return null; // unloaded in the meantime
    }
  }

  private String symbol(ProcessMemory memory, long address) throws IOException {
    int length = memory.bytes(address + structs.offset("Symbol._length"), 2).getShort(0) & 0xffff;
    if (length == 0 || length > LONGEST_NAME) {
      return "";
    }
    ByteBuffer b = memory.bytes(address + structs.offset("Symbol._body"), length);
    return StandardCharsets.UTF_8.decode(b).toString();
  }
}
