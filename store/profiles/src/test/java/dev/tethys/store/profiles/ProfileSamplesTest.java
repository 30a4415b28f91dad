package dev.tethys.store.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.profiles.ProfileSamples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.ProfileStoreContract;
import dev.tethys.testkit.ProfileStoreContract.Profile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles as samples of metrics. */
class ProfileSamplesTest {
  private static final long T0 = 1_795_608_000_000L;
  private static final String CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

  @TempDir Path folder;

  private static Profile profile(String service, long millis, Map<String, Long> samples) {
    return new Profile(
        ProfileStoreContract.cpu(service, "pod", service + "-1"),
        (T0 + millis) * 1_000_000,
        1,
        "",
        samples);
  }

  private static List<String> read(ProfileSamples samples, long from, long to, Matcher... of) {
    List<String> out = new ArrayList<>();
    try (Selection s = samples.select(SelectHints.range(T0 + from, T0 + to), List.of(of))) {
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        StringBuilder sb = new StringBuilder(s.labels(i).get("pod"));
        for (int k = 0; k < b.size; k++) {
          sb.append(' ').append(b.timestamps[k] - T0).append('=').append(b.values[k]);
        }
        out.add(sb.toString());
        assertThat(s.labels(i).get("__name__")).isEqualTo(CPU);
        assertThat(s.labels(i).toList()).noneMatch(l -> l.name().startsWith("__p"));
      }
    }
    return out;
  }

  @Test
  void totalsOfProfilesAndFunctionsAreSamples() throws IOException {
    try (ProfileDatabase db =
        ProfileDatabase.open(
            new RealFiles(),
            folder,
            new ProfileOptions(EngineOptions.defaults(), ProfileLimits.DEFAULTS))) {
      ProfileSamples samples = new ProfileSamples(() -> db, Scope.DEFAULT);
      db.append(
          Scope.DEFAULT,
          ProfileStoreContract.batch(
              List.of(
                  profile("b", 2000, Map.of("main;pay;sign", 7L, "main;cart", 2L)),
                  profile("a", 1000, Map.of("main;pay", 5L)))));
      db.flush();
      db.append(
          Scope.DEFAULT,
          ProfileStoreContract.batch(
              List.of(
                  profile("b", 1000, Map.of("main;cart", 4L)),
                  profile("b", 9000, Map.of("main;cart", 400L)))));
      Matcher name = Matcher.equal("__name__", CPU);
      assertThat(read(samples, 0, 2000, name))
          .containsExactly("a-1 1000=5.0", "b-1 1000=4.0 2000=9.0");
      assertThat(read(samples, 0, 1999, name, Matcher.equal("service_name", "b")))
          .containsExactly("b-1 1000=4.0");
      assertThat(read(samples, 0, 2000, name, Matcher.equal(ProfileSamples.FUNCTION, "pay")))
          .containsExactly("a-1 1000=5.0", "b-1 1000=0.0 2000=7.0");
      assertThat(
              read(
                  samples,
                  0,
                  2000,
                  name,
                  Matcher.of(Matcher.Type.REGEX, ProfileSamples.FUNCTION, "ca.*|sign")))
          .containsExactly("a-1 1000=0.0", "b-1 1000=4.0 2000=9.0");
      assertThat(read(samples, 0, 2000, Matcher.equal("__name__", "other"))).isEmpty();
      assertThat(samples.labelValues("pod", T0, T0 + 10_000, List.of(name), 1).values())
          .containsExactly("a-1");
    }
    assertThatThrownBy(() -> read(new ProfileSamples(() -> null, Scope.DEFAULT), 0, 1))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("profile store is not open");
  }
}
