package dev.tethys.collect.observe.profile;

import dev.tethys.collect.observe.process.MemoryReadings;
import dev.tethys.collect.observe.process.ProcessMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Frame names of a process in one round. Python functions replace the C functions that run them.
 */
final class FrameNames {
  /** Name of a frame without any information. */
  static final String UNKNOWN = "[unknown]";

  /** Marks of words that are not instruction addresses (profile.c). */
  private static final long METHOD = 1L << 62;

  private static final long CODE = 1L << 61;
  private static final long ENTRY = 1L << 60;
  private static final long ADDRESS = (1L << 47) - 1;

  private final Map<Long, String> names; // by address or by word with a mark

  private FrameNames(Map<Long, String> names) {
    this.names = names;
  }

  /**
   * Finds the names of all frames of some stacks.
   *
   * @return null if the process has ended
   */
  static @Nullable FrameNames of(
      Path proc,
      int pid,
      List<long[]> stacks,
      Symbolizer symbols,
      @Nullable HotSpotCode java,
      @Nullable PythonFunctions python) {
    TreeSet<Long> addresses = new TreeSet<>();
    TreeSet<Long> marked = new TreeSet<>();
    for (long[] stack : stacks) {
      for (int i = 0; i < stack.length; i++) {
        if ((stack[i] & (METHOD | CODE)) != 0) {
          marked.add(stack[i] & ~ENTRY);
        } else {
          addresses.add(address(stack, i));
        }
      }
    }
    Map<Long, String> found = symbols.names(pid, addresses, java);
    if (found == null) {
      return null;
    }
    Map<Long, String> names = new HashMap<>(found);
    if (!marked.isEmpty()) {
      names.putAll(
          MemoryReadings.process()
              .read(pid, () -> inMemory(proc, pid, marked, java, python), Map.of()));
    }
    return new FrameNames(names);
  }

  private static Map<Long, String> inMemory(
      Path proc,
      int pid,
      Set<Long> marked,
      @Nullable HotSpotCode java,
      @Nullable PythonFunctions python)
      throws IOException {
    Map<Long, String> names = new HashMap<>();
    try (ProcessMemory memory = ProcessMemory.open(proc, pid)) {
      for (long word : marked) {
        String name = null;
        if ((word & METHOD) != 0 && java != null) {
          name = java.methodName(memory, word & ADDRESS);
        } else if (python != null) {
          name = python.name(memory, word & ADDRESS);
        }
        if (name != null) {
          names.put(word, name);
        }
      }
    }
    return names;
  }

  /** A return address is the one after the call, which may be in the next function. */
  private static long address(long[] stack, int i) {
    return i == 0 ? stack[0] : stack[i] - 1;
  }

  /** Returns the frame names of a stack, innermost first. */
  List<String> frames(long[] stack) {
    List<String> out = new ArrayList<>();
    int python = 0;
    while (python < stack.length && (stack[python] & CODE) == 0) {
      python++;
    }
    int end = python;
    for (int i = 0; i < end; i++) {
      boolean isMethod = (stack[i] & METHOD) != 0;
      String name = names.getOrDefault(isMethod ? stack[i] : address(stack, i), UNKNOWN);
      if (name.equals(Symbolizer.NO_CODE)) {
        if (i > 0) {
          break; // the chain of frame pointers led nowhere
        }
        name = UNKNOWN;
      }
      if (python < stack.length && PythonFunctions.runsFunctions(name)) {
        boolean entry = false;
        while (python < stack.length && !entry) {
          entry = (stack[python] & ENTRY) != 0;
          out.add(names.getOrDefault(stack[python++] & ~ENTRY, UNKNOWN));
        }
      } else {
        out.add(name);
      }
    }
    for (; python < stack.length; python++) { // the chain ended before them
      out.add(names.getOrDefault(stack[python] & ~ENTRY, UNKNOWN));
    }
    return out;
  }
}
