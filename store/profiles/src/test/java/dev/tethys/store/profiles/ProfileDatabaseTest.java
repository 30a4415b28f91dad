package dev.tethys.store.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.profiles.ProfileAppendResult;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.events.RetentionLimits;
import dev.tethys.testkit.ProfileStoreContract;
import dev.tethys.testkit.ProfileStoreContract.Profile;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes, faults of the disk, limits, retention, damage. */
@Tag("slow")
class ProfileDatabaseTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final long HOUR = 3_600_000_000_000L;
  private static final Scope SCOPE = Scope.DEFAULT;
  private static final Path DIRECTORY = Path.of("/profiles");

  private long now = T0;

  private EngineOptions engine() {
    return EngineOptions.defaults()
        .withBackground(false)
        .withReserveBytes(0)
        .withAppendWait(Duration.ZERO)
        .withClock(() -> now);
  }

  private ProfileDatabase open(SimulatedFiles files, EngineOptions engine) throws IOException {
    return open(files, engine, ProfileLimits.DEFAULTS);
  }

  private static ProfileDatabase open(
      SimulatedFiles files, EngineOptions engine, ProfileLimits limits) throws IOException {
    return ProfileDatabase.open(files, DIRECTORY, new ProfileOptions(engine, limits));
  }

  private static Profile profile(String service, long time, long value) {
    return new Profile(
        ProfileStoreContract.cpu(service),
        time,
        1,
        "",
        Map.of("main;f" + value % 7 + ";g", value, "main", 1L));
  }

  private static ProfileAppendResult append(ProfileStore store, Profile... profiles) {
    return store.append(SCOPE, ProfileStoreContract.batch(List.of(profiles)));
  }

  private static void put(ProfileStore store, Profile... profiles) {
    assertThat(append(store, profiles).refusals()).isEmpty();
  }

  /** Totals of all profiles less 1, which identify them. */
  private static List<Long> values(ProfileStore store) {
    List<Long> out = new ArrayList<>();
    try (ProfileSelection s = store.select(SCOPE, List.of(), Long.MIN_VALUE, Long.MAX_VALUE)) {
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
              assertThat(samples.total()).isEqualTo(rows.totals[row]);
              out.add(rows.totals[row] - 1);
            }

            @Override
            public void end() {}
          },
          () -> false);
    }
    return out;
  }

  @Test
  void rejectsUnsupportedTimes() throws IOException {
    long last = Long.MAX_VALUE / 1_000_000 * 1_000_000;
    try (ProfileDatabase store = open(new SimulatedFiles(1), engine())) {
      ProfileAppendResult result =
          append(
              store,
              profile("a", Long.MIN_VALUE, 1),
              profile("a", -1, 2),
              profile("a", 0, 3),
              profile("a", last - 1, 4),
              profile("a", last, 5),
              profile("a", Long.MAX_VALUE, 6));
      assertThat(result.stored()).isEqualTo(2);
      assertThat(result.refused()).isEqualTo(4);
      assertThat(result.refusals()).hasSize(1);
      assertThat(result.refusals().getFirst().limit()).isEqualTo("not_in_ingestion_window");
      assertThat(result.refusals().getFirst().message())
          .contains("-9223372036854775808 ns", "from 1970-01-01 to 2262-04-11");
      assertThat(values(store)).containsExactlyInAnyOrder(3L, 4L);
      store.flush();
      assertThat(values(store)).containsExactlyInAnyOrder(3L, 4L);
    }
  }

  // ---- crashes

  /**
   * Appends, flushes and merges until the power goes; then all acknowledged rows are there once.
   */
  private void survivesACut(long seed) throws IOException {
    Random random = new Random(seed);
    SimulatedFiles files = new SimulatedFiles(seed);
    List<Long> acknowledged = new ArrayList<>();
    List<Long> sent = new ArrayList<>();
    long next = 1;
    for (int life = 0; life < 4; life++) {
      files.cutAfter(1 + random.nextInt(150));
      try {
        ProfileDatabase db = open(files, engine());
        List<Long> found = values(db);
        assertThat(found).as("seed %d life %d", seed, life).doesNotHaveDuplicates();
        assertThat(found).as("seed %d life %d", seed, life).containsAll(acknowledged);
        assertThat(sent).as("seed %d life %d", seed, life).containsAll(found);
        for (int i = 0; i < 40; i++) {
          List<Profile> rows = new ArrayList<>();
          List<Long> ids = new ArrayList<>();
          for (int k = random.nextInt(5); k >= 0; k--) {
            ids.add(next);
            rows.add(profile("s" + next % 3, T0 - random.nextInt(4) * 24 * HOUR, next++));
          }
          sent.addAll(ids);
          put(db, rows.toArray(Profile[]::new));
          acknowledged.addAll(ids);
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
  void acknowledgedProfilesSurvivePowerCutsExactlyOnce() throws IOException {
    for (long seed = 1; seed <= 100; seed++) {
      survivesACut(seed);
    }
  }

  @Test
  void removesUnsyncedProfiles() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (ProfileDatabase db = open(files, engine())) {
      put(db, profile("a", T0, 1));
      files.failForce(true);
      assertThatThrownBy(() -> put(db, profile("b", T0, 2)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("write-ahead log");
      assertThat(values(db)).containsExactly(1L);
      files.failForce(false);
      put(db, profile("b", T0, 3));
      assertThat(values(db)).containsExactlyInAnyOrder(1L, 3L);
    }
    try (ProfileDatabase again = open(files, engine())) {
      assertThat(values(again)).containsExactlyInAnyOrder(1L, 3L);
    }
  }

  // ---- merges and retention

  @Test
  void mergesSmallParts() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    List<Long> all = new ArrayList<>();
    try (ProfileDatabase db = open(files, engine())) {
      for (long i = 1; i <= 16; i++) {
        put(db, profile("s" + i % 3, T0 + i, i));
        all.add(i);
        db.flush();
      }
      assertThat(db.parts()).isEqualTo(16);
      db.housekeep();
      assertThat(db.parts()).isLessThanOrEqualTo(2);
      assertThat(values(db)).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  @Test
  void deletedProfilesLeaveTheDisk() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (ProfileDatabase db = open(files, engine())) {
      put(db, profile("a", T0, 1), profile("b", T0, 2));
      db.delete(
          SCOPE,
          "{service_name=\"a\"}",
          List.of(Matcher.of(Matcher.Type.EQUAL, "service_name", "a")),
          T0,
          T0 + 1);
      db.housekeep();
      assertThat(db.deletions(SCOPE)).allMatch(d -> d.processed());
      assertThat(values(db)).containsExactly(2L);
    }
    try (ProfileDatabase again = open(files, engine())) {
      assertThat(values(again)).containsExactly(2L);
    }
  }

  @Test
  void oldProfilesExpire() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (ProfileDatabase db =
        open(files, engine().withRetention(new RetentionLimits(48 * HOUR, 0, 0)))) {
      put(db, profile("a", T0, 1), profile("a", T0 - 24 * HOUR, 2));
      db.flush();
      now = T0 + 30 * HOUR;
      db.housekeep();
      assertThat(values(db)).containsExactly(1L);
      now = T0 + 60 * HOUR;
      db.housekeep();
      assertThat(values(db)).isEmpty();
    }
  }

  // ---- limits

  /** A location of many inlined calls would make each stack with it as many frames. */
  @Test
  void inlinedCallsCountAsFramesOfAStack() throws IOException {
    ProfileLimits limits = new ProfileLimits(12, 20, 60, 3, 4, 40, 2);
    try (ProfileDatabase db = open(new SimulatedFiles(1), engine(), limits)) {
      assertThat(db.append(Scope.of("t"), inlined(2, 2)).refusals()).isEmpty();
      for (ProfileBatch b : List.of(inlined(1, 5), inlined(2, 3), inlined(4, Short.MAX_VALUE))) {
        assertThat(db.append(Scope.of("t"), b).refusals())
            .singleElement()
            .satisfies(
                r -> {
                  assertThat(r.limit()).isEqualTo("invalid_profile");
                  assertThat(r.message()).contains("frames; max_profile_stacktrace_depth is 4");
                });
      }
    }
  }

  /** A profile with a stack of one location several times, which has several lines. */
  private static ProfileBatch inlined(int depth, int lines) {
    ProfileBatch b = new ProfileBatch();
    long[] row = new long[ProfileSymbols.LOCATION_HEAD + lines * ProfileSymbols.LINE];
    int location = b.symbols.locations.intern(row, row.length);
    int node = 0;
    for (int i = 0; i < depth; i++) {
      node = b.symbols.nodes.intern(node, location);
    }
    Samples samples = new Samples();
    samples.add(node, 0, 1);
    b.rows.add(b.series(ProfileStoreContract.cpu("a")), T0, 1, 1, 0, samples);
    return b;
  }

  @Test
  void limitsRejectByName() throws IOException {
    ProfileLimits limits = new ProfileLimits(12, 20, 60, 3, 4, 40, 2);
    try (ProfileDatabase db = open(new SimulatedFiles(1), engine(), limits)) {
      put(db, profile("a", T0, 1));
      Labels cpu = ProfileStoreContract.cpu("a");
      assertRefused(db, "samples_limit", new Profile(cpu, T0, 1, "", samples("a", "b", "c", "d")));
      assertRefused(db, "invalid_profile", new Profile(cpu, T0, 1, "", samples("a;b;c;d;e")));
      assertRefused(db, "invalid_profile", new Profile(cpu, T0, 1, "", samples("x".repeat(41))));
      assertRefused(
          db,
          "label_name_too_long",
          new Profile(ProfileStoreContract.cpu("a", "n".repeat(21), "v"), T0, 1, "", Map.of()));
      assertRefused(
          db,
          "label_value_too_long",
          new Profile(ProfileStoreContract.cpu("a", "n", "v".repeat(61)), T0, 1, "", Map.of()));
      assertRefused(
          db,
          "max_label_names_per_series",
          new Profile(
              ProfileStoreContract.cpu(
                  "a", "a", "1", "b", "1", "c", "1", "d", "1", "e", "1", "f", "1"),
              T0,
              1,
              "",
              Map.of()));
      assertRefused(db, "missing_labels", new Profile(Labels.of("a", "b"), T0, 1, "", Map.of()));
      put(db, profile("b", T0, 2));
      assertRefused(db, "series_limit", profile("c", T0, 3));
      assertThat(values(db)).containsExactlyInAnyOrder(1L, 2L);
    }
  }

  private static Map<String, Long> samples(String... stacks) {
    Map<String, Long> out = new TreeMap<>();
    for (String s : stacks) {
      out.put(s, 1L);
    }
    return out;
  }

  /** A profile is refused alone: one that fits is stored with it. */
  private static void assertRefused(ProfileStore store, String limit, Profile profile) {
    ProfileAppendResult r = append(store, profile);
    assertThat(r.stored()).isZero();
    assertThat(r.refusals())
        .singleElement()
        .satisfies(
            x -> {
              assertThat(x.limit()).isEqualTo(limit);
              assertThat(x.message()).isNotEmpty();
            });
  }
}
