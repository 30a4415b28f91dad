package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.zip.GZIPInputStream;

/**
 * Not a test: replays a recording of an exporter as many hosts into a database and prints what it
 * costs. Values are made as the load generator of the bench makes them, ahead of the clock.
 *
 * <pre>
 * java ... Replay RECORDING FOLDER hosts steps [shuffle] [kill]
 * </pre>
 */
final class Replay {
  private static final int BATCH = 2000;

  private final int count;
  private final int steps;
  private final double[][] recorded;
  private final boolean[] counter;
  private final boolean[] plain;
  private final boolean[] decimal;
  private final String[] series;

  private Replay(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file)), 1 << 20))) {
      count = in.readInt();
      steps = in.readInt();
      series = new String[count];
      counter = new boolean[count];
      for (int i = 0; i < count; i++) {
        series[i] = in.readUTF();
        counter[i] = in.readBoolean();
      }
      recorded = new double[steps][count];
      for (double[] row : recorded) {
        for (int i = 0; i < count; i++) {
          row[i] = in.readDouble();
        }
      }
    }
    plain = new boolean[count];
    decimal = new boolean[count];
    for (int i = 0; i < count; i++) {
      boolean same = true;
      boolean flag = true;
      boolean dec = true;
      for (double[] row : recorded) {
        double v = row[i];
        same &= Double.compare(v, recorded[0][i]) == 0;
        flag &= v == 0 || v == 1;
        dec &= v == Math.rint(v * 1e6) / 1e6;
      }
      plain[i] = same || flag;
      decimal[i] = dec;
    }
  }

  private double value(int host, int step, int i) {
    int p = step + host * 7;
    int pass = p / steps;
    int at = p % steps;
    if (plain[i]) {
      return recorded[at][i];
    }
    double v;
    if (counter[i]) {
      double whole = recorded[steps - 1][i] - recorded[0][i];
      v = recorded[0][i] * scale(host, i, -1);
      for (int k = 0; k < pass; k++) {
        v += whole * scale(host, i, k);
      }
      v += (recorded[at][i] - recorded[0][i]) * scale(host, i, pass);
    } else {
      v = recorded[at][i] * scale(host, i, pass);
    }
    return decimal[i] && Math.abs(v) < 1e9 ? Math.rint(v * 1e6) / 1e6 : v;
  }

  private static int scale(int host, int i, int pass) {
    long h =
        (host * 0x9E3779B97F4A7C15L) ^ (i * 0xC2B2AE3D27D4EB4FL) ^ (pass * 0x165667B19E3779F9L);
    h = (h ^ (h >>> 31)) * 0xBF58476D1CE4E5B9L;
    return 1 + (int) ((h ^ (h >>> 29)) >>> 33) % 9;
  }

  private Labels labels(int i, int host) {
    LabelsBuilder b = new LabelsBuilder();
    String text = series[i];
    int brace = text.indexOf('{');
    b.set("__name__", brace < 0 ? text : text.substring(0, brace));
    b.set("instance", String.format(Locale.ROOT, "host-%05d:9100", host)).set("job", "node");
    int p = brace + 1;
    while (brace >= 0 && p < text.length() && text.charAt(p) != '}') {
      int eq = text.indexOf('=', p);
      StringBuilder v = new StringBuilder();
      int q = eq + 2;
      while (text.charAt(q) != '"') {
        if (text.charAt(q) == '\\') {
          q++;
          v.append(text.charAt(q) == 'n' ? '\n' : text.charAt(q));
        } else {
          v.append(text.charAt(q));
        }
        q++;
      }
      b.set(text.substring(p, eq).trim(), v.toString());
      p = q + 1;
      if (p < text.length() && text.charAt(p) == ',') {
        p++;
      }
    }
    return b.build();
  }

  /** Labels as remote write 1.0 has them. */
  private static byte[] wire(Labels l) {
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    l.toList()
        .forEach(
            x -> {
              byte[] n = x.name().getBytes(StandardCharsets.UTF_8);
              byte[] v = x.value().getBytes(StandardCharsets.UTF_8);
              o.write(0x0A);
              o.write(4 + n.length + v.length);
              o.write(0x0A);
              o.write(n.length);
              o.writeBytes(n);
              o.write(0x12);
              o.write(v.length);
              o.writeBytes(v);
            });
    return o.toByteArray();
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long threadCpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long du(Path p) throws IOException {
    try (var s = Files.walk(p)) {
      return s.filter(Files::isRegularFile).mapToLong(x -> x.toFile().length()).sum();
    }
  }

  @SuppressWarnings("SystemOut")
  private static void say(String format, Object... args) {
    System.out.println(String.format(Locale.ROOT, format, args));
  }

  public static void main(String[] args) throws Exception {
    Replay r = new Replay(Path.of(args[0]));
    Path folder = Path.of(args[1]);
    int hosts = Integer.parseInt(args[2]);
    int steps = Integer.parseInt(args[3]);
    List<String> flags = List.of(args).subList(4, args.length);
    if (flags.contains("reopen")) {
      reopen(
          folder,
          DatabaseOptions.DEFAULTS.withRetention(Duration.ofDays(10_000), 0),
          (long) hosts * steps * r.count,
          hosts * r.count);
      return;
    }
    new RealFiles().delete(folder);
    DatabaseOptions o = DatabaseOptions.DEFAULTS.withRetention(Duration.ofDays(10_000), 0);
    long start = System.currentTimeMillis() - steps * 15_000L;
    int n = hosts * r.count;
    byte[][] wire = new byte[n][];
    Labels[] labels = new Labels[n];
    for (int h = 0; h < hosts; h++) {
      for (int i = 0; i < r.count; i++) {
        labels[h * r.count + i] = r.labels(i, h);
        wire[h * r.count + i] = wire(labels[h * r.count + i]);
      }
    }
    Appender.LabelDecoder decoder =
        (b, off, len) -> {
          LabelsBuilder lb = new LabelsBuilder();
          int p = off;
          while (p < off + len) {
            int nl = b[p + 3];
            String name = new String(b, p + 4, nl, StandardCharsets.UTF_8);
            int vl = b[p + 5 + nl] & 0x7f;
            lb.set(name, new String(b, p + 6 + nl, vl, StandardCharsets.UTF_8));
            p += 6 + nl + vl;
          }
          return lb.build();
        };
    boolean longLabel = false;
    for (byte[] w : wire) {
      longLabel |= w.length > 2000;
    }
    if (longLabel) {
      throw new IllegalStateException("labels too long for this program's own encoding");
    }
    Random random = new Random(7);
    int[] order = new int[n];
    for (int k = 0; k < n; k++) {
      order[k] = k;
    }
    MetricsDatabase db = MetricsDatabase.open(folder, o);
    double[] row = new double[n];
    long own = 0;
    long[] refs = new long[BATCH];
    long[] phases = new long[3];
    long half = 0;
    long process0 = cpu();
    long other = 0;
    for (int step = 0; step < steps; step++) {
      long t0 = threadCpu();
      if (flags.contains("shuffle")) {
        for (int k = n - 1; k > 0; k--) {
          int x = random.nextInt(k + 1);
          int y = order[k];
          order[k] = order[x];
          order[x] = y;
        }
      }
      for (int k = 0; k < n; k++) {
        row[k] = r.value(order[k] / r.count, step, order[k] % r.count);
      }
      other += threadCpu() - t0;
      if (step == steps / 2) {
        half = own;
      }
      long began = threadCpu();
      long t = start + step * 15_000L;
      for (int from = 0; from < n; from += BATCH) {
        try (Appender a = db.appender()) {
          long t1 = threadCpu();
          int to = Math.min(n, from + BATCH);
          for (int k = from; k < to; k++) {
            byte[] w = wire[order[k]];
            refs[k - from] = a.series(w, 0, w.length, decoder);
          }
          long t2 = threadCpu();
          for (int k = from; k < to; k++) {
            a.append(refs[k - from], 0, t, row[k]);
          }
          long t3 = threadCpu();
          a.commit();
          if (step >= steps / 2) {
            phases[0] += t2 - t1;
            phases[1] += t3 - t2;
            phases[2] += threadCpu() - t3;
          }
        }
      }
      own += threadCpu() - began;
    }
    long total = (long) n * steps;
    DatabaseStats s = db.stats(5);
    say(
        "%d series x %d steps = %.1fM samples; append+commit %.1f ns/sample (second half %.1f), process %.1f"
            + " ns/sample",
        n,
        steps,
        total / 1e6,
        own / (double) total,
        (own - half) / (double) ((steps - steps / 2L) * n),
        (cpu() - process0 - other) / (double) total);
    double later = (steps - steps / 2L) * (double) n;
    say(
        "second half: resolve %.1f, append %.1f, commit %.1f ns/sample",
        phases[0] / later, phases[1] / later, phases[2] / later);
    say(
        "memory: index %.1f B/series, samples in memory %.2f MB; log %.2f MB; blocks %d, %.3f MB",
        s.indexBytes() / (double) n,
        s.sampleBytes() / 1e6,
        s.logBytes() / 1e6,
        s.blocks(),
        s.blockBytes() / 1e6);
    System.gc();
    Runtime rt = Runtime.getRuntime();
    say("heap in use %.1f MB (with the generator's)", (rt.totalMemory() - rt.freeMemory()) / 1e6);
    if (flags.contains("kill")) {
      say("killed");
      Runtime.getRuntime().halt(0);
    }
    long c0 = cpu();
    long w0 = System.nanoTime();
    db.close();
    say("close %.2f s cpu, %.2f s", (cpu() - c0) / 1e9, (System.nanoTime() - w0) / 1e9);
    reopen(folder, o, total, n);
  }

  static void reopen(Path folder, DatabaseOptions o, long total, int n) throws IOException {
    long c0 = cpu();
    long w0 = System.nanoTime();
    MetricsDatabase db = MetricsDatabase.open(folder, o.withBackground(false));
    say(
        "open %.2f s cpu, %.2f s: %s",
        (cpu() - c0) / 1e9, (System.nanoTime() - w0) / 1e9, db.recovery());
    for (int round = 0; round < 3; round++) {
      c0 = cpu();
      long samples = 0;
      try (Selection sel =
          db.select(SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("job", "node")))) {
        long c1 = cpu();
        SampleBuffer b = new SampleBuffer();
        for (int i = 0; i < sel.size(); i++) {
          sel.read(i, b);
          samples += b.size;
        }
        say(
            "select %d series %.1f ms cpu, read %.2f ns/sample, %d samples of %d",
            sel.size(), (c1 - c0) / 1e6, (cpu() - c1) / (double) samples, samples, total);
      }
      c0 = cpu();
      try (Selection sel =
          db.select(
              SelectHints.range(0, Long.MAX_VALUE),
              List.of(Matcher.equal("__name__", "node_load1")))) {
        SampleBuffer b = new SampleBuffer();
        for (int i = 0; i < sel.size(); i++) {
          sel.read(i, b);
        }
        say("node_load1: %d series in %.2f ms cpu", sel.size(), (cpu() - c0) / 1e6);
      }
    }
    // All to blocks, as it would be in some hours.
    Path copy = folder.resolveSibling(folder.getFileName() + "-blocks");
    new RealFiles().delete(copy);
    c0 = cpu();
    db.snapshot(copy, false);
    say(
        "as blocks: %.3f B/sample all in, %.2f s cpu",
        du(copy) / (double) total, (cpu() - c0) / 1e9);
    List<String> parts = new ArrayList<>();
    try (var w = Files.walk(copy)) {
      w.filter(Files::isRegularFile)
          .forEach(p -> parts.add(p.getFileName() + "=" + p.toFile().length()));
    }
    say("%s", parts);
    db.close();
    try (MetricsDatabase again = MetricsDatabase.open(copy, o.withBackground(false))) {
      c0 = cpu();
      again.maintain();
      say(
          "compacted: %.3f B/sample, %d blocks, %.2f s cpu",
          again.stats(1).blockBytes() / (double) total,
          again.blockList().size(),
          (cpu() - c0) / 1e9);
      say("%s", again.blockList());
    }
  }
}
