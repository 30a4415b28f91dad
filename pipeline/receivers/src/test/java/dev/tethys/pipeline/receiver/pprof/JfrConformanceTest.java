package dev.tethys.pipeline.receiver.pprof;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.pipeline.receiver.ProfileText;
import dev.tethys.testkit.Shared;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.ProfilesDictionary;
import io.opentelemetry.proto.profiles.v1development.Sample;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Recordings of async-profiler and the profiles that Pyroscope creates from them, with two
 * differences:
 *
 * <ul>
 *   <li>Pyroscope reports wait times in ticks of the recording's clock but labels them nanoseconds.
 *       Here they are nanoseconds, so these values are compared using the clock's frequency.
 *   <li>Pyroscope removes the hash of the agent's library from names for one version. Here it is
 *       removed for all versions, so that agent versions are comparable.
 * </ul>
 */
@Tag("slow")
class JfrConformanceTest {
  /** Hash in the name of a file without labels. */
  private static final String NO_LABELS = "17241709254077376921";

  private static final Pattern AGENT =
      Pattern.compile("libasyncProfiler-linux-x64-[0-9a-f]{38}\\.so");

  /** Offset of the ticks a second in the header of a recording. */
  private static final int FREQUENCY = 56;

  private static byte[] content(Path gzip) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(gzip))) {
      return in.readAllBytes();
    }
  }

  /** Adds the samples of a profile to maps of values by stack, one for each set of attributes. */
  private static void add(
      ProfilesDictionary d, Profile p, Map<String, Map<List<String>, Map<String, Long>>> to) {
    String name =
        ProfileText.attributes(d, p.getAttributeIndicesList()).stream()
            .filter(a -> a.startsWith("__name__="))
            .map(a -> a.substring("__name__=".length()))
            .findFirst()
            .orElse("");
    String type =
        (name + "/" + ProfileText.type(d, p.getSampleType()) + "/")
            + ProfileText.type(d, p.getPeriodType());
    for (Sample s : p.getSamplesList()) {
      List<String> attributes =
          ProfileText.attributes(d, s.getAttributeIndicesList()).stream()
              .filter(a -> !a.startsWith("profile_id=")) // unique per span, not per series
              .toList();
      to.computeIfAbsent(type.replace('/', '_'), _ -> new HashMap<>())
          .computeIfAbsent(attributes, _ -> new TreeMap<>())
          .merge(ProfileText.stack(d, s), s.getValues(0), Long::sum);
    }
  }

  /** Expected values by stack of each profile of a recording, by type and hash of the labels. */
  private static Map<String, Map<String, Map<String, Long>>> expected(String recording)
      throws IOException {
    Map<String, Map<String, Map<String, Long>>> expected = new TreeMap<>();
    for (Path f : Shared.conformanceFiles("pyroscope/jfr", ".pb.gz")) {
      String name = f.getFileName().toString();
      if (!name.startsWith(recording + ".jfr.gz.")) {
        continue;
      }
      int hash = name.lastIndexOf('.', name.length() - 7);
      ProfilesWriter pprof = new ProfilesWriter();
      pprof.resource(Map.of("service.name", "a"));
      PprofReader.read(content(f), 64 << 20, Map.of(), Map.of(), pprof);
      ProfilesData d = ProfilesData.parseFrom(pprof.toByteArray());
      Map<String, Long> stacks = new TreeMap<>();
      for (Profile p : ProfileText.profiles(d)) {
        for (Sample s : p.getSamplesList()) {
          String stack = ProfileText.stack(d.getDictionary(), s);
          stack = AGENT.matcher(stack).replaceAll("libasyncProfiler_.so");
          stacks.merge(stack, s.getValues(0), Long::sum);
        }
      }
      expected
          .computeIfAbsent(name.substring(recording.length() + 8, hash), _ -> new TreeMap<>())
          .put(name.substring(hash + 1, name.length() - 6), stacks);
    }
    return expected;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cortex-dev-01__kafka-0__cpu__0",
        "cortex-dev-01__kafka-0__cpu_lock_alloc__0",
        "cortex-dev-01__kafka-0__cpu_lock0_alloc0__0",
        "dump1",
        "dump2"
      })
  void matchesPyroscope(String recording) throws Exception {
    Path folder = Shared.conformance("pyroscope/jfr");
    Path file = folder.resolve(recording + ".jfr.gz");
    assumeTrue(Files.exists(file), "conformance data is missing");
    Path labels = folder.resolve(recording + ".labels.pb.gz");
    byte[] bytes = content(file);
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of("service.name", "a"));
    JfrProfiles.read(
        bytes, Files.exists(labels) ? content(labels) : new byte[0], 1, 1, 100, Map.of(), out);
    ProfilesData data = ProfilesData.parseFrom(out.toByteArray());
    Map<String, Map<List<String>, Map<String, Long>>> found = new TreeMap<>();
    for (Profile p : ProfileText.profiles(data)) {
      add(data.getDictionary(), p, found);
    }
    Map<String, Map<String, Map<String, Long>>> expected = expected(recording);
    assertThat(expected).isNotEmpty();
    assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
    double frequency = ByteBuffer.wrap(bytes).getLong(FREQUENCY);
    expected.forEach(
        (type, profiles) -> {
          Map<List<String>, Map<String, Long>> own = requireNonNull(found.get(type));
          Map<String, Long> waits = // each is rounded to a nanosecond
              found
                  .getOrDefault(
                      type.replace("_delay_nanoseconds_", "_contentions_count_"), Map.of())
                  .getOrDefault(List.<String>of(), Map.of());
          // The profile without labels covers all samples; the others cover one set of labels each.
          Map<String, Long> sum = new TreeMap<>();
          own.values().forEach(v -> v.forEach((stack, n) -> sum.merge(stack, n, Long::sum)));
          Map<String, Long> all = requireNonNull(profiles.remove(NO_LABELS));
          if (type.contains("_delay_nanoseconds_")) {
            assertThat(sum.keySet()).as("%s", type).isEqualTo(all.keySet());
            all.forEach(
                (stack, ticks) ->
                    assertThat((double) requireNonNull(sum.get(stack)))
                        .as("%s %s", type, stack)
                        .isCloseTo(
                            ticks * 1e9 / frequency,
                            within(1.0 + requireNonNull(waits.get(stack)))));
          } else {
            assertThat(sum).as("%s", type).isEqualTo(all);
          }
          if (!profiles.isEmpty()) {
            Map<List<String>, Map<String, Long>> labelled = new HashMap<>(own);
            labelled.remove(List.<String>of());
            assertThat(labelled.values())
                .as("%s", type)
                .containsExactlyInAnyOrderElementsOf(profiles.values());
          }
        });
  }
}
