package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.logs.LogDatabase;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogOptions;
import dev.tethys.testkit.FileCorruption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Damaged parts of a log store, one file in each round. Half of the rounds leave the checksums as
 * they were: each row that is read must be one that was written, no row may be read twice, and rows
 * may only be absent with a warning or a {@code StorageException} that names the file. The other
 * half damage a section of the first block and recompute its checksum, so that the damage reaches
 * the readers of columns: the result may be anything but an unexpected end.
 */
final class LogPartFuzz implements Fuzz.Target {
  private static final int TEMPLATES = 4;
  private static final int ROWS = 400;
  private static final int FIRST_BLOCK = 8; // after the magic bytes
  private static final List<Matcher> ALL = List.of(Matcher.of(Matcher.Type.REGEX, "app", ".+"));
  private static final List<LogFilter> FILTERS =
      List.of(
          LogFilter.NONE,
          new LogFilter(List.of(LogFilter.Contains.of("status\":500")), List.of()),
          new LogFilter(
              List.of(new LogFilter.Matches(Regex.compile("[0-9]{3}\\.[0-9]"), false)), List.of()),
          new LogFilter(List.of(), List.of(Matcher.equal("level", "error"))));

  /**
   * Files of a store by their path in its folder.
   *
   * @param rows matching rows of each filter, with their counts
   */
  private record Store(
      Map<Path, byte[]> files, List<Path> parts, List<Map<String, Integer>> rows) {}

  private final Path dir;
  private final List<Store> stores = new ArrayList<>();
  private long damaged;
  private long reported;
  private long rows;

  LogPartFuzz(Path dir) {
    this.dir = dir;
    try {
      for (int i = 0; i < TEMPLATES; i++) {
        stores.add(store(dir.resolve("template" + i), i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LogDatabase open(Path folder) throws IOException {
    return LogDatabase.open(
        new RealFiles(),
        folder,
        new LogOptions(
            EngineOptions.defaults().withBackground(false).withReserveBytes(0),
            LogLimits.DEFAULTS));
  }

  private static Store store(Path folder, int seed) throws IOException {
    LogStoreLines lines = new LogStoreLines(seed);
    LogBatch batch = new LogBatch();
    List<Map<String, Integer>> found = new ArrayList<>();
    try (LogDatabase db = open(folder)) {
      for (int part = 0; part < 2; part++) {
        lines.fill(part, seed == 0 ? ROWS / 10 : ROWS, batch);
        db.append(Scope.DEFAULT, batch);
        db.flush();
      }
      for (LogFilter f : FILTERS) {
        Map<String, Integer> rows = new HashMap<>();
        try (LogSelection s = select(db)) {
          for (LogSegment g : s.segments()) {
            read(g, f, rows);
          }
        }
        found.add(rows);
      }
    }
    Map<Path, byte[]> files = new HashMap<>();
    List<Path> parts = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.filter(Files::isRegularFile).toList()) {
        Path name = folder.relativize(p);
        files.put(name, Files.readAllBytes(p));
        if (name.startsWith("tenants") && Files.size(p) > 0) {
          parts.add(name);
        }
      }
    }
    Fuzz.delete(folder);
    if (parts.isEmpty()) {
      throw new IOException("no parts among " + files.keySet());
    }
    return new Store(files, parts, found);
  }

  private static LogSelection select(LogDatabase db) {
    return db.select(Scope.DEFAULT, ALL, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static void read(LogSegment g, LogFilter filter, Map<String, Integer> into) {
    CopyBuffer body = new CopyBuffer();
    g.scan(
        filter,
        LogNeeds.ALL,
        b -> {
          for (int i = 0; i < b.size(); i++) {
            b.body(i, body.clear());
            StringBuilder row = new StringBuilder().append(b.time(i)).append(' ');
            row.append(new String(body.bytes, 0, body.size, StandardCharsets.ISO_8859_1));
            b.forEachMetadata(
                i,
                body,
                (name, from, length) ->
                    row.append(' ')
                        .append(name)
                        .append('=')
                        .append(new String(body.bytes, from, length, StandardCharsets.ISO_8859_1)));
            into.merge(row.toString(), 1, Integer::sum);
          }
          return true;
        });
  }

  @Override
  public long round(Random r) throws IOException {
    Store sound = stores.get(r.nextInt(TEMPLATES));
    Path broken = sound.parts.get(r.nextInt(sound.parts.size()));
    boolean sealed = r.nextBoolean();
    Path folder = dir.resolve("store");
    for (Map.Entry<Path, byte[]> f : sound.files.entrySet()) {
      Path to = folder.resolve(f.getKey());
      Files.createDirectories(to.getParent());
      byte[] content = f.getValue();
      if (f.getKey().equals(broken)) {
        content = sealed ? resealed(content, r) : FileCorruption.of(content, r);
      }
      Files.write(to, content);
    }
    damaged++;
    try (LogDatabase db = open(folder)) {
      for (int f = 0; f < FILTERS.size(); f++) {
        check(db, FILTERS.get(f), sound.rows.get(f), String.valueOf(broken.getFileName()), sealed);
      }
      db.labelNames(Scope.DEFAULT, ALL, Long.MIN_VALUE, Long.MAX_VALUE);
      append(db);
    } finally {
      Fuzz.delete(folder);
    }
    return 1;
  }

  /** Overwrites bytes of one section of the first block and makes the checksums agree. */
  private static byte[] resealed(byte[] sound, Random r) {
    byte[] b = sound.clone();
    ByteBuffer out = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    int tableLength = out.getInt(FIRST_BLOCK);
    int table = FIRST_BLOCK + 8;
    ByteSource in = new ByteSource(sound, table, tableLength);
    int sections = in.count();
    int chosen = r.nextInt(sections);
    int payload = table + tableLength;
    for (int i = 0; i < sections; i++) {
      in.uvarint();
      in.uvarint();
      int length = (int) in.uvarint();
      if (i == chosen) {
        for (int n = 1 + r.nextInt(4); n > 0; n--) {
          int at = payload + r.nextInt(length);
          b[at] = r.nextBoolean() ? (byte) r.nextInt() : (byte) (b[at] ^ 1 << r.nextInt(8));
        }
        out.putInt(in.pos, ByteSink.crc(b, payload, length));
      }
      in.getInt();
      payload += length;
    }
    out.putInt(FIRST_BLOCK + 4, ByteSink.crc(b, table, tableLength));
    return b;
  }

  /** Appends rows and maintains the store's parts, with a damaged one among them. */
  private static void append(LogDatabase db) throws IOException {
    LogBatch batch = new LogBatch();
    byte[] body = {'x'};
    batch.add(LogStoreLines.BEGIN, batch.stream(Labels.of("app", "after")), body, 0, 1);
    db.append(Scope.DEFAULT, batch);
    try {
      db.flush();
      db.housekeep();
    } catch (StorageException e) {
      // a damaged part is not merged
    }
    List<Matcher> after = List.of(Matcher.equal("app", "after"));
    Map<String, Integer> rows = new HashMap<>();
    try (LogSelection s = db.select(Scope.DEFAULT, after, Long.MIN_VALUE, Long.MAX_VALUE)) {
      for (LogSegment g : s.segments()) {
        read(g, LogFilter.NONE, rows);
      }
    }
    if (rows.size() != 1) {
      throw new AssertionError("an entry that was stored after the damage is missing");
    }
  }

  private void check(
      LogDatabase db, LogFilter filter, Map<String, Integer> sound, String file, boolean sealed) {
    Map<String, Integer> found = new HashMap<>();
    List<String> damage = new ArrayList<>();
    try (LogSelection s = select(db)) {
      damage.addAll(s.warnings());
      for (LogSegment g : s.segments()) {
        g.firstTime();
        try {
          g.totals();
          g.counts(List.of("level"));
          g.patterns(LogFilter.NONE, Long.MAX_VALUE, (pattern, stream, bucket, n) -> {});
          read(g, filter, found);
        } catch (StorageException e) {
          damage.add(String.valueOf(e.getMessage()));
        }
      }
    }
    reported += damage.isEmpty() ? 0 : 1;
    if (damage.stream().anyMatch(d -> !d.contains(file))) {
      throw new AssertionError("damage of " + file + " is named " + damage);
    }
    if (sealed) {
      return;
    }
    int all = 0;
    for (Map.Entry<String, Integer> row : found.entrySet()) {
      if (row.getValue() > sound.getOrDefault(row.getKey(), 0)) {
        throw new AssertionError("nothing wrote " + row);
      }
      all += row.getValue();
    }
    rows += all;
    int written = sound.values().stream().mapToInt(Integer::intValue).sum();
    if (damage.isEmpty() && all != written) {
      throw new AssertionError(all + " rows of " + written + ", without a warning");
    }
  }

  @Override
  public String summary() {
    return damaged + " parts, " + reported + " answers with damage named, " + rows + " rows read";
  }
}
