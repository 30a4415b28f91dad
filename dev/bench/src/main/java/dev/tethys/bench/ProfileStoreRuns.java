package dev.tethys.bench;

import dev.tethys.codec.pprof.PprofBatchReader;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileSymbols;
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
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measurement of the profile store in one process, with CPU profiles of services every 10 s. It
 * compares bytes on disk with those of the gzip files, and the time to merge a service with the
 * time to read and merge its files, and gives profiles a second of CPU time. Exit status 1 if the
 * merges differ.
 */
final class ProfileStoreRuns {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final long STEP = ProfiledProgram.DURATION;

  private static final String TENANT = "fake";
  private static final KilledWriter WRITER =
      new KilledWriter(Writer.class, 2, "profiles", ProfileStoreRuns::stored);

  private ProfileStoreRuns() {}

  /**
   * Options are {@code services=50 minutes=60 stacks=500 kills=0 seed=1} and a folder, with a
   * slash, to keep the gzip files of the first service in, for other tools.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("services", 50)
            .with("minutes", 60)
            .with("stacks", 500)
            .with("kills", 0)
            .with("seed", 1)
            .withWords("FOLDER/", w -> w.contains("/"))
            .read(args);
    Path dir = Files.createTempDirectory("tethys-profile-store");
    try {
      boolean sound =
          o.count("kills") == 0
              || WRITER.kills(dir.resolve("kills"), o.count("kills"), o.number("seed"));
      return run(dir.resolve("store"), o) == 0 && sound ? 0 : 1;
    } finally {
      Fuzz.delete(dir);
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
    ProfileBatch out = new ProfileBatch();
    PprofBatchReader.read(
        pprof, 1 << 26, Map.of(), Map.of("service.name", service), Map.of(), T0, out);
    return out;
  }

  private static ProfileDatabase open(Path dir) throws IOException {
    return ProfileDatabase.open(
        new RealFiles(),
        dir,
        new ProfileOptions(
            EngineOptions.defaults().withAppendWait(Duration.ofMinutes(5)),
            ProfileLimits.DEFAULTS));
  }

  private static int run(Path dir, Options o) throws IOException, Options.WrongException {
    int services = o.count("services");
    int stacks = o.count("stacks");
    long seed = o.number("seed");
    List<ProfiledProgram> programs = new ArrayList<>();
    for (int i = 0; i < services; i++) {
      programs.add(new ProfiledProgram(new Random(seed + i), i));
    }
    List<byte[]> files = new ArrayList<>(); // of the first service
    long raw = 0;
    long count = 0;
    try (ProfileDatabase db = open(dir)) {
      double used = 0;
      double firstHalf = 0;
      byte[][] sent = new byte[services][];
      int rounds = o.count("minutes") * 6;
      for (int round = 0; round < rounds; round++) {
        firstHalf = round == rounds / 2 ? used : firstHalf;
        for (int s = 0; s < services; s++) {
          sent[s] = programs.get(s).profile(stacks, T0 + round * STEP);
          raw += sent[s].length;
        }
        files.add(sent[0]);
        double begin = cpu();
        for (int s = 0; s < services; s++) {
          db.append(Scope.of(TENANT), batch(sent[s], "service-" + s));
        }
        used += cpu() - begin;
        count += services;
      }
      double compiled = (count - count / 2) / (used - firstHalf);
      double begin = cpu();
      db.flush();
      db.housekeep();
      used += cpu() - begin;
      System.out.printf(
          Locale.ROOT,
          "ingest: %d pprof files of %d stacks and 2 sample types, %.0f a second of CPU time, with"
              + " the compiler and garbage collection; %.0f in the second half%n",
          count,
          stacks,
          count / used,
          compiled);
      System.out.printf(
          Locale.ROOT,
          "disk: %d bytes of gzip files, %d bytes of %d parts, ratio %.3f%n",
          raw,
          db.partBytes(),
          db.parts(),
          (double) db.partBytes() / raw);
      for (String folder : o.words()) {
        keep(files, Files.createDirectories(Path.of(folder)));
      }
      return merges(db, files);
    }
  }

  private static void keep(List<byte[]> files, Path folder) throws IOException {
    for (int i = 0; i < files.size(); i++) {
      Files.write(folder.resolve("%05d.pb.gz".formatted(i)), files.get(i));
    }
  }

  private static int merges(ProfileDatabase db, List<byte[]> files) {
    double best = Double.MAX_VALUE;
    double bestFiles = Double.MAX_VALUE;
    boolean equal = true;
    for (int round = 0; round < 5; round++) {
      double begin = threadCpu();
      StackTree stored = new StackTree(1);
      try (ProfileSelection s =
          db.select(
              Scope.of(TENANT),
              List.of(
                  Matcher.of(Matcher.Type.EQUAL, ProfileLabels.SERVICE, "service-0"),
                  Matcher.of(Matcher.Type.EQUAL, "__type__", "cpu")),
              Long.MIN_VALUE,
              Long.MAX_VALUE)) {
        s.read(new StackMerge(stored, 0, List.of(), Map.of()), () -> false);
      }
      StackTree.Sorted a = stored.sorted();
      best = Math.min(best, threadCpu() - begin);
      begin = threadCpu();
      StackTree read = new StackTree(1);
      StackMerge merge = new StackMerge(read, 0, List.of(), Map.of());
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
      bestFiles = Math.min(bestFiles, threadCpu() - begin);
      equal &= a.total()[0][0] == b.total()[0][0] && a.size() == b.size();
    }
    System.out.printf(
        Locale.ROOT,
        "merge: %d profiles, store %.4f s, files %.4f s, ratio %.3f, equal %b%n",
        files.size(),
        best,
        bestFiles,
        best / bestFiles,
        equal);
    return equal ? 0 : 1;
  }

  /** Process that appends profiles until it is killed, and prints each that is acknowledged. */
  static final class Writer {
    private static final int THREADS = 4;

    private Writer() {}

    public static void main(String[] args) throws Exception {
      AtomicLong next = new AtomicLong(Long.parseLong(args[1]));
      long seed = Long.parseLong(args[2]);
      ProfileDatabase db = open(Path.of(args[0]));
      List<Thread> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        ProfiledProgram program = new ProfiledProgram(new Random(seed + t), t);
        String service = "service-" + t;
        all.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      while (!System.out.checkError()) {
                        long n = next.getAndIncrement();
                        db.append(
                            Scope.of(TENANT), batch(program.profile(100, T0 + n * STEP), service));
                        System.out.println(n);
                      }
                    }));
      }
      for (Thread t : all) {
        t.join();
      }
    }
  }

  /** Profiles whose samples add up to their total, by batch, from a batch on. */
  private static Map<Long, Integer> stored(Path dir, long from) throws IOException {
    Map<Long, Integer> out = new HashMap<>();
    try (ProfileDatabase db = open(dir);
        ProfileSelection s =
            db.select(Scope.of(TENANT), List.of(), T0 + from * STEP, Long.MAX_VALUE)) {
      s.read(
          new ProfileReader() {
            @Override
            public boolean needsSamples() {
              return true;
            }

            @Override
            public void begin(ProfileSymbols symbols) {}

            @Override
            public void profile(int series, ProfileRows rows, int row, Samples samples) {
              if (samples.total() == rows.totals[row]) {
                out.merge((rows.times[row] - T0) / STEP, 1, Integer::sum);
              }
            }

            @Override
            public void end() {}
          },
          () -> false);
    }
    return out;
  }
}
