package dev.tethys.pipeline.receiver.pprof;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Threads of this process, including virtual ones, in place of a Go program's goroutines. */
public final class ThreadDump {
  private static final ValueType THREADS = new ValueType("goroutine", "count");
  private static final long MAX_BYTES = 64L << 20;

  private ThreadDump() {}

  /** Dumps each thread with its stack, in the JVM's format. */
  public static byte[] text() throws IOException {
    return dump(ThreadDumpFormat.TEXT_PLAIN);
  }

  /** Stacks with their thread counts, in descending order. */
  public static String summary() throws IOException {
    Map<List<Frame>, Long> stacks = stacks();
    StringBuilder sb = new StringBuilder("threads: total ");
    sb.append(stacks.values().stream().mapToLong(Long::longValue).sum()).append('\n');
    stacks.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .forEach(
            e -> {
              sb.append('\n').append(e.getValue()).append(" @\n");
              for (Frame f : e.getKey()) {
                sb.append("#\t").append(f.function());
                if (!f.file().isEmpty()) {
                  sb.append('\t').append(f.file()).append(':').append(f.line());
                }
                sb.append('\n');
              }
            });
    return sb.toString();
  }

  /** Dumps the threads as a gzipped profile. */
  public static byte[] profile(long timeNanos) throws IOException {
    PprofWriter w = new PprofWriter(THREADS);
    stacks().forEach((stack, n) -> w.add(stack, n));
    return w.toGzip(timeNanos, 0, THREADS, 1);
  }

  private static Map<List<Frame>, Long> stacks() throws IOException {
    byte[] json = dump(ThreadDumpFormat.JSON);
    Map<List<Frame>, Long> stacks = new LinkedHashMap<>();
    Object dump = member(JsonValues.read(json, 0, json.length), "threadDump");
    for (Object container : list(member(dump, "threadContainers"))) {
      for (Object thread : list(member(container, "threads"))) {
        List<Frame> stack = new ArrayList<>();
        list(member(thread, "stack")).forEach(f -> stack.add(frame(String.valueOf(f))));
        stacks.merge(stack, 1L, Long::sum);
      }
    }
    return stacks;
  }

  private static @Nullable Object member(@Nullable Object of, String name) {
    return of instanceof Attributes a ? a.get(name) : null;
  }

  private static List<@Nullable Object> list(@Nullable Object o) {
    List<@Nullable Object> all = new ArrayList<>();
    if (o instanceof ArrayValue a) {
      for (int i = 0; i < a.size(); i++) {
        all.add(a.get(i));
      }
    }
    return all;
  }

  /**
   * Reads a frame as {@link StackTraceElement#toString} has it: {@code
   * loader/module@version/class.method(file:line)}, in which the name of a hidden class contains a
   * slash before its number.
   */
  public static Frame frame(String text) {
    int open = text.indexOf('(');
    String function = open < 0 ? text : text.substring(0, open);
    int slash = function.lastIndexOf('/');
    if (slash >= 0 && function.startsWith("0x", slash + 1)) {
      slash = function.lastIndexOf('/', slash - 1);
    }
    function = function.substring(slash + 1);
    int dot = function.lastIndexOf('.');
    if (dot > 0) {
      function = function.substring(0, dot).replace('.', '/') + function.substring(dot);
    }
    int colon = text.lastIndexOf(':');
    if (open < 0 || colon < open || !text.endsWith(")")) {
      return new Frame(function, 0);
    }
    return new Frame(
        function,
        text.substring(open + 1, colon),
        Integer.parseInt(text, colon + 1, text.length() - 1, 10));
  }

  private static byte[] dump(ThreadDumpFormat format) throws IOException {
    // The virtual machine only writes to files, which must not exist.
    Path folder = Files.createTempDirectory("tethys-own-");
    Path file = folder.resolve("threads");
    try {
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpThreads(file.toAbsolutePath().toString(), format);
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException("the stacks of all threads are more than " + MAX_BYTES + " bytes");
      }
      return Files.readAllBytes(file);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }
}
