package dev.tethys.bench;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.profiles.ProfileDatabase;
import dev.tethys.store.profiles.ProfileLimits;
import dev.tethys.store.profiles.ProfileOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Measurement of the profile store in one process, with CPU profiles of services every 10 s. It
 * compares bytes on the disk with those of the gzip files, and the time to merge a service with the
 * time to read and merge its files, and gives profiles a second of CPU time. Exit status 1 if the
 * merges differ.
 */
final class ProfileStoreRuns {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final long STEP = 10_000_000_000L;
  private static final long PERIOD = 10_000_000;
  private static final ValueType CPU = new ValueType("cpu", "nanoseconds");

  private ProfileStoreRuns() {}

  /** Options are {@code services=50 minutes=60 stacks=500 seed=1}. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("services", 50)
            .with("minutes", 60)
            .with("stacks", 500)
            .with("seed", 1)
            .read(args);
    Path dir = Files.createTempDirectory("tethys-profile-store");
    try {
      return run(dir, o.count("services"), o.count("minutes"), o.count("stacks"), o.number("seed"));
    } finally {
      Fuzz.delete(dir);
    }
  }

  /** Program with a fixed set of stacks, of which a profile has some. */
  private static final class Program {
    private final List<List<Frame>> stacks = new ArrayList<>();
    private final Random random;

    Program(Random random, int number) {
      this.random = random;
      List<Frame> functions = new ArrayList<>();
      for (int i = 0; i < 1200; i++) {
        String name = "shop.example/service" + number + "/package" + i % 60 + ".(*Type" + i % 200;
        functions.add(
            new Frame(
                name + ").method" + i,
                "/src/service" + number + "/package" + i % 60 + "/file" + i % 300 + ".go",
                20 + i % 500));
      }
      List<List<Frame>> open = new ArrayList<>();
      open.add(List.of(functions.getFirst()));
      while (stacks.size() < 3000) {
        List<Frame> parent = open.get(random.nextInt(open.size()));
        List<Frame> stack = new ArrayList<>();
        stack.add(functions.get(random.nextInt(functions.size())));
        stack.addAll(parent);
        if (stack.size() < 40) {
          open.add(stack);
        }
        stacks.add(stack);
      }
    }

    byte[] profile(int samples, long time) {
      PprofWriter w = new PprofWriter(new ValueType("samples", "count"), CPU);
      for (int i = 0; i < samples; i++) {
        double skewed = Math.pow(random.nextDouble(), 2.5);
        long n = 1 + (long) (3 * Math.pow(random.nextDouble(), 6));
        w.add(stacks.get((int) (skewed * stacks.size())), n, n * PERIOD);
      }
      return w.toGzip(time, STEP, CPU, PERIOD);
    }
  }

  private static double cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  private static double threadCpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }

  private static ProfileBatch batch(byte[] pprof, String service) {
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of("service.name", service));
    PprofReader.read(pprof, 1 << 26, Map.of(), Map.of(), out);
    byte[] otlp = out.toByteArray();
    return ProfileBatchReader.read(new OtlpReader().profiles(otlp, 0, otlp.length), T0);
  }

  private static int run(Path dir, int services, int minutes, int stacks, long seed)
      throws IOException {
    List<Program> programs = new ArrayList<>();
    for (int i = 0; i < services; i++) {
      programs.add(new Program(new Random(seed + i), i));
    }
    List<byte[]> files = new ArrayList<>(); // of the first service
    long raw = 0;
    long count = 0;
    try (ProfileDatabase db =
        ProfileDatabase.open(
            new RealFiles(),
            dir,
            new ProfileOptions(
                EngineOptions.defaults().withAppendWait(Duration.ofMinutes(5)),
                ProfileLimits.DEFAULTS))) {
      double own = 0;
      double begin = cpu();
      for (int round = 0; round < minutes * 6; round++) {
        for (int s = 0; s < services; s++) {
          double before = threadCpu();
          byte[] pprof = programs.get(s).profile(stacks, T0 + round * STEP);
          own += threadCpu() - before;
          raw += pprof.length;
          count++;
          if (s == 0) {
            files.add(pprof);
          }
          db.append("fake", batch(pprof, "service-" + s));
        }
      }
      db.flush();
      db.housekeep();
      double used = cpu() - begin - own;
      System.out.printf(
          Locale.ROOT,
          "ingest: %d profiles of %d samples, %.0f a second of CPU time%n",
          count,
          stacks,
          count / used);
      System.out.printf(
          Locale.ROOT,
          "disk: %d bytes of gzip files, %d bytes of %d parts, ratio %.3f%n",
          raw,
          db.partBytes(),
          db.parts(),
          (double) db.partBytes() / raw);
      return merges(db, files);
    }
  }

  private static int merges(ProfileDatabase db, List<byte[]> files) {
    double best = Double.MAX_VALUE;
    double bestFiles = Double.MAX_VALUE;
    boolean equal = true;
    for (int round = 0; round < 5; round++) {
      double begin = cpu();
      StackTree stored = new StackTree(1);
      try (ProfileSelection s =
          db.select(
              "fake",
              List.of(
                  Matcher.of(Matcher.Type.EQUAL, ProfileLabels.SERVICE, "service-0"),
                  Matcher.of(Matcher.Type.EQUAL, "__type__", "cpu")),
              Long.MIN_VALUE,
              Long.MAX_VALUE)) {
        s.read(new StackMerge(stored, 0, List.of(), Set.of()), () -> false);
      }
      StackTree.Sorted a = stored.sorted();
      best = Math.min(best, cpu() - begin);
      begin = cpu();
      StackTree read = new StackTree(1);
      StackMerge merge = new StackMerge(read, 0, List.of(), Set.of());
      Samples samples = new Samples();
      for (byte[] f : files) {
        ProfileBatch b = batch(f, "service-0");
        merge.begin(b.symbols.view());
        for (int r = 0; r < b.rows.count; r++) {
          if (b.series.get(b.rows.series[r]).get("__type__").equals("cpu")) {
            b.rows.read(r, samples);
            merge.profile(0, b.rows, r, samples);
          }
        }
        merge.end();
      }
      StackTree.Sorted b = read.sorted();
      bestFiles = Math.min(bestFiles, cpu() - begin);
      equal &= a.total()[0][0] == b.total()[0][0] && a.size() == b.size();
    }
    System.out.printf(
        Locale.ROOT,
        "merge: %d profiles, store %.3f s, files %.3f s, ratio %.3f, equal %b%n",
        files.size(),
        best,
        bestFiles,
        best / bestFiles,
        equal);
    return equal ? 0 : 1;
  }
}
