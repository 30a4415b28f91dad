package dev.tethys.logagent;

import dev.tethys.config.ByteSize;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.exporter.loki.LokiClientConfig;
import dev.tethys.pipeline.exporter.loki.RequestQueue;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The block {@code wal}: requests of clients wait on disk, so that entries from the network survive
 * a restart while Loki is down. Promtail's block of that name was never finished; its keys are
 * accepted.
 *
 * @param enabled whether they do; in memory otherwise
 * @param dir each client has a folder in it
 * @param bytes most that a client keeps there
 */
record WalConfig(boolean enabled, Path dir, long bytes) {
  private static final Section SECTION = new Section("wal", "Write-ahead log of client requests.");
  private static final Key<Boolean> ENABLED =
      SECTION.key("enabled", Type.BOOL, false, "Enables the write-ahead log.");
  private static final Key<String> DIR =
      SECTION.key("dir", Type.PATH, "", "Directory; each client has a folder in it.");
  private static final Key<ByteSize> MAX_SIZE =
      SECTION.key(
          "max_size",
          Type.SIZE,
          new ByteSize(1L << 30),
          "Maximum size per client, unlimited in Promtail; beyond it sources wait.");

  private static final Section WATCH =
      new Section("watchConfig", "Poll intervals of Promtail's files.");
  private static final Key<YamlObject> WATCH_CONFIG =
      SECTION.optional("watchConfig", WATCH.type(o -> o), "Ignored; files are not polled.");

  static {
    SECTION.key(
        "cleanSegmentsOlderThan",
        GoDurations.TYPE,
        Duration.ofHours(1),
        "Read, without effect; a request is removed from disk only after delivery.");
    for (String s : List.of("minReadFrequency", "maxReadFrequency")) {
      WATCH.key(s, GoDurations.TYPE, Duration.ZERO, "Ignored; files are not polled.");
    }
  }

  /** The block. */
  static final Type<WalConfig> TYPE = SECTION.type(WalConfig::read);

  private static WalConfig read(YamlObject o) {
    o.find(WATCH_CONFIG);
    if (o.get(ENABLED) && o.get(DIR).isEmpty()) {
      throw o.error("wal is enabled but has no dir; set the directory");
    }
    if (o.get(MAX_SIZE).bytes() < 1 << 20) {
      throw o.error(MAX_SIZE, "max_size must be at least 1MB");
    }
    return new WalConfig(o.get(ENABLED), Path.of(o.get(DIR)), o.get(MAX_SIZE).bytes());
  }

  /**
   * Checks that its folder is usable, without creating anything.
   *
   * @throws IOException with the reason if it is not
   */
  void check() throws IOException {
    Path p = dir.toAbsolutePath();
    while (p.getParent() != null && !Files.exists(p)) {
      p = p.getParent();
    }
    if (!Files.isDirectory(p) || !Files.isWritable(p)) {
      throw new IOException("wal.dir " + dir + ": " + p + " is not a writable folder; set another");
    }
  }

  /** Queue of a client's requests. */
  RequestQueue of(LokiClientConfig client) {
    return new RequestQueue(dir.resolve(folder(client)), bytes);
  }

  private static String folder(LokiClientConfig client) {
    return "client-" + URLEncoder.encode(client.id(), StandardCharsets.UTF_8);
  }

  /** Folders of clients not in the list, whose waiting requests are not sent. */
  List<Path> leftBehind(List<LokiClientConfig> clients) throws IOException {
    Set<String> known = clients.stream().map(WalConfig::folder).collect(Collectors.toSet());
    List<Path> out = new ArrayList<>();
    if (Files.isDirectory(dir)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(dir, "client-*")) {
        for (Path p : all) {
          if (!known.contains(String.valueOf(p.getFileName()))) {
            out.add(p);
          }
        }
      }
    }
    return out;
  }
}
