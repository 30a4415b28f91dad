package dev.tethys.tools;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * {@code debug pprof}, {@code debug metrics}, {@code debug all}: collects diagnostic data of a
 * server into {@code debug.tar.gz}.
 *
 * <p>Profiles are those of Go servers. For Tethys, {@code all} collects its metrics and status.
 */
final class DebugServer {
  private static final String ARCHIVE = "debug.tar.gz";

  /** Recording a profile takes half a minute. */
  private static final Duration TIMEOUT = Duration.ofSeconds(90);

  private static final Map<String, String> PROFILES = new LinkedHashMap<>();
  private static final Map<String, String> METRICS = Map.of("/metrics", "metrics.txt");
  private static final Map<String, String> STATUS = new LinkedHashMap<>();

  static {
    PROFILES.put("/debug/pprof/profile?seconds=30", "cpu.pb");
    PROFILES.put("/debug/pprof/block", "block.pb");
    PROFILES.put("/debug/pprof/goroutine", "goroutine.pb");
    PROFILES.put("/debug/pprof/heap", "heap.pb");
    PROFILES.put("/debug/pprof/mutex", "mutex.pb");
    PROFILES.put("/debug/pprof/threadcreate", "threadcreate.pb");
    PROFILES.put("/debug/pprof/trace?seconds=30", "trace.pb");
    STATUS.put("/api/v1/status/buildinfo", "buildinfo.json");
    STATUS.put("/api/v1/status/runtimeinfo", "runtimeinfo.json");
    STATUS.put("/api/v1/status/flags", "flags.json");
    STATUS.put("/api/v1/status/tsdb", "tsdb.json");
    STATUS.put("/api/v1/targets?state=active", "targets.json");
    STATUS.put("/api/v1/rules", "rules.json");
  }

  private record Entry(String name, byte[] content) {}

  private DebugServer() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "debug pprof",
            "<server>",
            "Fetch profiling debug information of a server written in Go, into "
                + ARCHIVE
                + ". Tethys has no such profiles: use jcmd or a JFR recording there.",
            List.of(),
            1,
            1,
            (a, c) -> run(a, c, true, false)),
        new Command(
            "debug metrics",
            "<server>",
            "Fetch metrics debug information, into " + ARCHIVE + ".",
            List.of(),
            1,
            1,
            (a, c) -> run(a, c, false, true)),
        new Command(
            "debug all",
            "<server>",
            "Fetch all debug information, into "
                + ARCHIVE
                + ": metrics, and profiles or, of Tethys, what it says of its state.",
            List.of(),
            1,
            1,
            (a, c) -> run(a, c, true, true)));
  }

  private static int run(Command.Arguments a, Console console, boolean profiles, boolean metrics) {
    try (HttpAccess server = HttpAccess.of(a.operands().getFirst(), "", List.of())) {
      List<Entry> entries = new ArrayList<>();
      boolean go = profiles && hasProfiles(server);
      if (go) {
        fetch(server, PROFILES, console, entries);
      } else if (profiles && !metrics) {
        console
            .err()
            .println(
                "error completing debug command: "
                    + server.base()
                    + " has no pprof profiles; on Tethys's machine use jcmd <pid> Thread.print,"
                    + " GC.heap_info or JFR.start");
        return 1;
      } else if (profiles) {
        fetch(server, STATUS, console, entries);
      }
      if (metrics) {
        fetch(server, METRICS, console, entries);
      }
      Files.write(Path.of(ARCHIVE), tar(entries));
      console
          .out()
          .println(
              "Compiling debug information complete, all files written in \"" + ARCHIVE + "\".");
      return 0;
    } catch (IOException e) {
      console.err().println("error completing debug command: " + e.getMessage());
      return 1;
    }
  }

  private static boolean hasProfiles(HttpAccess server) throws IOException {
    return get(server, "/debug/pprof/threadcreate").status() == 200;
  }

  private static HttpAccess.Reply get(HttpAccess server, String path) throws IOException {
    try {
      return server.get(path, TIMEOUT);
    } catch (IOException e) {
      throw new IOException("error executing HTTP request: " + e.getMessage(), e);
    }
  }

  private static void fetch(
      HttpAccess server, Map<String, String> what, Console console, List<Entry> to)
      throws IOException {
    for (Map.Entry<String, String> e : what.entrySet()) {
      String url = server.base() + e.getKey();
      console.out().println("collecting: " + url);
      console.out().flush();
      HttpAccess.Reply r = get(server, e.getKey());
      if (r.status() != 200) {
        throw new IOException(
            "error getting "
                + url
                + ": server returned HTTP status "
                + r.status()
                + ": "
                + r.text().strip());
      }
      to.add(new Entry(e.getValue(), inflated(r.body())));
    }
  }

  /** Profiles are compressed and kept unchanged. */
  private static byte[] inflated(byte[] body) throws IOException {
    if (body.length < 2 || body[0] != 0x1f || (body[1] & 0xff) != 0x8b) {
      return body;
    }
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return in.readAllBytes();
    }
  }

  private static byte[] tar(List<Entry> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gz = new GZIPOutputStream(out)) {
      for (Entry e : entries) {
        gz.write(header(e.name(), e.content().length));
        gz.write(e.content());
        gz.write(new byte[(512 - e.content().length % 512) % 512]);
      }
      gz.write(new byte[1024]);
    }
    return out.toByteArray();
  }

  /** A header of the POSIX ustar format: fixed fields, numbers in octal. */
  private static byte[] header(String name, int size) {
    byte[] h = new byte[512];
    put(h, 0, name);
    put(h, 100, "0000600\0");
    put(h, 108, "0000000\0");
    put(h, 116, "0000000\0");
    put(h, 124, String.format("%011o\0", size));
    put(h, 136, String.format("%011o\0", System.currentTimeMillis() / 1000));
    put(h, 148, "        ");
    h[156] = '0';
    put(h, 257, "ustar\00000");
    int sum = 0;
    for (byte b : h) {
      sum += b & 0xff;
    }
    put(h, 148, String.format("%06o\0 ", sum));
    return h;
  }

  private static void put(byte[] to, int at, String text) {
    byte[] b = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(b, 0, to, at, b.length);
  }
}
