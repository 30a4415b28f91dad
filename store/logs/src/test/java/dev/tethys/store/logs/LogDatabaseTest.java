package dev.tethys.store.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.events.EventEngine;
import dev.tethys.store.events.EventView;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.events.RetentionLimits;
import dev.tethys.testkit.LogMessages;
import dev.tethys.testkit.LogStoreFixture;
import dev.tethys.testkit.LogStoreFixture.Row;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes, faults of the disk, limits, retention. */
@Tag("slow")
class LogDatabaseTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final long HOUR = 3_600_000_000_000L;
  private static final Path DIRECTORY = Path.of("/logs");
  private static final List<Matcher> ALL = List.of(Matcher.of(Matcher.Type.REGEX, "app", ".+"));

  private long now = T0;

  private EngineOptions engine() {
    return EngineOptions.defaults()
        .withBackground(false)
        .withReserveBytes(0)
        .withAppendWait(Duration.ZERO)
        .withClock(() -> now);
  }

  private LogDatabase open(SimulatedFiles files, EngineOptions engine) throws IOException {
    return LogDatabase.open(files, DIRECTORY, new LogOptions(engine, LogLimits.DEFAULTS));
  }

  private static Row row(long time, String body) {
    return Row.of(Labels.of("app", "a"), time, body);
  }

  private static void put(LogStore store, List<Row> rows) {
    assertThat(store.append(Scope.DEFAULT, LogStoreFixture.batch(rows)).refusals()).isEmpty();
  }

  private static List<String> bodies(LogStore store) {
    try (LogSelection s = store.select(Scope.DEFAULT, ALL, Long.MIN_VALUE, Long.MAX_VALUE)) {
      return LogStoreFixture.read(s, LogFilter.NONE).stream().map(Row::body).toList();
    }
  }

  @Test
  void doesNotStorePushWithoutMemoryForItsFrame() throws Exception {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine())) {
      LogBatch batch = LogStoreFixture.batch(List.of(row(T0, "x".repeat(100_000))));
      try (ByteBudget.Reservation request = new ByteBudget(50_000).open()) {
        assertThatThrownBy(
                () -> RequestMemory.during(request, () -> db.append(Scope.DEFAULT, batch)))
            .isInstanceOf(ByteBudget.OverBudgetException.class);
      }
      assertThat(bodies(db)).isEmpty();
      assertThat(db.append(Scope.DEFAULT, batch).refusals()).isEmpty();
      assertThat(bodies(db)).hasSize(1);
    }
  }

  @Test
  void releasesHeadsOnceTheirLastSegmentIsNoLongerRead() throws IOException {
    LogSignal signal = new LogSignal(tenant -> null, () -> now);
    try (EventEngine<LogHead, LogHead.Snapshot, LogPart> engine =
        new EventEngine<>(new SimulatedFiles(1), DIRECTORY, signal, engine())) {
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < 70_000; i++) {
        rows.add(row(T0 + i, "row"));
      }
      append(engine, LogStoreFixture.batch(rows), rows.size());
      EventView<LogHead.Snapshot, LogPart> view =
          engine.view(Scope.DEFAULT_TENANT, Long.MIN_VALUE, Long.MAX_VALUE);
      try (LogSelection s =
          new SelectionBuilder(
                  view, signal.registry(Scope.DEFAULT_TENANT), ALL, Long.MIN_VALUE, Long.MAX_VALUE)
              .build()) {
        assertThat(s.segments()).hasSizeGreaterThan(1);
        for (LogSegment g : s.segments()) {
          assertThat(view.heads()).isNotEmpty();
          g.release();
          g.release();
        }
        assertThat(view.heads()).isEmpty();
      }
    }
  }

  @Test
  void rowsRejectedForMemoryAreNotInTheLog() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    LogSignal signal = new LogSignal(tenant -> null, () -> now);
    LogBatch lost = LogStoreFixture.batch(List.of(row(T0, "lost"), row(T0 + 1, "lost")));
    try (EventEngine<LogHead, LogHead.Snapshot, LogPart> engine =
        new EventEngine<>(files, DIRECTORY, signal, engine())) {
      append(engine, LogStoreFixture.batch(List.of(row(T0, "first"))), 1);
      assertThatThrownBy(() -> append(engine, lost, 0)).isInstanceOf(OutOfMemoryError.class);
      append(engine, LogStoreFixture.batch(List.of(row(T0, "second"))), 1);
      try (EventView<LogHead.Snapshot, LogPart> view =
          engine.view(Scope.DEFAULT_TENANT, Long.MIN_VALUE, Long.MAX_VALUE)) {
        assertThat(view.heads().getFirst().rows().chunks())
            .extracting(LogHead.Chunk::rows)
            .containsExactly(2);
      }
    }
    assertThat(bodies(open(files.afterKill(), engine())))
        .containsExactlyInAnyOrder("first", "second");
  }

  /** Appends rows of one stream; memory ends after some of them, if these are not all. */
  private static void append(
      EventEngine<LogHead, LogHead.Snapshot, LogPart> engine, LogBatch batch, int room) {
    engine.append(
        Scope.DEFAULT_TENANT,
        frame -> {
          LogFrame.write(batch, new boolean[batch.rows], batch.rows, frame);
          return head -> {
            int stream = head.streams().intern(batch.streams.getFirst());
            for (int r = 0; r < batch.rows; r++) {
              if (r > room) {
                throw new OutOfMemoryError("of the test");
              }
              head.add(
                  batch.times[r], stream, batch.bytes, batch.bodyStarts[r], batch.bodyLengths[r]);
            }
          };
        });
  }

  // ---- crashes

  /**
   * Appends, flushes and merges until the power goes; then all acknowledged rows are there once.
   */
  private void survivesACut(long seed) throws IOException {
    Random random = new Random(seed);
    SimulatedFiles files = new SimulatedFiles(seed);
    List<String> acknowledged = new ArrayList<>();
    List<String> sent = new ArrayList<>();
    int next = 0;
    for (int life = 0; life < 4; life++) {
      files.cutAfter(1 + random.nextInt(150));
      try {
        LogDatabase db = open(files, engine());
        List<String> found = bodies(db);
        assertThat(found).as("seed %d life %d", seed, life).doesNotHaveDuplicates();
        assertThat(found).as("seed %d life %d", seed, life).containsAll(acknowledged);
        assertThat(sent).as("seed %d life %d", seed, life).containsAll(found);
        for (int i = 0; i < 40; i++) {
          List<Row> rows = new ArrayList<>();
          for (int k = random.nextInt(20); k >= 0; k--) {
            String body = "request " + next++ + " took " + random.nextInt(1000) + "ms";
            rows.add(row(T0 - random.nextInt(4) * 24 * HOUR + next, body));
            sent.add(body);
          }
          put(db, rows);
          rows.forEach(r -> acknowledged.add(r.body()));
          if (random.nextInt(4) == 0) {
            db.flush();
          }
          if (random.nextInt(6) == 0) {
            db.housekeep();
          }
        }
        files = files.afterKill();
      } catch (SimulatedFiles.PowerCut cut) {
        files = files.afterPowerCut();
      }
    }
  }

  @Test
  void acknowledgedRowsSurvivePowerCutsExactlyOnce() throws IOException {
    for (long seed = 1; seed <= 150; seed++) {
      survivesACut(seed);
    }
  }

  @Test
  void repeatedKillsDoNotGrowTheHead() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    List<String> all = new ArrayList<>();
    for (int life = 0; life < 30; life++) {
      LogDatabase db = open(files, engine().withHeadBytes(20_000));
      assertThat(bodies(db)).containsExactlyInAnyOrderElementsOf(all);
      String body = life + "x".repeat(5000);
      put(db, List.of(row(T0 + life, body)));
      all.add(body);
      assertThat(db.parts()).as("before parts are written in the background").isEqualTo(life / 12);
      files = files.afterKill();
    }
  }

  @Test
  void queriesReplayedRowsBeforeTheyAreWritten() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    List<String> all = new ArrayList<>();
    for (int life = 0; life < 10; life++) {
      LogDatabase db = open(files, engine().withHeadBytes(20_000));
      assertThat(bodies(db)).containsExactlyInAnyOrderElementsOf(all);
      db.maintain();
      assertThat(bodies(db)).containsExactlyInAnyOrderElementsOf(all);
      assertThat(db.parts()).isEqualTo(life / 4);
      String body = life + "x".repeat(5000);
      put(db, List.of(row(T0 + life, body)));
      all.add(body);
      files = files.afterKill();
    }
  }

  // ---- faults of the disk

  @Test
  void fullDiskRejectsAppendsUntilSpaceIsFree() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine().withReserveBytes(1 << 20))) {
      put(db, List.of(row(T0, "before")));
      files.setFree(1000);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1_000_000; i++) { // free space is read twice a second
                  put(db, List.of(row(T0 + 1, "refused " + i)));
                }
              })
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE));
      assertThat(bodies(db)).contains("before");
      StoreHealth full = db.health();
      assertThat(full.refused() + full.failedWrites()).isPositive();
      assertThatThrownBy(() -> put(db, List.of(row(T0 + 1, "refused"))))
          .isInstanceOf(StorageException.class);
      assertThat(db.health().refused()).isEqualTo(full.refused() + 1);
      assertThat(full.diskFree()).isLessThanOrEqualTo(1000);
      assertThat(Objects.requireNonNull(full.problem()).refusing()).isTrue();
      assertThat(full.problem().text()).startsWith("data is refused: the disk has less than ");
      files.setFree(Long.MAX_VALUE);
      put(db, List.of(row(T0 + 2, "after")));
      assertThat(db.health().problem()).isNull();
      assertThat(bodies(db)).contains("before", "after");
    }
  }

  @Test
  void failedWriteStoresNothing() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    LogDatabase db = open(files, engine());
    put(db, List.of(row(T0, "before")));
    files.setFree(10);
    assertThatThrownBy(() -> put(db, List.of(row(T0 + 1, "refused"))))
        .isInstanceOf(StorageException.class);
    assertThat(bodies(db)).containsExactly("before");
    assertThat(Objects.requireNonNull(db.health().problem()).refusing()).isTrue();
    assertThat(db.health().failedWrites()).isEqualTo(1);
    assertThatThrownBy(db::flush).isInstanceOf(IOException.class);
    assertThat(bodies(db)).containsExactly("before");
    files.setFree(Long.MAX_VALUE);
    put(db, List.of(row(T0 + 2, "after")));
    db.flush();
    assertThat(db.health().problem()).isNull();
    assertThat(bodies(db)).containsExactlyInAnyOrder("before", "after");
    db.close();
    try (LogDatabase again = open(files, engine())) {
      assertThat(bodies(again)).containsExactlyInAnyOrder("before", "after");
    }
  }

  @Test
  void removesUnsyncedRows() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine())) {
      put(db, List.of(row(T0, "before")));
      files.failForce(true);
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatThrownBy(() -> put(db, List.of(row(T0 + 1, "refused"))))
            .isInstanceOf(StorageException.class)
            .hasMessageContaining("write-ahead log");
        assertThat(bodies(db)).containsExactly("before");
      }
      files.failForce(false);
      put(db, List.of(row(T0 + 1, "refused"), row(T0 + 2, "after")));
      assertThat(bodies(db)).containsExactlyInAnyOrder("before", "refused", "after");
    }
    try (LogDatabase again = open(files, engine())) {
      assertThat(bodies(again)).containsExactlyInAnyOrder("before", "refused", "after");
    }
    try (LogDatabase afterCut = open(files.afterPowerCut(), engine())) {
      assertThat(bodies(afterCut)).containsExactlyInAnyOrder("before", "refused", "after");
    }
  }

  @Test
  void doesNotFlushUnsyncedRows() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine())) {
      put(db, List.of(row(T0, "before")));
      files.failForce(true);
      assertThatThrownBy(() -> put(db, List.of(row(T0 + 1, "refused"))))
          .isInstanceOf(StorageException.class);
      files.failForce(false);
      db.flush();
      assertThat(bodies(db)).containsExactly("before");
    }
  }

  private static long count(LogSegment segment) {
    long[] count = {0};
    segment.scan(
        LogFilter.NONE,
        dev.tethys.model.logs.LogNeeds.ALL,
        batch -> {
          count[0] += batch.size();
          return true;
        });
    return count[0];
  }

  @Test
  void damageIsConfinedToItsBlock() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 70_000; i++) {
      rows.add(row(T0 + i, "row " + i + " of " + Integer.toHexString(i * 31)));
    }
    try (LogDatabase db = open(files, engine())) {
      put(db, rows);
      db.flush();
    }
    Path part = files.list(DIRECTORY.resolve("tenants/fake")).getFirst();
    byte[] content = files.read(part);
    Random random = new Random(5);
    int named = 0;
    for (int n = 0; n < 60; n++) {
      byte[] damaged = content.clone();
      int at = random.nextInt(damaged.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      try (var f = files.create(part)) {
        f.write(damaged, 0, damaged.length);
      }
      try (LogMessages log = LogMessages.of(PartFile.class);
          LogDatabase db = open(files, engine());
          LogSelection s = db.select(Scope.DEFAULT, ALL, T0, T0 + HOUR)) {
        int failed = 0;
        long read = 0;
        for (LogSegment g : s.segments()) {
          try {
            read += count(g);
          } catch (StorageException e) {
            failed++;
            assertThatThrownBy(() -> count(g)).hasMessage(e.getMessage());
            assertThat(log.messages())
                .as("damage is logged once")
                .singleElement()
                .asString()
                .contains("tenants/fake/");
            assertThat(e.reason()).isEqualTo(Reason.CORRUPT);
            assertThat(e).hasMessageContaining("tenants/fake/").hasMessageContaining("block ");
          }
        }
        assertThat(s.segments()).as("flipped byte %d", at).hasSizeGreaterThan(1);
        assertThat(failed).isLessThanOrEqualTo(1);
        assertThat(read).isGreaterThanOrEqualTo(failed == 0 ? 70_000 : 30_000);
        named += failed;
      }
    }
    assertThat(named).isPositive();
  }

  // ---- limits and memory

  @Test
  void namesAndCountsUnreadableParts() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine())) {
      put(db, List.of(row(T0, "lost")));
      db.flush();
    }
    Path part = files.list(DIRECTORY.resolve("tenants/fake")).getFirst();
    files.damage(part, b -> java.util.Arrays.copyOf(b, b.length - 1));
    try (LogDatabase db = open(files, engine())) {
      put(db, List.of(row(T0 + 1, "kept")));
      for (int query = 0; query < 2; query++) {
        try (LogSelection s = db.select(Scope.DEFAULT, ALL, T0, T0 + HOUR)) {
          assertThat(LogStoreFixture.read(s, LogFilter.NONE)).containsExactly(row(T0 + 1, "kept"));
          assertThat(s.warnings())
              .singleElement()
              .asString()
              .contains("tenants/fake/")
              .doesNotContain(DIRECTORY.toString());
        }
      }
      assertThat(db.unreadableParts()).isEqualTo(1);
      assertThat(db.parts()).isEqualTo(1);
    }
  }

  private static LogLimits keeping(LogRetention retention) {
    LogLimits d = LogLimits.DEFAULTS;
    return new LogLimits(
        d.maxLineSize(),
        d.maxLabelNames(),
        d.maxLabelNameLength(),
        d.maxLabelValueLength(),
        d.maxMetadataSize(),
        d.maxMetadataEntries(),
        d.maxStreams(),
        0,
        0,
        retention);
  }

  private static LogRetention.Rule rule(String app, long priority, long nanos) {
    return new LogRetention.Rule(
        List.of(Matcher.of(Matcher.Type.REGEX, "app", app)), priority, nanos);
  }

  private static Row rowOf(String app, long time) {
    return Row.of(Labels.of("app", app), time, app);
  }

  @Test
  void streamsExpireByTheRuleWithTheHighestPriority() throws IOException {
    long day = 24 * HOUR;
    LogLimits limits =
        keeping(
            new LogRetention(
                3 * day,
                List.of(
                    rule("debug.*", 1, day),
                    rule("debug-kept", 2, 0),
                    rule("debug-.*", 1, 2 * day))));
    EngineOptions options = engine().withRetention(new RetentionLimits(15 * day, 0, 0));
    try (LogDatabase db =
        LogDatabase.open(new SimulatedFiles(1), DIRECTORY, new LogOptions(options, limits))) {
      put(
          db,
          List.of(
              rowOf("debug", T0),
              rowOf("debug-two", T0),
              rowOf("debug-kept", T0),
              rowOf("web", T0)));
      db.flush();
      now = T0 + day - 1;
      db.housekeep();
      assertThat(bodies(db)).hasSize(4);
      now = T0 + day;
      db.housekeep();
      assertThat(bodies(db)).containsExactlyInAnyOrder("debug-two", "debug-kept", "web");
      now = T0 + 2 * day;
      db.housekeep();
      assertThat(bodies(db)).containsExactlyInAnyOrder("debug-kept", "web");
      now = T0 + 40 * day;
      db.housekeep();
      assertThat(bodies(db)).containsExactly("debug-kept");
    }
  }

  @Test
  void expiredStreamsLeaveTheDisk() throws IOException {
    LogRetention retention = new LogRetention(0, List.of(rule("debug", 0, HOUR)));
    LogOptions options = new LogOptions(engine(), keeping(retention));
    try (LogDatabase db = LogDatabase.open(new SimulatedFiles(1), DIRECTORY, options)) {
      List<Row> rows = new ArrayList<>();
      Random random = new Random(1);
      for (int i = 0; i < 5000; i++) {
        rows.add(Row.of(Labels.of("app", "debug"), T0 + i, "id " + random.nextLong()));
      }
      rows.add(rowOf("web", T0));
      put(db, rows);
      db.flush();
      long before = db.partBytes();
      now = T0 + 2 * HOUR;
      db.housekeep();
      assertThat(bodies(db)).containsExactly("web");
      assertThat(db.partBytes()).isLessThan(before / 10);
      long written = db.partBytes();
      db.housekeep();
      assertThat(db.partBytes()).isEqualTo(written);
    }
  }

  @Test
  void tenantsUseTheirRetentionFromTheFirstMaintenance() throws IOException {
    EngineOptions options = engine().withRetention(new RetentionLimits(HOUR, 0, 0));
    LogRetention endless = new LogRetention(0, List.of());
    LogOptions byTenant =
        new LogOptions(options, t -> t.equals("audit") ? keeping(endless) : LogLimits.DEFAULTS);
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = LogDatabase.open(files, DIRECTORY, byTenant)) {
      db.append(Scope.of("audit"), LogStoreFixture.batch(List.of(row(T0, "kept"))));
      put(db, List.of(row(T0, "expires")));
      db.flush();
    }
    now = T0 + 5 * HOUR;
    try (LogDatabase db = LogDatabase.open(files, DIRECTORY, byTenant)) {
      db.housekeep();
      assertThat(db.tenants()).containsExactly("audit");
      db.setLimits(t -> keeping(new LogRetention(4 * HOUR, List.of())));
      db.housekeep();
      assertThat(db.tenants()).isEmpty();
    }
  }

  @Test
  void streamsOfExpiredPartsLeaveMemory() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    EngineOptions options = engine().withRetention(new RetentionLimits(48 * HOUR, 0, 0));
    LogLimits d = LogLimits.DEFAULTS;
    LogLimits limits =
        new LogLimits(
            d.maxLineSize(),
            d.maxLabelNames(),
            d.maxLabelNameLength(),
            d.maxLabelValueLength(),
            d.maxMetadataSize(),
            d.maxMetadataEntries(),
            4000,
            0,
            0,
            null);
    try (LogDatabase db = LogDatabase.open(files, DIRECTORY, new LogOptions(options, limits))) {
      for (int day = 0; day < 6; day++) {
        now = T0 + day * 24 * HOUR;
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 900; i++) {
          rows.add(Row.of(Labels.of("app", "day" + day, "pod", "p" + i), now, "row " + i));
        }
        put(db, rows); // the streams of all days together exceed the limit
        db.housekeep();
        assertThat(bodies(db)).contains("row 899");
        db.flush();
        assertThat(bodies(db)).contains("row 899");
      }
    }
  }

  @Test
  void rejectsEntriesAboveALimitByName() throws IOException {
    LogLimits limits = new LogLimits(10, 2, 5, 6, 12, 2, 3, 2 * HOUR, HOUR, null);
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = LogDatabase.open(files, DIRECTORY, new LogOptions(engine(), limits))) {
      Labels a = Labels.of("app", "a");
      List<Row> rows =
          List.of(
              row(T0, "short"),
              row(T0, "longer than ten"),
              new Row(a, T0, "m", new TreeMap<>(Map.of("k", "0123456789abc"))),
              new Row(a, T0, "n", new TreeMap<>(Map.of("a", "1", "b", "2", "c", "3"))),
              Row.of(Labels.of("app", "a", "b", "1", "c", "2"), T0, "x"),
              Row.of(Labels.of("toolong", "1"), T0, "x"),
              Row.of(Labels.of("app", "toolong"), T0, "x"),
              Row.of(Labels.of("app", "b"), T0, "x"),
              Row.of(Labels.of("app", "c"), T0, "x"),
              Row.of(Labels.of("app", "d"), T0, "x"),
              row(now - 3 * HOUR, "old"),
              row(now + 2 * HOUR, "new"));
      LogAppendResult r = db.append(Scope.DEFAULT, LogStoreFixture.batch(rows));
      assertThat(r.stored()).isEqualTo(3);
      assertThat(r.refusals())
          .extracting(LogAppendResult.Refusal::limit)
          .containsExactlyInAnyOrder(
              "line_too_long",
              "structured_metadata_too_large",
              "structured_metadata_too_many",
              "max_label_names_per_series",
              "label_name_too_long",
              "label_value_too_long",
              "stream_limit",
              "greater_than_max_sample_age",
              "too_far_in_future");
      assertThat(r.text())
          .contains("max entry size '10' bytes exceeded for stream '{app=\"a\"}'")
          .contains("while adding an entry with length '15' bytes")
          .contains("has timestamp too old: ")
          .contains("has timestamp too new: ");
      assertThat(r.rowRefusals()).hasSize(12).startsWith(-1, 0, 1, 2, 3, 4, 5, -1, -1);
      assertThat(bodies(db)).containsExactlyInAnyOrder("short", "x", "x");
    }
  }

  @Test
  void appendsFailByNameWhenFlushesAreTooSlow() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine().withHeadBytes(2000))) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  put(db, List.of(row(T0 + i, "x".repeat(100))));
                }
              })
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.LIMIT);
                assertThat(e).hasMessageContaining("head_bytes");
              });
      db.flush();
      put(db, List.of(row(T0, "again")));
      assertThat(bodies(db)).contains("again");
    }
  }

  @Test
  void supportsAHundredThousandStreams() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      rows.add(Row.of(Labels.of("app", "a" + i % 10, "pod", "p" + i), T0 + i, "started " + i));
    }
    try (LogDatabase db = open(files, engine())) {
      put(db, rows);
      db.flush();
      try (LogSelection s =
          db.select(Scope.DEFAULT, List.of(Matcher.equal("pod", "p77")), T0, T0 + HOUR)) {
        assertThat(LogStoreFixture.read(s, LogFilter.NONE)).containsExactly(rows.get(77));
      }
      assertThat(db.series(Scope.DEFAULT, ALL, T0, T0 + HOUR)).hasSize(100_000);
    }
  }

  // ---- retention, merges, deletion

  @Test
  void removesExpiredParts() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    EngineOptions options = engine().withRetention(new RetentionLimits(48 * HOUR, 0, 0));
    try (LogDatabase db = open(files, options)) {
      put(db, List.of(row(T0 - 24 * HOUR, "a day old"), row(T0, "new")));
      db.flush();
      now = T0 + 30 * HOUR;
      db.housekeep();
      assertThat(bodies(db)).containsExactly("new");
      now = T0 + 49 * HOUR;
      db.housekeep();
      assertThat(bodies(db)).isEmpty();
      assertThat(files.list(DIRECTORY.resolve("tenants/fake"))).isEmpty();
    }
  }

  @Test
  void sizeLimitRemovesTheOldestParts() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    EngineOptions options =
        engine().withRetention(new RetentionLimits(0, 6000, 0)).withSmallPartBytes(0);
    try (LogDatabase db = open(files, options)) {
      for (int i = 0; i < 20; i++) {
        put(db, List.of(row(T0 + i * HOUR, "part " + i)));
        db.flush();
      }
      db.housekeep();
      assertThat(db.partBytes()).isLessThanOrEqualTo(6000);
      assertThat(bodies(db)).contains("part 19").doesNotContain("part 0");
    }
  }

  @Test
  void mergesSmallParts() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine())) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        put(db, List.of(row(T0 + i, "row " + i)));
        all.add("row " + i);
        db.flush();
      }
      db.housekeep();
      assertThat(files.list(DIRECTORY.resolve("tenants/fake")).size()).isLessThan(10);
      assertThat(bodies(db)).containsExactlyInAnyOrderElementsOf(all);
      now = T0 + 48 * HOUR;
      db.housekeep();
      assertThat(files.list(DIRECTORY.resolve("tenants/fake"))).hasSize(1);
      assertThat(bodies(db)).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  @Test
  void deletionFreesSpaceAndSurvivesRestart() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    LogDatabase db = open(files, engine());
    List<Row> rows = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      rows.add(row(T0 + i, "secret " + Long.toHexString(random.nextLong())));
    }
    rows.add(row(T0, "kept"));
    put(db, rows);
    db.flush();
    long before = db.partBytes();
    db.delete(
        Scope.DEFAULT,
        "{app=\"a\"} |= \"secret\"",
        List.of(Matcher.equal("app", "a")),
        new LogFilter(List.of(LogFilter.Contains.of("secret")), List.of()),
        T0,
        T0 + HOUR);
    assertThat(bodies(db)).containsExactly("kept");
    db.close();
    db = open(files, engine());
    assertThat(bodies(db)).containsExactly("kept");
    db.housekeep();
    assertThat(bodies(db)).containsExactly("kept");
    assertThat(db.partBytes()).isLessThan(before / 4);
    assertThat(db.deletions(Scope.DEFAULT)).allMatch(d -> d.processed()).hasSize(1);
    db.close();
  }

  @Test
  void storeOpensOnce() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (LogDatabase db = open(files, engine())) {
      assertThatThrownBy(() -> open(files, engine())).isInstanceOf(IOException.class);
      put(db, List.of(row(T0, "x")));
    }
  }
}
