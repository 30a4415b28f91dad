package dev.tethys.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Process that writes numbered batches into a store until it is killed.
 *
 * @param writer main class; its arguments are the folder, the first batch and the seed, and it
 *     prints the number of each batch that is acknowledged
 * @param batch items of a batch
 * @param items plural of an item, for the output
 * @param stored finds the items in a folder
 */
record KilledWriter(Class<?> writer, int batch, String items, Stored stored) {
  /** Reads the content of a store. */
  @FunctionalInterface
  interface Stored {
    /** Returns the number of items by batch, starting at a batch. */
    Map<Long, Integer> batches(Path dir, long from) throws IOException;
  }

  /**
   * Kills a writer repeatedly, and compares the acknowledged data with the stored data.
   *
   * @return whether nothing was lost or duplicated
   */
  boolean kills(Path dir, int count, long seed) throws Exception {
    Random random = new Random(seed);
    long next = 0;
    List<Long> all = new ArrayList<>();
    long lost = 0;
    long doubled = 0;
    for (int kill = 1; kill <= count; kill++) {
      List<Long> acknowledged = life(dir, next, seed, 10 + random.nextInt(200));
      all.addAll(acknowledged);
      boolean whole = kill % 10 == 0 || kill == count; // also what earlier lives wrote
      Map<Long, Integer> found = stored.batches(dir, whole ? 0 : next);
      for (long n : whole ? all : acknowledged) {
        lost += Math.max(0, batch - found.getOrDefault(n, 0));
      }
      long newest = next;
      for (Map.Entry<Long, Integer> e : found.entrySet()) {
        doubled += Math.max(0, e.getValue() - batch);
        newest = Math.max(newest, e.getKey() + 1);
      }
      for (long n : acknowledged) {
        newest = Math.max(newest, n + 1);
      }
      next = newest;
      if (whole) {
        System.out.printf(
            Locale.ROOT,
            "%d kills, %d acknowledged " + items + ", %d lost, %d doubled%n",
            kill,
            (long) all.size() * batch,
            lost,
            doubled);
      }
    }
    return lost == 0 && doubled == 0;
  }

  /**
   * Starts a writer and kills it after a number of acknowledged batches; returns the acknowledged
   * ones.
   */
  List<Long> life(Path dir, long from, long seed, int batches) throws Exception {
    Process p =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                writer.getName(),
                dir.toString(),
                Long.toString(from),
                Long.toString(seed))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Long> out = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      String last = "";
      while (out.size() < batches && (line = in.readLine()) != null) {
        out.add(Long.parseLong(line));
      }
      p.toHandle().destroyForcibly(); // unlike the process's own, it leaves the pipe open
      while ((line = in.readLine()) != null) {
        last = line;
        out.add(Long.parseLong(line));
      }
      if (!last.isEmpty()) {
        out.removeLast(); // perhaps cut short by the kill
      }
    } finally {
      p.destroyForcibly();
      if (!p.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the writer does not end");
      }
    }
    if (out.size() < batches) {
      throw new IllegalStateException("the writer ended by itself, exit " + p.exitValue());
    }
    return out;
  }
}
