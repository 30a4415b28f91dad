package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Programs and maps of one group in the kernel, with their attachments. The kernel removes all of
 * it when the descriptors are closed, at the latest with this process.
 *
 * <p>Loading runs the group's loader program in the kernel (BPF_PROG_TYPE_SYSCALL), as the light
 * skeletons of libbpf do (tools/lib/bpf/skel_internal.h); it needs Linux 5.17 or newer.
 */
public final class LoadedPrograms implements AutoCloseable {
  private static final int MAP_CREATE = 0;
  private static final int MAP_UPDATE_ELEM = 2;
  private static final int PROG_LOAD = 5;
  private static final int PROG_TEST_RUN = 10;
  private static final int PROG_TYPE_SYSCALL = 31;
  private static final int MAP_TYPE_ARRAY = 2;
  private static final int F_SLEEPABLE = 1 << 4;
  private static final int ATTRIBUTES = 152; // union bpf_attr of Linux 6.x; unused bytes are 0

  /** Layout of struct bpf_loader_ctx, bpf_map_desc and bpf_prog_desc. */
  private static final int CONTEXT_HEADER = 24;

  private static final int MAP_DESCRIPTION = 16;
  private static final int PROGRAM_DESCRIPTION = 4;
  private static final int LOG_BYTES = 1 << 20;

  private final ProgramBlob blob;
  private final int[] mapDescriptors;
  private final int[] programDescriptors;
  private final List<Attachment> attachments = new ArrayList<>();
  private boolean closed;

  private LoadedPrograms(ProgramBlob blob, int[] mapDescriptors, int[] programDescriptors) {
    this.blob = blob;
    this.mapDescriptors = mapDescriptors;
    this.programDescriptors = programDescriptors;
  }

  /**
   * Loads a group.
   *
   * @param group name of its source file
   * @param sizes maximum entries of maps by name, for maps whose compiled size does not fit
   * @throws ProgramLoadException with the reason
   */
  public static LoadedPrograms load(String group, Map<String, Integer> sizes)
      throws ProgramLoadException {
    return load(ProgramBlob.ofGroup(group), sizes);
  }

  static LoadedPrograms load(ProgramBlob blob, Map<String, Integer> sizes)
      throws ProgramLoadException {
    for (String map : sizes.keySet()) {
      if (!blob.maps().contains(map)) {
        throw new IllegalArgumentException("group " + blob.group() + " has no map " + map);
      }
    }
    return run(blob, sizes, false);
  }

  private static LoadedPrograms run(ProgramBlob blob, Map<String, Integer> sizes, boolean logged)
      throws ProgramLoadException {
    int data = -1;
    int loader = -1;
    try (Arena arena = Arena.ofConfined()) {
      data = dataMap(arena, blob);
      MemorySegment log = arena.allocate(logged ? LOG_BYTES : 8, 8);
      loader = loaderProgram(arena, blob, data);
      MemorySegment context = context(arena, blob, sizes, logged ? log : null);
      MemorySegment run = arena.allocate(ATTRIBUTES, 8);
      run.set(JAVA_INT, 0, loader);
      run.set(JAVA_INT, 40, (int) context.byteSize());
      run.set(JAVA_LONG, 48, context.address());
      SystemCalls.bpf("BPF_PROG_TEST_RUN", PROG_TEST_RUN, run);
      int result = run.get(JAVA_INT, 4);
      if (result >= 0) {
        return new LoadedPrograms(
            blob,
            descriptors(context, CONTEXT_HEADER, blob.maps().size(), MAP_DESCRIPTION),
            descriptors(
                context,
                CONTEXT_HEADER + MAP_DESCRIPTION * blob.maps().size(),
                blob.programs().size(),
                PROGRAM_DESCRIPTION));
      }
      if (!logged && -result != Errno.EPERM) {
        return run(blob, sizes, true); // the same again, to learn why
      }
      throw new ProgramLoadException(
          "the kernel refused group "
              + blob.group()
              + ": "
              + Errno.text(-result)
              + (logged ? lastLine(log) : ""));
    } catch (LibraryException e) {
      throw new ProgramLoadException(reason(blob, e));
    } finally {
      if (data >= 0) {
        SystemCalls.close(data);
      }
      if (loader >= 0) {
        SystemCalls.close(loader);
      }
    }
  }

  private static String reason(ProgramBlob blob, LibraryException e) {
    String need =
        switch (e.errno()) {
          case Errno.EPERM -> "; CAP_BPF and CAP_PERFMON are needed";
          case Errno.EINVAL -> "; Linux 5.17 or newer is needed";
          default -> "";
        };
    return "group " + blob.group() + " cannot be loaded: " + e.getMessage() + need;
  }

  private static int dataMap(Arena arena, ProgramBlob blob) throws LibraryException {
    MemorySegment create = arena.allocate(ATTRIBUTES, 8);
    create.set(JAVA_INT, 0, MAP_TYPE_ARRAY);
    create.set(JAVA_INT, 4, 4);
    create.set(JAVA_INT, 8, blob.data().length);
    create.set(JAVA_INT, 12, 1);
    create.setString(28, "__loader.map");
    int map = SystemCalls.bpf("BPF_MAP_CREATE", MAP_CREATE, create);
    MemorySegment value = arena.allocate(blob.data().length, 8);
    MemorySegment.copy(blob.data(), 0, value, JAVA_BYTE, 0, blob.data().length);
    MemorySegment update = arena.allocate(ATTRIBUTES, 8);
    update.set(JAVA_INT, 0, map);
    update.set(JAVA_LONG, 8, arena.allocate(4, 4).address()); // key 0
    update.set(JAVA_LONG, 16, value.address());
    try {
      SystemCalls.bpf("BPF_MAP_UPDATE_ELEM", MAP_UPDATE_ELEM, update);
    } catch (LibraryException e) {
      SystemCalls.close(map);
      throw e;
    }
    return map;
  }

  private static int loaderProgram(Arena arena, ProgramBlob blob, int data)
      throws LibraryException {
    MemorySegment instructions = arena.allocate(blob.instructions().length, 8);
    MemorySegment.copy(
        blob.instructions(), 0, instructions, JAVA_BYTE, 0, blob.instructions().length);
    MemorySegment maps = arena.allocate(4, 4);
    maps.set(JAVA_INT, 0, data);
    MemorySegment load = arena.allocate(ATTRIBUTES, 8);
    load.set(JAVA_INT, 0, PROG_TYPE_SYSCALL);
    load.set(JAVA_INT, 4, blob.instructions().length / 8);
    load.set(JAVA_LONG, 8, instructions.address());
    load.set(JAVA_LONG, 16, arena.allocateFrom("Dual BSD/GPL").address());
    load.set(JAVA_INT, 44, F_SLEEPABLE);
    load.setString(48, "__loader.prog");
    load.set(JAVA_LONG, 120, maps.address());
    return SystemCalls.bpf("BPF_PROG_LOAD", PROG_LOAD, load);
  }

  private static MemorySegment context(
      Arena arena, ProgramBlob blob, Map<String, Integer> sizes, @Nullable MemorySegment log) {
    int size =
        CONTEXT_HEADER
            + MAP_DESCRIPTION * blob.maps().size()
            + PROGRAM_DESCRIPTION * blob.programs().size();
    MemorySegment context = arena.allocate(size, 8);
    context.set(JAVA_INT, 0, size);
    if (log != null) {
      context.set(JAVA_INT, 8, 1);
      context.set(JAVA_INT, 12, (int) log.byteSize());
      context.set(JAVA_LONG, 16, log.address());
    }
    for (int i = 0; i < blob.maps().size(); i++) {
      context.set(
          JAVA_INT,
          CONTEXT_HEADER + (long) MAP_DESCRIPTION * i + 4,
          sizes.getOrDefault(blob.maps().get(i), 0));
    }
    return context;
  }

  private static int[] descriptors(MemorySegment context, int from, int count, int step) {
    int[] out = new int[count];
    for (int i = 0; i < count; i++) {
      out[i] = context.get(JAVA_INT, from + (long) step * i);
    }
    return out;
  }

  /** The verifier's conclusion: the last line before the statistics. */
  private static String lastLine(MemorySegment log) {
    String[] lines = log.getString(0).split("\n", -1);
    for (int i = lines.length - 1; i >= 0; i--) {
      String line = lines[i].strip();
      if (!line.isEmpty() && !line.startsWith("processed ") && !line.startsWith("verification ")) {
        return " (" + line + ")";
      }
    }
    return "";
  }

  /** Whether the group has a map of this name. */
  public boolean has(String map) {
    return blob.maps().contains(map);
  }

  /** A map of the group. */
  public KernelMap map(String name) {
    return new KernelMap(mapDescriptors[index(blob.maps(), name)]);
  }

  private int program(String name) {
    return programDescriptors[index(blob.programs(), name)];
  }

  private int index(List<String> names, String name) {
    int i = names.indexOf(name);
    if (i < 0) {
      throw new IllegalArgumentException("group " + blob.group() + " has no " + name);
    }
    return i;
  }

  /** Whether the group has a program of this name. */
  public boolean hasProgram(String program) {
    return blob.programs().contains(program);
  }

  /**
   * Attaches a program to the tracepoint that it was compiled for (tp_btf), until the group is
   * closed.
   *
   * @throws ProgramLoadException with the reason
   */
  public void attachTracepoint(String program) throws ProgramLoadException {
    add(Attachment.tracepoint(program(program)));
  }

  /**
   * Attaches a program to the tracepoint that it was compiled for (tp_btf), until the attachment is
   * closed.
   *
   * @throws ProgramLoadException with the reason
   */
  public Attachment tracepoint(String program) throws ProgramLoadException {
    return Attachment.tracepoint(program(program));
  }

  /**
   * Attaches a program to an instruction of a file, in all processes that have it mapped.
   *
   * @param offset file offset of the instruction
   * @throws ProgramLoadException with the reason
   */
  public Attachment attachFileOffset(String program, Path file, long offset)
      throws ProgramLoadException {
    return Attachment.fileOffset(program(program), file, offset);
  }

  /**
   * Runs a program at intervals on a processor.
   *
   * @param frequency times per second
   * @throws ProgramLoadException with the reason
   */
  public void attachSampling(String program, int frequency, int processor)
      throws ProgramLoadException {
    add(Attachment.sampling(program(program), frequency, processor));
  }

  /**
   * Opens an iterator for reading.
   *
   * @throws ProgramLoadException with the reason
   */
  public KernelIterator iterator(String program) throws ProgramLoadException {
    return KernelIterator.of(program(program));
  }

  private synchronized void add(Attachment a) {
    if (closed) {
      a.close();
      throw new IllegalStateException("group " + blob.group() + " is closed");
    }
    attachments.add(a);
  }

  /** Detaches and removes everything. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    attachments.forEach(Attachment::close);
    for (int fd : programDescriptors) {
      SystemCalls.close(fd);
    }
    for (int fd : mapDescriptors) {
      SystemCalls.close(fd);
    }
  }
}
