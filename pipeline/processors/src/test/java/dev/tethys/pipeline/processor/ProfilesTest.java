package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfileEditor;
import dev.tethys.codec.otlp.wire.ProfileTable;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.OpenSample;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.connector.CountFactory;
import dev.tethys.pipeline.processor.filter.FilterFactory;
import dev.tethys.pipeline.processor.transform.TransformFactory;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ProfilesTest {
  private final Rig rig = new Rig();
  private final TransformFactory transform = new TransformFactory(InstantSource.system());
  private final FilterFactory filter = new FilterFactory(InstantSource.system());

  /** Two profiles of one dictionary: CPU with samples of threads a and b, and memory. */
  private static ProfilesData two() {
    ProfilesWriter w = new ProfilesWriter();
    w.resource(Map.of("service.name", "shop"));
    int a = w.attribute("thread", "a", "");
    int b = w.attribute("thread", "b", "");
    int size = w.attribute("size", 7L, "bytes");
    w.profile(profile(w, "cpu", size, a, b), 2);
    w.profile(profile(w, "memory", size, a), 1);
    byte[] request = w.toByteArray();
    return new OtlpReader().profiles(request, 0, request.length);
  }

  private static ProtoWriter profile(ProfilesWriter to, String type, int own, int... threads) {
    int stack =
        to.dictionary().index(ProfileTable.STACK, new ProtoWriter().bytes(1, new byte[] {0}));
    ProtoWriter w = new ProtoWriter();
    int t = w.begin(1);
    w.int64(1, to.dictionary().string(type)).int64(2, to.dictionary().string("ns"));
    w.end(t);
    for (int thread : threads) {
      int s = w.begin(2);
      w.int64Unless0(1, stack).bytes(2, new byte[] {(byte) thread}).bytes(4, new byte[] {3, 4});
      w.end(s);
    }
    w.fixed64(3, 1_700_000_000_000_000_000L).int64(4, 5_000_000_000L).int64(6, 100);
    w.bytes(7, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
    w.bytes(11, new byte[] {(byte) own});
    return w.string(99, "of a newer sender");
  }

  /** The passed-on profiles, over the wire. */
  private List<OpenProfile> sent() {
    byte[] wire = wire();
    List<OpenProfile> all = new ArrayList<>();
    ProfileEditor editor = new ProfileEditor();
    new OtlpReader()
        .profiles(wire, 0, wire.length)
        .resources()
        .forEach(r -> r.scopes().forEach(s -> s.items().forEach(p -> all.add(editor.open(p)))));
    return all;
  }

  private byte[] wire() {
    return rig.out.getFirst().body();
  }

  @Test
  void countsProfiles() {
    CountFactory count = CountFactory.count(InstantSource.system());
    assertThat(count.connects(Signal.PROFILES, Signal.METRICS)).isTrue();
    rig.send(rig.connector(count, Signal.PROFILES, Signal.METRICS, "{}", "metrics/x"), two());
    Metric all = Rig.all(rig.lastMetrics()).getFirst();
    assertThat(all.name()).isEqualTo("profile.count");
    assertThat(points(all).getFirst().longValue()).isEqualTo(2);
    assertThat(points(all).getFirst().timeUnixNano()).isEqualTo(1_700_000_000_000_000_000L);
    rig.send(
        rig.connector(
            count,
            Signal.PROFILES,
            Signal.METRICS,
            """
            profiles:
              cpu:
                conditions: [profile.sample_type.type == "cpu"]
                attributes: [{key: size}, {key: service.name}]
            """,
            "metrics/x"),
        two());
    Metric cpu = Rig.all(rig.lastMetrics()).getFirst();
    assertThat(points(cpu)).hasSize(1);
    assertThat(points(cpu).getFirst().longValue()).isEqualTo(1);
    assertThat(points(cpu).getFirst().attributes().toString())
        .isEqualTo("{size=7, service.name=shop}");
    assertThat(rig.balanced()).isTrue();
    CountFactory sum = CountFactory.sum(InstantSource.system());
    assertThat(sum.connects(Signal.PROFILES, Signal.METRICS)).isFalse();
  }

  private static List<NumberDataPoint> points(Metric m) {
    return ((MetricData.Sum) Objects.requireNonNull(m.data())).points();
  }

  @Test
  void editsFieldsOfProfiles() {
    Processor p =
        rig.processor(
            transform,
            Signal.PROFILES,
            """
            error_mode: propagate
            profile_statements:
              - set(profile.attributes["pool"], "x") where profile.sample_type.type == "cpu"
              - set(profile.attributes["size"], 8)
              - set(profile.sample_type.unit, "nanoseconds")
              - set(profile.period, profile.period + 1)
              - set(profile.duration_unix_nano, 7)
              - set(profile.original_payload_format, resource.attributes["service.name"])
              - set(profile.profile_id.string, "000102030405060708090a0b0c0d0e0f")
              - set(profile.time, TruncateTime(profile.time, Duration("1h")))
            """);
    rig.send(p, two());
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    List<OpenProfile> out = sent();
    assertThat(out).hasSize(2);
    OpenProfile cpu = out.getFirst();
    assertThat(cpu.attributes().toString()).isEqualTo("{size=8, pool=x}");
    assertThat(out.get(1).attributes().toString()).isEqualTo("{size=8}");
    assertThat(cpu.terms().string(cpu.sampleType().type())).isEqualTo("cpu");
    assertThat(cpu.terms().string(cpu.sampleType().unit())).isEqualTo("nanoseconds");
    assertThat(cpu.period()).isEqualTo(101);
    assertThat(cpu.durationNano()).isEqualTo(7);
    assertThat(cpu.originalPayloadFormat()).isEqualTo("shop");
    assertThat(cpu.idLow()).isEqualTo(0x08090a0b0c0d0e0fL);
    assertThat(cpu.timeUnixNano()).isEqualTo(1_699_999_200_000_000_000L);
    assertThat(cpu.unknownFields()).asString(StandardCharsets.UTF_8).contains("a newer sender");
    assertThat(cpu.samples()).extracting(s -> s.values().length).containsExactly(2, 2);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void keepsUnitsOfAttributesAndRemovesUnusedEntries() {
    Processor p =
        rig.processor(
            transform,
            Signal.PROFILES,
            """
            profile_statements:
              - set(profile.attributes["size"], 8)
              - delete_key(profilesample.attributes, "thread")
            """);
    rig.send(p, two());
    String wire = new String(wire(), StandardCharsets.ISO_8859_1);
    assertThat(wire).contains("bytes").contains("size").doesNotContain("thread");
  }

  @Test
  void editsSamples() {
    Processor p =
        rig.processor(
            transform,
            Signal.PROFILES,
            """
            error_mode: propagate
            profile_statements:
              - context: profilesample
                conditions: ['profile.sample_type.type == "cpu"']
                statements:
                  - set(values, [values[0] * 10, values[1]]) where attributes["thread"] == "b"
                  - set(attributes["thread"], Concat(["t", attributes["thread"]], "-"))
                  - set(timestamps_unix_nano, [5, 6])
            """);
    rig.send(p, two());
    List<OpenProfile> out = sent();
    List<OpenSample> cpu = out.getFirst().samples();
    assertThat(cpu.get(0).values()).containsExactly(3, 4);
    assertThat(cpu.get(1).values()).containsExactly(30, 4);
    assertThat(cpu.get(1).timestampsUnixNano()).containsExactly(5, 6);
    assertThat(cpu)
        .extracting(s -> String.valueOf(s.attributes()))
        .containsExactly("{thread=t-a}", "{thread=t-b}");
    assertThat(out.get(1).samples().getFirst().attributes().toString()).isEqualTo("{thread=a}");
  }

  @Test
  void rejectsIndexesOutsideTheDictionary() {
    Processor p =
        rig.processor(
            transform,
            Signal.PROFILES,
            """
            error_mode: propagate
            profile_statements: ['set(profile.attribute_indices, [99])']
            """);
    rig.send(p, two());
    assertThat(rig.outcomes).first().isInstanceOf(Outcome.Rejected.class);
    assertThat(rig.out).isEmpty();
  }

  @Test
  void rejectsUnknownPathsWithPosition() {
    assertThatThrownBy(
            () ->
                rig.processor(
                    transform, Signal.PROFILES, "profile_statements: ['set(profile.perod, 1)']"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean period");
  }

  @Test
  void dropsProfilesAndSamples() {
    Processor p =
        rig.processor(
            filter,
            Signal.PROFILES,
            """
            profile_conditions:
              - profile.sample_type.type == "memory"
              - profilesample.attributes["thread"] == "a"
            """);
    rig.send(p, two());
    List<OpenProfile> out = sent();
    assertThat(out).hasSize(1);
    assertThat(out.getFirst().samples()).hasSize(1);
    assertThat(rig.account(Signal.PROFILES).balance().dropped()).containsEntry("filtered", 2L);
    assertThat(new String(wire(), StandardCharsets.ISO_8859_1)).doesNotContain("memory");
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void dropsSamplesOfRemainingProfiles() {
    Processor p =
        rig.processor(
            filter,
            Signal.PROFILES,
            """
            profile_conditions: ['profilesample.attributes["thread"] == "b"']
            """);
    rig.send(p, two());
    assertThat(sent()).extracting(o -> o.samples().size()).containsExactly(1, 1);
    assertThat(rig.account(Signal.PROFILES).balance().dropped()).containsEntry("filtered", 1L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void supportsProfilesInTheOlderGrammar() {
    Processor p =
        rig.processor(
            filter, Signal.PROFILES, "profiles: {profile: ['duration_unix_nano == 5000000000']}");
    rig.send(p, two());
    assertThat(rig.out).isEmpty();
    assertThat(rig.account(Signal.PROFILES).balance().dropped()).containsEntry("filtered", 3L);
  }
}
