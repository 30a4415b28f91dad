package dev.tethys.collect.observe.profile;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.collect.observe.process.ProcessMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Places of fields and sizes of structures of a Java virtual machine (HotSpot), by the description
 * that libjvm.so exports for debuggers (gHotSpotVMStructs, gHotSpotVMTypes). Every number of it is
 * checked: it is read from the memory of a process.
 */
final class HotSpotStructs {
  private static final int MAX_STRUCTS = 20_000;

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

  /**
   * Structure field.
   *
   * @param offset bytes from the start of the structure
   * @param address address, for static fields
   */
  record Field(long offset, long address, String type) {}

  private final Map<String, Field> fields = new HashMap<>();
  private final Map<String, Long> sizes = new HashMap<>();

  private HotSpotStructs() {}

  /**
   * Reads the description from the memory of a process.
   *
   * @param library the process's libjvm.so
   * @param bias difference between its addresses in memory and in the file
   * @throws IOException if the process has ended, or its structures are not understood
   */
  static HotSpotStructs of(ProcessMemory memory, ElfFile library, long bias) throws IOException {
    HotSpotStructs s = new HotSpotStructs();
    Map<String, Long> symbols = library.addresses(Set.copyOf(SYMBOLS));
    if (symbols.size() < SYMBOLS.size()) {
      throw new IOException("libjvm.so does not describe its structures");
    }
    Map<String, Long> values = new HashMap<>();
    for (Map.Entry<String, Long> e : symbols.entrySet()) {
      values.put(e.getKey().substring("gHotSpotVM".length()), memory.word(bias + e.getValue()));
    }
    s.readFields(memory, values);
    s.readSizes(memory, values);
    return s;
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
      throw new IOException(name + " of the virtual machine is not recognized: " + v);
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
            throw new IOException("offset of " + name + " is not recognized: " + place);
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
            throw new IOException("size of " + t + " is not recognized: " + bytes);
          }
          sizes.put(t, bytes);
        });
  }

  /** Receives an entry of a JVM table. */
  @FunctionalInterface
  private interface EntryHandler {
    /**
     * @param type type of the entry
     * @param at index of the entry in the bytes
     */
    void accept(String type, ByteBuffer bytes, int at) throws IOException;
  }

  /**
   * Passes on the entries of a table that are of types of interest, up to the one without a type.
   *
   * @param names names already read, by address
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

  /**
   * Text at an address.
   *
   * @param names names already read, by address
   */
  static String name(ProcessMemory memory, Map<Long, String> names, long address)
      throws IOException {
    String known = names.get(address);
    if (known == null) {
      known = memory.text(address);
      names.put(address, known);
    }
    return known;
  }

  boolean hasField(String name) {
    return fields.containsKey(name);
  }

  /**
   * A field by its structure and name: {@code Method._constMethod}.
   *
   * @throws IOException if the virtual machine does not describe it
   */
  Field field(String name) throws IOException {
    Field f = fields.get(name);
    if (f == null) {
      throw new IOException("the virtual machine has no field " + name);
    }
    return f;
  }

  /** Bytes from the start of its structure to a field. */
  long offset(String name) throws IOException {
    return field(name).offset;
  }

  /** Returns the size of a structure in bytes. */
  long size(String type) throws IOException {
    Long s = sizes.get(type);
    if (s == null) {
      throw new IOException("the virtual machine has no type " + type);
    }
    return s;
  }
}
