package dev.tethys.collect.observe.profile;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.collect.observe.process.ProcessMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Locations in the memory of a CPython interpreter for finding the functions of a thread.
 *
 * <p>They differ by version: offsets of 2.7 and of 3.6 to 3.12 come from its headers; since 3.13
 * the interpreter provides them (_Py_DebugOffsets).
 */
final class PythonFunctions {
  private static final Pattern FILE = Pattern.compile(".*/(?:lib)?python(\\d)\\.(\\d{1,3})[^/]*");
  private static final int LONGEST_NAME = 512;
  private static final int COOKIE_OFFSETS = 40 * 8;

  /** Kinds of detecting the state of a thread (profile.c). */
  private static final int BY_MEMORY = 0;

  private static final int BY_NUMBER = 1;
  private static final int RUNNING = 2;

  /**
   * Offsets; those below 0 do not exist.
   *
   * @param root offset of the pointer to the first interpreter, relative to the symbol
   * @param entryValue value of the mark between functions; 0 if another value marks a function
   */
  private record Layout(
      String symbol,
      int root,
      int threads,
      int next,
      int id,
      int kind,
      int frame,
      int current,
      int code,
      int previous,
      int entry,
      int entryValue,
      int name,
      boolean wide) {}

  private final Layout layout;
  private final long root;
  private final int compact;

  private PythonFunctions(Layout layout, long root, int compact) {
    this.layout = layout;
    this.root = root;
    this.compact = compact;
  }

  private static @Nullable Layout layout(int major, int minor) {
    if (major == 2) {
      return minor == 7
          ? new Layout(
              "_PyThreadState_Current", 0, -1, 0, 0, RUNNING, 16, -1, 32, 24, -1, 0, 88, false)
          : null;
    }
    return switch (minor) {
      case 6 ->
          new Layout(
              "_PyThreadState_Current", 0, -1, 0, 0, RUNNING, 24, -1, 32, 24, -1, 0, 104, true);
      case 7 ->
          new Layout("_PyRuntime", 24, 8, 8, 176, BY_MEMORY, 24, -1, 32, 24, -1, 0, 104, true);
      case 8, 9, 10 ->
          new Layout("_PyRuntime", 32, 8, 8, 176, BY_MEMORY, 24, -1, 32, 24, -1, 0, 112, true);
      case 11 ->
          new Layout("_PyRuntime", 40, 16, 8, 160, BY_NUMBER, 56, 8, 32, 48, 68, 0, 128, true);
      case 12 -> new Layout("_PyRuntime", 40, 72, 8, 144, BY_NUMBER, 56, 0, 0, 8, 70, 3, 128, true);
      case 13 -> new Layout("_PyRuntime", 0, 0, 0, 0, BY_NUMBER, 0, -1, 0, 0, 0, 3, 0, true);
      default -> null;
    };
  }

  /** True for the path of a file that may contain the interpreter. */
  static boolean isCandidate(String path) {
    return FILE.matcher(path).matches();
  }

  /**
   * Finds the interpreter in a file of a process.
   *
   * @param path path of the file as seen by the process
   * @param file its content
   * @param bias difference between its addresses in memory and in the file
   * @return null if the file has none, or one of an unknown version
   */
  static @Nullable PythonFunctions of(Path proc, int pid, String path, ElfFile file, long bias)
      throws IOException {
    Matcher m = FILE.matcher(path);
    if (!m.matches()) {
      return null;
    }
    int minor = Integer.parseInt(m.group(2));
    Layout l = layout(Integer.parseInt(m.group(1)), minor);
    if (l == null) {
      return null;
    }
    Long symbol = file.addresses(Set.of(l.symbol)).get(l.symbol);
    if (symbol == null) {
      return null;
    }
    if (minor == 13) {
      l = described(proc, pid, bias + symbol);
    }
    return new PythonFunctions(l, bias + symbol + l.root, minor >= 12 ? 40 : 48);
  }

  private static Layout described(Path proc, int pid, long runtime) throws IOException {
    ByteBuffer b;
    try (ProcessMemory memory = ProcessMemory.open(proc, pid)) {
      b = memory.bytes(runtime, COOKIE_OFFSETS);
    }
    if (!StandardCharsets.ISO_8859_1.decode(b.slice(0, 8)).toString().equals("xdebugpy")
        || b.getLong(8) >>> 16 != 0x030d) {
      throw new IOException("the interpreter does not describe its structures");
    }
    // struct _Py_DebugOffsets: 3 words, then those of each structure, the first is its size.
    int runtimeState = 3;
    int interpreter = runtimeState + 3;
    int thread = interpreter + 13;
    int frame = thread + 9;
    int code = frame + 6;
    return new Layout(
        "_PyRuntime",
        word(b, runtimeState + 2),
        word(b, interpreter + 3),
        word(b, thread + 2),
        word(b, thread + 6),
        BY_NUMBER,
        word(b, thread + 4),
        -1,
        word(b, frame + 2),
        word(b, frame + 1),
        word(b, frame + 5),
        3,
        word(b, code + 3),
        true);
  }

  private static int word(ByteBuffer b, int index) throws IOException {
    long v = b.getLong(8 * index);
    if (v < 0 || v > 1 << 20) {
      throw new IOException("the interpreter's structure description has an unknown format");
    }
    return (int) v;
  }

  /** Writes struct python of profile.c. */
  void describe(ByteBuffer to) {
    to.putLong(root);
    int[] numbers = {
      layout.threads,
      layout.next,
      layout.id,
      layout.kind,
      layout.frame,
      layout.current,
      layout.code,
      layout.previous,
      layout.entry,
      layout.entryValue
    };
    for (int n : numbers) {
      to.putInt(n);
    }
  }

  /** Returns the function name of a code object; null if there is none at the address. */
  @Nullable String name(ProcessMemory memory, long code) {
    try {
      long text = memory.word(code + layout.name);
      long length = memory.word(text + 16);
      if (length <= 0 || length > LONGEST_NAME) {
        return null;
      }
      if (!layout.wide) {
        return read(memory, text + 36, (int) length, StandardCharsets.ISO_8859_1);
      }
      int state = memory.bytes(text + 32, 4).getInt(0);
      int kind = state >> 2 & 7;
      boolean ascii = (state >> 6 & 1) != 0;
      long at = text + (ascii ? compact : compact + (compact == 40 ? 16 : 24));
      return switch (kind) {
        case 1 -> read(memory, at, (int) length, StandardCharsets.ISO_8859_1);
        case 2 -> read(memory, at, 2 * (int) length, StandardCharsets.UTF_16LE);
        default -> null;
      };
    } catch (IOException e) {
      return null; // freed in the meantime
    }
  }

  private static @Nullable String read(ProcessMemory memory, long at, int length, Charset of)
      throws IOException {
    String s = of.decode(memory.bytes(at, length)).toString();
    return s.chars().anyMatch(Character::isISOControl) ? null : s;
  }

  /** True for names of the functions of C that run functions of Python. */
  static boolean runsFunctions(String name) {
    return name.startsWith("_PyEval_EvalFrameDefault") || name.startsWith("PyEval_EvalFrameEx");
  }
}
