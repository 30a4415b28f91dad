package dev.tethys.collect.observe.kernel;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Compiled program group: a light skeleton of bpftool without its C. It is a loader program for the
 * kernel and the data that the program reads: it creates the maps and loads the programs, in the
 * order of the names.
 *
 * @param maps names of the maps
 * @param programs names of the programs
 * @param data memory of the loader program
 * @param instructions loader program
 */
record ProgramBlob(
    String group, List<String> maps, List<String> programs, byte[] data, byte[] instructions) {
  private static final int MAGIC = 0x54425046; // "TBPF"

  /** Longest part of a file; a whole group has some 20 kB. */
  private static final int MAX_PART = 1 << 22;

  /**
   * The group of this name for the processor of this machine.
   *
   * @throws ProgramLoadException if this build has none
   */
  static ProgramBlob ofGroup(String group) throws ProgramLoadException {
    String architecture =
        switch (System.getProperty("os.arch", "")) {
          case "amd64", "x86_64" -> "x86_64";
          default -> System.getProperty("os.arch", "unknown");
        };
    String name = architecture + "/" + group + ".bpf";
    try (InputStream in = ProgramBlob.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new ProgramLoadException(
            "this build has no eBPF program group " + group + " for " + architecture);
      }
      return parse(group, in.readAllBytes());
    } catch (IOException e) {
      throw new ProgramLoadException("resource " + name + " is damaged: " + e.getMessage());
    }
  }

  /**
   * Parses a file.
   *
   * @throws IOException if it is invalid, or truncated
   */
  static ProgramBlob parse(String group, byte[] file) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(file));
    if (in.readInt() != MAGIC) {
      throw new IOException("not a file of eBPF programs");
    }
    return new ProgramBlob(group, names(in), names(in), part(in), part(in));
  }

  private static List<String> names(DataInputStream in) throws IOException {
    int count = in.readUnsignedShort();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(in.readUTF());
    }
    return List.copyOf(names);
  }

  private static byte[] part(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > MAX_PART) {
      throw new IOException("a part of " + length + " bytes; at most " + MAX_PART + " are allowed");
    }
    byte[] b = new byte[length];
    in.readFully(b);
    return b;
  }
}
