package dev.tethys.tools;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.MergedPprof;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.pprof.SpeedscopeWriter;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileMerge;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** {@code profile}: reads, merges and compares files of pprof. */
final class ProfileCommands {
  private static final int MAX_BYTES = 1 << 30;

  private static final Flag SAMPLE_TYPE =
      Flag.of(
          "sample-type",
          Flag.Kind.STRING,
          "",
          "Sample type, such as cpu or inuse_space; else the last one of the files, as in pprof.");
  private static final Flag LIMIT =
      Flag.of("limit", Flag.Kind.INTEGER, "20", "Maximum number of rows; 0 for no limit.");
  private static final Flag CUMULATIVE =
      Flag.of("cum", Flag.Kind.BOOLEAN, "false", "Sort by the cumulative value.");
  private static final Flag OUTPUT =
      Flag.of("output", Flag.Kind.STRING, "", "File to write. Short: -o.");

  private static final Flag FORMAT =
      Flag.of("file-format", Flag.Kind.STRING, "pprof", "Format of the file: pprof or speedscope.");

  private ProfileCommands() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "profile top",
            "<file>...",
            "Print the functions of pprof files, merged, with the largest values. Values of a"
                + " function that calls itself count once in its cumulative value.",
            List.of(SAMPLE_TYPE, LIMIT, CUMULATIVE),
            1,
            Command.ANY,
            ProfileCommands::top),
        new Command(
            "profile tree",
            "<file>...",
            "Print the call tree of pprof files, merged. Each row has the cumulative and the own"
                + " value.",
            List.of(SAMPLE_TYPE, LIMIT),
            1,
            Command.ANY,
            ProfileCommands::tree),
        new Command(
            "profile diff",
            "<before> <after>",
            "Compare two pprof files. Functions are sorted by how much their share of the total"
                + " changed: by their own value, or with --cum by that with their callees.",
            List.of(SAMPLE_TYPE, LIMIT, CUMULATIVE),
            2,
            2,
            ProfileCommands::diff),
        new Command(
            "profile folded",
            "<file>...",
            "Print the stacks of pprof files, merged, one a line, the outermost frame first.",
            List.of(SAMPLE_TYPE),
            1,
            Command.ANY,
            ProfileCommands::folded),
        new Command(
            "profile export",
            "<file>...",
            "Merge pprof files and write one sample type as a file of pprof or speedscope.",
            List.of(SAMPLE_TYPE, OUTPUT, FORMAT),
            1,
            Command.ANY,
            ProfileCommands::export),
        UploadDebugInfo.command());
  }

  /** Profiles of one type in files. */
  private record Input(List<ProfileBatch> batches, ProfileLabels.Type type) {
    void read(ProfileReader to) {
      Samples samples = new Samples();
      for (ProfileBatch b : batches) {
        to.begin(b.symbols.view());
        for (int r = 0; r < b.rows.count; r++) {
          String id = b.series.get(b.rows.series[r]).get(ProfileLabels.PROFILE_TYPE);
          ProfileLabels.Type t = ProfileLabels.Type.parse(id);
          if (t != null && t.sampleType().equals(type.sampleType())) {
            b.rows.read(r, samples);
            to.profile(0, b.rows, r, samples);
          }
        }
        to.end();
      }
    }

    StackTree.Sorted tree() {
      StackTree tree = new StackTree(1);
      read(new StackMerge(tree, 0, List.of(), Map.of()));
      return tree.sorted();
    }
  }

  private static Input input(List<String> names, String sampleType) throws IOException {
    List<ProfileBatch> batches = new ArrayList<>();
    ProfileLabels.Type found = null;
    Set<String> known = new TreeSet<>();
    for (String name : names) {
      ProfileBatch b = batch(Path.of(name));
      batches.add(b);
      for (var labels : b.series) {
        ProfileLabels.Type t = ProfileLabels.Type.parse(labels.get(ProfileLabels.PROFILE_TYPE));
        if (t != null) {
          known.add(t.sampleType());
          found = sampleType.isEmpty() || t.sampleType().equals(sampleType) ? t : found;
        }
      }
    }
    if (found == null) {
      throw new IOException(
          "--sample-type is '" + sampleType + "'; the files have " + String.join(", ", known));
    }
    return new Input(batches, found);
  }

  private static ProfileBatch batch(Path file) throws IOException {
    ProfilesWriter out = new ProfilesWriter();
    try {
      PprofReader.read(Files.readAllBytes(file), MAX_BYTES, Map.of(), Map.of(), out);
      byte[] otlp = out.toByteArray();
      return ProfileBatchReader.read(
          new OtlpReader().profiles(otlp, 0, otlp.length), UnixNanos.now());
    } catch (CodecException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static Input input(Command.Arguments a) throws IOException {
    return input(a.operands(), a.flags().get(SAMPLE_TYPE.name()));
  }

  /** Own and cumulative values by function. */
  private static Map<String, long[]> functions(StackTree.Sorted t) {
    Map<String, long[]> out = new HashMap<>();
    for (int i = 1; i < t.size(); i++) {
      long[] v = out.computeIfAbsent(t.names()[i], _ -> new long[2]);
      v[0] += t.self()[0][i];
      if (!hasCaller(t, i)) {
        v[1] += t.total()[0][i];
      }
    }
    return out;
  }

  /** True if the function of a node is among its callers. */
  private static boolean hasCaller(StackTree.Sorted t, int node) {
    for (int p = t.parents()[node]; p != 0; p = t.parents()[p]) {
      if (t.names()[p].equals(t.names()[node])) {
        return true;
      }
    }
    return false;
  }

  private static int top(Command.Arguments a, Console console) throws IOException {
    Input in = input(a);
    StackTree.Sorted t = in.tree();
    int column = a.flags().bool(CUMULATIVE.name()) ? 1 : 0;
    List<Map.Entry<String, long[]>> rows = new ArrayList<>(functions(t).entrySet());
    rows.sort(
        Comparator.comparingLong((Map.Entry<String, long[]> e) -> -Math.abs(e.getValue()[column]))
            .thenComparingLong(e -> -Math.abs(e.getValue()[1 - column]))
            .thenComparing(Map.Entry::getKey));
    long total = t.total()[0][0];
    String unit = in.type.sampleUnit();
    PrintStream out = console.out();
    out.println("Type: " + in.type.sampleType());
    out.println("Total: " + value(total, unit));
    out.printf("%12s %7s %7s %12s %7s  %s%n", "flat", "flat%", "sum%", "cum", "cum%", "name");
    long sum = 0;
    for (Map.Entry<String, long[]> e : limited(rows, a)) {
      long[] v = e.getValue();
      sum += v[0];
      out.printf(
          "%12s %7s %7s %12s %7s  %s%n",
          value(v[0], unit),
          share(v[0], total),
          share(sum, total),
          value(v[1], unit),
          share(v[1], total),
          e.getKey());
    }
    return 0;
  }

  private static <T> List<T> limited(List<T> rows, Command.Arguments a) {
    long limit = a.flags().integer(LIMIT.name());
    return limit > 0 && rows.size() > limit ? rows.subList(0, (int) limit) : rows;
  }

  private static String share(long v, long total) {
    return total == 0 ? "-" : String.format(Locale.ROOT, "%.2f%%", 100.0 * v / total);
  }

  /** Returns the value in the largest unit that it fills; zero has no unit, as in pprof. */
  static String value(long v, String unit) {
    if (v == 0) {
      return "0";
    }
    return switch (unit) {
      case "nanoseconds" -> scaled(v, new String[] {"ns", "us", "ms", "s"}, 1000);
      case "microseconds" -> scaled(v, new String[] {"us", "ms", "s"}, 1000);
      case "milliseconds" -> scaled(v, new String[] {"ms", "s"}, 1000);
      case "seconds" -> scaled(v, new String[] {"s"}, 1000);
      case "bytes" -> scaled(v, new String[] {"B", "kB", "MB", "GB", "TB"}, 1024);
      default -> Long.toString(v);
    };
  }

  private static String scaled(long v, String[] units, int factor) {
    double d = v;
    int i = 0;
    while (Math.abs(d) >= factor && i + 1 < units.length) {
      d /= factor;
      i++;
    }
    String number = String.format(Locale.ROOT, "%.2f", d);
    return (number.endsWith(".00") ? number.substring(0, number.length() - 3) : number) + units[i];
  }

  private static int tree(Command.Arguments a, Console console) throws IOException {
    Input in = input(a);
    StackTree.Sorted t = in.tree();
    long total = t.total()[0][0];
    String unit = in.type.sampleUnit();
    int[] shown = largest(t, a.flags().integer(LIMIT.name()));
    Set<Integer> kept = new HashSet<>();
    for (int node : shown) {
      for (int p = node; p != 0; p = t.parents()[p]) {
        kept.add(p);
      }
    }
    console.out().printf("%12s %7s %12s  %s%n", "cum", "cum%", "flat", "name");
    print(t, kept, total, unit, console.out());
    return 0;
  }

  /** Nodes with the largest totals. */
  private static int[] largest(StackTree.Sorted t, long limit) {
    Integer[] nodes = new Integer[t.size() - 1];
    Arrays.setAll(nodes, i -> i + 1);
    Arrays.sort(nodes, Comparator.comparingLong((Integer n) -> -Math.abs(t.total()[0][n])));
    return Arrays.stream(nodes)
        .limit(limit > 0 ? limit : nodes.length)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static void print(
      StackTree.Sorted t, Set<Integer> kept, long total, String unit, PrintStream out) {
    // Iterative: stacks may be thousands of frames deep.
    List<int[]> open = new ArrayList<>();
    open.add(new int[] {0, 0}); // node, depth
    while (!open.isEmpty()) {
      int[] at = open.removeLast();
      if (at[0] != 0) {
        out.printf(
            "%12s %7s %12s  %s%s%n",
            value(t.total()[0][at[0]], unit),
            share(t.total()[0][at[0]], total),
            value(t.self()[0][at[0]], unit),
            "  ".repeat(Math.min(at[1] - 1, 100)),
            t.names()[at[0]]);
      }
      List<Integer> children = new ArrayList<>();
      for (int i = t.first()[at[0]]; i < t.first()[at[0] + 1]; i++) {
        if (kept.contains(t.children()[i])) {
          children.add(t.children()[i]);
        }
      }
      children.sort(Comparator.comparingLong(n -> Math.abs(t.total()[0][n])));
      children.forEach(n -> open.add(new int[] {n, at[1] + 1}));
    }
  }

  private static int diff(Command.Arguments a, Console console) throws IOException {
    String type = a.flags().get(SAMPLE_TYPE.name());
    Input before = input(List.of(a.operands().get(0)), type);
    Input after = input(List.of(a.operands().get(1)), type);
    if (!before.type.sampleType().equals(after.type.sampleType())) {
      console
          .err()
          .println(
              "sample types differ: "
                  + before.type.sampleType()
                  + " and "
                  + after.type.sampleType()
                  + "; name one with --sample-type");
      return 1;
    }
    StackTree.Sorted left = before.tree();
    StackTree.Sorted right = after.tree();
    Map<String, long[]> all = new HashMap<>();
    int column = a.flags().bool(CUMULATIVE.name()) ? 1 : 0;
    functions(left).forEach((k, v) -> all.put(k, new long[] {v[column], 0}));
    functions(right).forEach((k, v) -> all.computeIfAbsent(k, _ -> new long[2])[1] = v[column]);
    double leftTotal = Math.max(1, left.total()[0][0]);
    double rightTotal = Math.max(1, right.total()[0][0]);
    List<Map.Entry<String, long[]>> rows = new ArrayList<>(all.entrySet());
    rows.sort(
        Comparator.comparingDouble(
                (Map.Entry<String, long[]> e) ->
                    -Math.abs(e.getValue()[1] / rightTotal - e.getValue()[0] / leftTotal))
            .thenComparing(Map.Entry::getKey));
    String unit = before.type.sampleUnit();
    PrintStream out = console.out();
    out.printf("%12s %7s %12s %7s %9s  %s%n", "before", "%", "after", "%", "change", "name");
    for (Map.Entry<String, long[]> e : limited(rows, a)) {
      long[] v = e.getValue();
      out.printf(
          "%12s %7s %12s %7s %9s  %s%n",
          value(v[0], unit),
          share(v[0], (long) leftTotal),
          value(v[1], unit),
          share(v[1], (long) rightTotal),
          String.format(Locale.ROOT, "%+.2f%%", 100 * (v[1] / rightTotal - v[0] / leftTotal)),
          e.getKey());
    }
    return 0;
  }

  private static int folded(Command.Arguments a, Console console) throws IOException {
    StackTree.Sorted t = input(a).tree();
    List<String> lines = new ArrayList<>();
    for (int i = 1; i < t.size(); i++) {
      if (t.self()[0][i] != 0) {
        List<String> frames = new ArrayList<>();
        for (int p = i; p != 0; p = t.parents()[p]) {
          frames.add(t.names()[p].replace(';', ':'));
        }
        lines.add(String.join(";", frames.reversed()) + " " + t.self()[0][i]);
      }
    }
    lines.sort(null);
    StringBuilder sb = new StringBuilder();
    lines.forEach(l -> sb.append(l).append('\n'));
    byte[] b = sb.toString().getBytes(StandardCharsets.UTF_8);
    console.out().write(b, 0, b.length);
    return 0;
  }

  private static int export(Command.Arguments a, Console console) throws IOException {
    a.require(OUTPUT.name());
    Input in = input(a);
    Path file = Path.of(a.flags().get(OUTPUT.name()));
    String format = a.flags().get(FORMAT.name());
    if (format.equals("speedscope")) {
      String name = file.getFileName().toString();
      try {
        Files.writeString(file, SpeedscopeWriter.write(in.tree(), name, in.type.sampleUnit()));
      } catch (CodecException e) {
        throw new IOException(String.valueOf(e.getMessage()), e);
      }
      console.out().println(file + ": " + in.type.id());
      return 0;
    }
    if (!format.equals("pprof")) {
      throw new CommandLineException(
          "--file-format is '" + format + "'; it must be pprof or speedscope");
    }
    ProfileMerge merge = new ProfileMerge(true);
    in.read(merge);
    Files.write(file, MergedPprof.gzip(merge, in.type));
    ProfileSymbols symbols = merge.symbols();
    console
        .out()
        .println(
            file
                + ": "
                + merge.samples().count()
                + " samples, "
                + (symbols.functions().count() - 1)
                + " functions, "
                + in.type.id());
    return 0;
  }
}
