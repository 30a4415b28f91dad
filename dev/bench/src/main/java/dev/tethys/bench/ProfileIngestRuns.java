package dev.tethys.bench;

import dev.tethys.codec.compression.Compression;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ingest of pprof by {@code /ingest}: files a second of CPU time of a server, with the work that it
 * does later, as merges of parts. A file is counted once, although it is stored as a profile of
 * each sample type. Inflating some files in the client shows how fast the machine is meanwhile.
 * Exit status 1 if a file is rejected.
 */
final class ProfileIngestRuns {
  private static final int FILES = 200; // of a service, each with its own time
  private static final int INFLATED = 16; // one of 16 is inflated
  private static final int LEAD_MINUTES = 45;
  private static final int START_SECONDS = 180; // it may prepare its start-up cache
  private static final int MAX_BYTES = 1 << 26;

  private final ServerUnderTest server;
  private final byte[][][] files; // by service
  private final AtomicLong next = new AtomicLong();
  private final AtomicLong stored = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong inflated = new AtomicLong();
  private final AtomicLong inflateNanos = new AtomicLong();
  private volatile boolean stopped;

  private ProfileIngestRuns(ServerUnderTest server, byte[][][] files) {
    this.server = server;
    this.files = files;
  }

  /** Options are {@code services=10 stacks=500 connections=8 warmup=30 seconds=60 seed=1}. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("services", 10)
            .with("stacks", 500)
            .with("connections", 8)
            .with("warmup", 30)
            .with("seconds", 60)
            .with("seed", 1)
            .read(args);
    byte[][][] files = files(o);
    try (ServerUnderTest server =
        ServerUnderTest.start("tethys-profile-ingest", _ -> "{}\n", Map.of())) {
      System.out.println("folder of the server: " + server.log().getParent());
      awaitReady(server);
      return new ProfileIngestRuns(server, files).run(o);
    }
  }

  private static byte[][][] files(Options o) throws Options.WrongException {
    byte[][][] files = new byte[o.count("services")][FILES][];
    long begin = (System.currentTimeMillis() - TimeUnit.MINUTES.toMillis(LEAD_MINUTES)) * 1_000_000;
    long bytes = 0;
    for (int s = 0; s < files.length; s++) {
      ProfiledProgram program = new ProfiledProgram(new Random(o.number("seed") + s), s);
      for (int f = 0; f < FILES; f++) {
        files[s][f] =
            program.profileOfStacks(o.count("stacks"), begin + f * ProfiledProgram.DURATION);
        bytes += files[s][f].length;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "files: %d stacks, 2 sample types, %d bytes of gzip on average%n",
        o.count("stacks"),
        bytes / ((long) files.length * FILES));
    return files;
  }

  private static void awaitReady(ServerUnderTest server) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (true) {
      try {
        if (server.send(server.request("/-/ready"), BodyHandlers.discarding()).statusCode()
            == 200) {
          return;
        }
      } catch (IOException e) {
        // It does not listen yet.
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException("the server is not ready: " + server.log());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private int run(Options o) throws Exception {
    List<Thread> senders = new ArrayList<>();
    for (int c = 0; c < o.count("connections"); c++) {
      senders.add(Thread.ofPlatform().start(this::send));
    }
    try {
      measure("warm-up", o.number("warmup"), false);
      measure("measured", o.number("seconds"), true);
    } finally {
      stopped = true;
      for (Thread t : senders) {
        t.join();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "memory: %d MB resident, %d MB at most%n",
        server.figures().resident() >> 10,
        server.figures().peak() >> 10);
    return refused.get() == 0 ? 0 : 1;
  }

  private void measure(String name, long seconds, boolean flush) throws Exception {
    ProcessStatistics process = server.figures();
    long before = stored.get();
    inflated.set(0);
    inflateNanos.set(0);
    long begin = System.nanoTime();
    double cpu = process.cpuSeconds();
    double compilers = process.cpuSecondsOfThreads(ProfileIngestRuns::isCompiler);
    double collector = process.cpuSecondsOfThreads(ProfileIngestRuns::isCollector);
    TimeUnit.SECONDS.sleep(seconds);
    if (flush) {
      stopped = true;
      HttpResponse<String> r =
          server.send(
              server.request("/flush").POST(BodyPublishers.noBody()), BodyHandlers.ofString());
      if (r.statusCode() / 100 != 2) {
        throw new IllegalStateException("flush: " + r.statusCode() + " " + r.body());
      }
    }
    double used = process.cpuSeconds() - cpu;
    long count = stored.get() - before;
    System.out.printf(
        Locale.ROOT,
        "%s: %d files in %.1f s, %.1f s of CPU, %.0f a CPU second; compilers %.1f s, garbage"
            + " collector %.1f s; inflating a file %.3f ms%n",
        name,
        count,
        (System.nanoTime() - begin) / 1e9,
        used,
        count / used,
        process.cpuSecondsOfThreads(ProfileIngestRuns::isCompiler) - compilers,
        process.cpuSecondsOfThreads(ProfileIngestRuns::isCollector) - collector,
        inflateNanos.get() / 1e6 / Math.max(1, inflated.get()));
  }

  private static boolean isCompiler(String thread) {
    return thread.startsWith("C1 Comp") || thread.startsWith("C2 Comp");
  }

  private static boolean isCollector(String thread) {
    return thread.startsWith("G1 ")
        || thread.startsWith("GC Thread")
        || thread.startsWith("VM Thread");
  }

  private void inflate(byte[] file) {
    long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    Compression.GZIP.decompress(file, 0, file.length, MAX_BYTES);
    inflateNanos.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin);
    inflated.incrementAndGet();
  }

  private void send() {
    while (!stopped) {
      long n = next.getAndIncrement();
      int service = (int) (n % files.length);
      long ofService = n / files.length;
      byte[] file = files[service][(int) (ofService % FILES)];
      if (n % INFLATED == 0) {
        inflate(file);
      }
      try {
        HttpResponse<String> r =
            server.send(
                server
                    .request(
                        "/ingest?format=pprof&name=service-%d%%7Binstance%%3D%d%%7D"
                            .formatted(service, ofService / FILES))
                    .POST(BodyPublishers.ofByteArray(file)),
                BodyHandlers.ofString());
        if (r.statusCode() == 200) {
          stored.incrementAndGet();
        } else if (refused.getAndIncrement() == 0) {
          System.err.println("a file was rejected: " + r.statusCode() + " " + r.body().strip());
        }
      } catch (IOException e) {
        if (refused.getAndIncrement() == 0) {
          System.err.println("a file was not sent: " + e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
