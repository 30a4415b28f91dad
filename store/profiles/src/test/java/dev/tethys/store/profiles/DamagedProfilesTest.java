package dev.tethys.store.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.ProfileStoreContract;
import dev.tethys.testkit.ProfileStoreContract.Profile;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Responses of a store of which one byte of a part is wrong. */
@Tag("slow")
class DamagedProfilesTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final int PROFILES = 300;
  private static final Scope SCOPE = Scope.DEFAULT;
  private static final Path DIRECTORY = Path.of("/profiles");

  private static ProfileDatabase open(SimulatedFiles files) throws IOException {
    return ProfileDatabase.open(
        files,
        DIRECTORY,
        new ProfileOptions(
            EngineOptions.defaults().withBackground(false).withReserveBytes(0),
            ProfileLimits.DEFAULTS));
  }

  /** Totals of profiles by their time. */
  private static Map<Long, Long> totals(ProfileSelection s, boolean samples) {
    Map<Long, Long> out = new TreeMap<>();
    s.read(
        new ProfileReader() {
          @Override
          public boolean needsSamples() {
            return samples;
          }

          @Override
          public void begin(ProfileSymbols symbols) {}

          @Override
          public void profile(int series, ProfileRows rows, int row, Samples of) {
            out.put(rows.times[row], rows.totals[row]);
            if (samples) {
              assertThat(of.total()).isEqualTo(rows.totals[row]);
            }
          }

          @Override
          public void end() {}
        },
        () -> false);
    return out;
  }

  @Test
  void returnsReadableProfilesAndNamesTheRest() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    Random random = new Random(5);
    List<Profile> sent = new ArrayList<>();
    for (int i = 0; i < PROFILES; i++) {
      Map<String, Long> stacks = new TreeMap<>();
      for (int n = 1 + random.nextInt(20); n > 0; n--) {
        stacks.put(
            "main;f" + random.nextInt(40) + ";g" + random.nextInt(40) + "|" + random.nextInt(99),
            random.nextLong(1 << 20));
      }
      sent.add(
          new Profile(
              ProfileStoreContract.cpu("s" + i % 3),
              T0 + i * 1_000_000_000L,
              random.nextInt(9),
              "comment " + random.nextInt(7),
              stacks));
    }
    Map<Long, Long> whole;
    try (ProfileDatabase db = open(files)) {
      assertThat(db.append(SCOPE, ProfileStoreContract.batch(sent)).refusals()).isEmpty();
      db.flush();
      try (ProfileSelection s = db.select(SCOPE, List.of(), Long.MIN_VALUE, Long.MAX_VALUE)) {
        whole = totals(s, true);
        assertThat(s.damage()).isEmpty();
      }
    }
    assertThat(whole).hasSize(PROFILES);
    Path part = files.list(DIRECTORY.resolve("tenants/fake")).getFirst();
    byte[] content = files.read(part);
    int counted = 0;
    for (int n = 0; n < 100; n++) {
      int at = random.nextInt(content.length);
      byte[] damaged = content.clone();
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      try (var f = files.create(part)) {
        f.write(damaged, 0, damaged.length);
      }
      try (ProfileDatabase db = open(files);
          ProfileSelection s = db.select(SCOPE, List.of(), Long.MIN_VALUE, Long.MAX_VALUE)) {
        Map<Long, Long> stacks = totals(s, true);
        assertThat(whole.entrySet()).as("flipped byte %d", at).containsAll(stacks.entrySet());
        assertThat(stacks.size() == PROFILES || !s.damage().isEmpty()).isTrue();
        Map<Long, Long> points = totals(s, false);
        assertThat(whole.entrySet()).containsAll(points.entrySet());
        counted += points.size() == PROFILES ? 1 : 0;
        assertThat(s.damage()).noneMatch(d -> d.contains(DIRECTORY + "/"));
      }
    }
    assertThat(counted).isGreaterThan(70);
  }
}
