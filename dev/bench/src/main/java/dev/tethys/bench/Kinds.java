package dev.tethys.bench;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Writes single kinds of samples by remote write to one server after another. Prints processor
 * time, memory, disk, and lower bounds: the bytes that are moved, the cost of decompressing and
 * parsing alone, and the entropy of the generated values.
 */
final class Kinds {
  private static final int SERIES_OF_A_REQUEST = 504; // whole classic histograms
  private static final int CONNECTIONS = 2;
  private static final long DAY = 86_400_000L;
  private static final int ROUNDS = 7;

  private final int series;
  private final int steps;
  private final long interval;
  private final int after;
  private final long end;

  private Kinds(Options o) throws Options.WrongException {
    series = o.count("series");
    steps = o.count("steps");
    interval = o.count("interval") * 1000L;
    after = o.count("after");
    end = (System.currentTimeMillis() - 2 * DAY) / interval * interval;
  }

  /**
   * Servers and kinds by name, and {@code series=… steps=… interval=… after=…}; 0 if all was well.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("series", 20_000)
            .with("steps", 720)
            .with("interval", 15)
            .with("after", 20)
            .withWords(
                "SERVER ("
                    + String.join(", ", Contender.names())
                    + "), KIND ("
                    + String.join(", ", names())
                    + ")",
                w -> Contender.names().contains(w) || names().contains(w))
            .read(args);
    List<String> servers = new ArrayList<>(o.words());
    List<String> chosen = new ArrayList<>(o.words());
    servers.retainAll(Contender.names());
    chosen.retainAll(names());
    Kinds kinds = new Kinds(o);
    System.out.println(
        "kind\tserver\tsamples\tM samples/CPU s\tns/sample\tpeak MB\tMB after\tB/sample merged");
    for (SampleKinds.Kind kind : SampleKinds.Kind.values()) {
      if (chosen.isEmpty() || chosen.contains(name(kind))) {
        for (String server : servers.isEmpty() ? Contender.names() : servers) {
          kinds.measure(kind, Contender.of(server));
        }
        kinds.floors(kind);
      }
    }
    return 0;
  }

  private static List<String> names() {
    return Arrays.stream(SampleKinds.Kind.values()).map(Kinds::name).toList();
  }

  // ---- a server

  private void measure(SampleKinds.Kind kind, Contender contender) throws Exception {
    if (kind == SampleKinds.Kind.NATIVE && contender == Contender.VICTORIA) {
      System.out.println("native\tvictoria\t-\ttakes none as they are");
      return;
    }
    SampleKinds data = new SampleKinds(kind, series);
    long samples = (long) data.series() * steps;
    Path dir = Files.createTempDirectory("tethys-kinds-" + contender);
    try {
      double cpu;
      long peak;
      long resident;
      try (ServerUnderTest server = contender.start(dir, "global: {scrape_interval: 15s}\n")) {
        double before = server.figures().cpuSeconds();
        write(data, server);
        TimeUnit.SECONDS.sleep(after);
        cpu = server.figures().cpuSeconds() - before;
        peak = server.figures().peak();
        resident = server.figures().resident();
        if (contender == Contender.VICTORIA) {
          server.send(
              server.request("/internal/force_merge"), HttpResponse.BodyHandlers.discarding());
        }
      }
      Path stored = dir.resolve("data");
      String disk =
          switch (contender) {
            case TETHYS -> bytes(Disk.merged(stored, end, samples), samples);
            case VICTORIA -> bytes(Disk.size(stored), samples);
            case PROMETHEUS -> "not compacted";
          };
      System.out.printf(
          Locale.ROOT,
          "%s\t%s\t%d\t%.3f\t%.0f\t%d\t%d\t%s%n",
          name(kind),
          contender,
          samples,
          samples / cpu / 1e6,
          cpu * 1e9 / samples,
          peak >> 10,
          resident >> 10,
          disk);
    } finally {
      Fuzz.delete(dir);
    }
  }

  private static String name(SampleKinds.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static String bytes(long bytes, long samples) {
    return String.format(Locale.ROOT, "%.3f", (double) bytes / samples);
  }

  /** Writes a step of all series after another; every connection has its own series. */
  private void write(SampleKinds data, ServerUnderTest server) throws Exception {
    int share = (data.series() / SERIES_OF_A_REQUEST + CONNECTIONS - 1) / CONNECTIONS;
    try (ExecutorService connections = Executors.newFixedThreadPool(CONNECTIONS)) {
      List<Future<?>> all =
          IntStream.range(0, CONNECTIONS)
              .<Future<?>>mapToObj(
                  c -> {
                    int from = Math.min(c * share * SERIES_OF_A_REQUEST, data.series());
                    int to =
                        c == CONNECTIONS - 1
                            ? data.series()
                            : Math.min((c + 1) * share * SERIES_OF_A_REQUEST, data.series());
                    return connections.submit(
                        () -> {
                          write(data, from, to, server);
                          return true;
                        });
                  })
              .toList();
      for (Future<?> one : all) {
        one.get();
      }
    }
  }

  private void write(SampleKinds data, int from, int to, ServerUnderTest server)
      throws IOException, InterruptedException {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int s = 0; s < steps; s++) {
      for (int i = from; i < to; i += SERIES_OF_A_REQUEST) {
        HttpResponse<String> r =
            server.send(
                server
                    .request("/api/v1/write")
                    .header("Content-Encoding", "snappy")
                    .header("Content-Type", "application/x-protobuf")
                    .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body(data, i, to, s, w))),
                HttpResponse.BodyHandlers.ofString());
        if (r.statusCode() / 100 != 2) {
          throw new IOException("refused: " + r.statusCode() + " " + r.body().strip());
        }
      }
    }
  }

  private byte[] body(SampleKinds data, int from, int to, int step, WriteRequestWriter w) {
    w.clear();
    int last = Math.min(to, from + SERIES_OF_A_REQUEST);
    data.write(w, from, last, end - (steps - 1L - step) * interval);
    return SnappyBlock.encode(w.buffer(), 0, w.size());
  }

  // ---- floors

  private void floors(SampleKinds.Kind kind) {
    SampleKinds data = new SampleKinds(kind, Math.min(series, 2 * SERIES_OF_A_REQUEST));
    List<byte[]> bodies = new ArrayList<>();
    WriteRequestWriter w = new WriteRequestWriter();
    long bytes = 0;
    for (int s = 0; s < 100; s++) {
      for (int i = 0; i < data.series(); i += SERIES_OF_A_REQUEST) {
        bodies.add(body(data, i, data.series(), s, w));
        bytes += w.size();
      }
    }
    long samples = 100L * data.series();
    long packed = bodies.stream().mapToLong(b -> b.length).sum();
    long[] decode = new long[ROUNDS];
    long[] walk = new long[ROUNDS];
    byte[] into = new byte[4 << 20];
    WriteRequestReader reader = new WriteRequestReader();
    for (int r = 0; r < ROUNDS; r++) {
      for (byte[] b : bodies) {
        long begin = System.nanoTime();
        int n = SnappyBlock.decode(b, 0, b.length, into);
        long decoded = System.nanoTime();
        decode[r] += decoded - begin;
        reader.reset(into, 0, n);
        while (reader.nextSeries()) {
          while (reader.next() != SeriesEvent.END) {
            // what is there is read, and nothing done with it
          }
        }
        walk[r] += System.nanoTime() - decoded;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%s\tfloors\t%.1f B/sample come (%.1f decompressed); decompressing them takes %.0f"
            + " ns/sample, walking through them %.0f; entropy %.3f B/sample%n",
        name(kind),
        (double) packed / samples,
        (double) bytes / samples,
        median(decode) / samples,
        median(walk) / samples,
        data.entropy());
  }

  private static double median(long[] of) {
    long[] sorted = of.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
