package dev.tethys.pipeline.receiver.pprof;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recordings of async-profiler and the profiles that Pyroscope makes of them. */
class JfrConformanceTest {
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
      List<String> attributes = ProfileText.attributes(d, s.getAttributeIndicesList());
      to.computeIfAbsent(type.replace('/', '_'), _ -> new HashMap<>())
          .computeIfAbsent(attributes, _ -> new TreeMap<>())
          .merge(ProfileText.stack(d, s), s.getValues(0), Long::sum);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"cortex-dev-01__kafka-0__cpu__0", "cortex-dev-01__kafka-0__cpu_lock_alloc__0"})
  void profilesEqualThoseOfPyroscope(String recording) throws Exception {
    Path folder = Shared.conformance("pyroscope/jfr");
    Path file = folder.resolve(recording + ".jfr.gz");
    assumeTrue(Files.exists(file), "conformance data is missing");
    Path labels = folder.resolve(recording + ".labels.pb.gz");
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of("service.name", "a"));
    JfrProfiles.read(
        content(file),
        Files.exists(labels) ? content(labels) : new byte[0],
        1,
        1,
        100,
        Map.of(),
        out);
    ProfilesData data = ProfilesData.parseFrom(out.toByteArray());
    Map<String, Map<List<String>, Map<String, Long>>> found = new TreeMap<>();
    for (Profile p : ProfileText.profiles(data)) {
      add(data.getDictionary(), p, found);
    }
    Map<String, List<Map<String, Long>>> expected = new HashMap<>();
    for (Path f : Shared.conformanceFiles("pyroscope/jfr", ".pb.gz")) {
      String name = f.getFileName().toString();
      if (!name.startsWith(recording + ".jfr.gz.")) {
        continue;
      }
      String type =
          name.substring(recording.length() + 8, name.lastIndexOf('.', name.length() - 7));
      ProfilesWriter pprof = new ProfilesWriter();
      pprof.resource(Map.of("service.name", "a"));
      PprofReader.read(content(f), 64 << 20, Map.of(), Map.of(), pprof);
      ProfilesData d = ProfilesData.parseFrom(pprof.toByteArray());
      Map<String, Long> stacks = new TreeMap<>();
      for (Profile p : ProfileText.profiles(d)) {
        for (Sample s : p.getSamplesList()) {
          stacks.merge(ProfileText.stack(d.getDictionary(), s), s.getValues(0), Long::sum);
        }
      }
      expected.computeIfAbsent(type, _ -> new ArrayList<>()).add(stacks);
    }
    assertThat(expected).isNotEmpty();
    assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
    expected.forEach(
        (type, stacks) ->
            assertThat(new ArrayList<>(requireNonNull(found.get(type)).values()))
                .as("%s", type)
                .containsExactlyInAnyOrderElementsOf(stacks));
  }
}
