package dev.tethys.codec.pprof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.ProfilesDictionary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Read by Google's protobuf with the numbers of profile.proto, and by the reader of pprof. */
class PprofWriterTest {
  private static final Frame MAIN = new Frame("Main.main", "Main.java", 3);
  private static final Frame HEUREKA = new Frame("Main.ηὕρηκα", "Main.java", 9);

  private static byte[] written() {
    PprofWriter w =
        new PprofWriter(new ValueType("samples", "count"), new ValueType("cpu", "nanoseconds"));
    w.add(List.of(HEUREKA, MAIN), 1, 20_000_000);
    w.add(List.of(MAIN), 1, 20_000_000);
    w.add(List.of(HEUREKA, new Frame("Main.main", "Main.java", 4)), 1, 20_000_000);
    w.add(List.of(HEUREKA, MAIN), 2, 40_000_000);
    return w.toGzip(
        1_700_000_000_000_000_000L,
        5_000_000_000L,
        new ValueType("cpu", "nanoseconds"),
        20_000_000);
  }

  private static UnknownFieldSet message(ByteString b) {
    try {
      return UnknownFieldSet.parseFrom(b);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long number(UnknownFieldSet m, int field) {
    return m.hasField(field) ? m.getField(field).getVarintList().getFirst() : 0;
  }

  private static List<Long> packed(UnknownFieldSet m, int field) throws IOException {
    CodedInputStream in = m.getField(field).getLengthDelimitedList().getFirst().newCodedInput();
    List<Long> all = new ArrayList<>();
    while (!in.isAtEnd()) {
      all.add(in.readInt64());
    }
    return all;
  }

  @Test
  void protobufReadsTheFieldsOfProfileProto() throws IOException {
    byte[] plain;
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(written()))) {
      plain = in.readAllBytes();
    }
    UnknownFieldSet p = UnknownFieldSet.parseFrom(plain);
    List<String> strings =
        p.getField(6).getLengthDelimitedList().stream().map(ByteString::toStringUtf8).toList();
    assertThat(strings).startsWith("").doesNotHaveDuplicates();
    List<String> types = new ArrayList<>();
    for (ByteString t : p.getField(1).getLengthDelimitedList()) {
      types.add(
          strings.get((int) number(message(t), 1))
              + "/"
              + strings.get((int) number(message(t), 2)));
    }
    assertThat(types).containsExactly("samples/count", "cpu/nanoseconds");
    Map<Long, String> functions = new java.util.HashMap<>();
    for (ByteString b : p.getField(5).getLengthDelimitedList()) {
      UnknownFieldSet f = message(b);
      assertThat(number(f, 3)).isEqualTo(number(f, 2));
      functions.put(
          number(f, 1), strings.get((int) number(f, 2)) + "@" + strings.get((int) number(f, 4)));
    }
    assertThat(functions).hasSize(2).doesNotContainKey(0L);
    Map<Long, String> locations = new java.util.HashMap<>();
    for (ByteString b : p.getField(4).getLengthDelimitedList()) {
      UnknownFieldSet line = message(message(b).getField(4).getLengthDelimitedList().getFirst());
      locations.put(number(message(b), 1), functions.get(number(line, 1)) + ":" + number(line, 2));
    }
    assertThat(locations).hasSize(3).doesNotContainKey(0L);
    List<String> samples = new ArrayList<>();
    for (ByteString b : p.getField(2).getLengthDelimitedList()) {
      UnknownFieldSet s = message(b);
      samples.add(packed(s, 1).stream().map(locations::get).toList() + " " + packed(s, 2));
    }
    assertThat(samples)
        .containsExactly(
            "[Main.ηὕρηκα@Main.java:9, Main.main@Main.java:3] [3, 60000000]",
            "[Main.main@Main.java:3] [1, 20000000]",
            "[Main.ηὕρηκα@Main.java:9, Main.main@Main.java:4] [1, 20000000]");
    assertThat(number(p, 9)).isEqualTo(1_700_000_000_000_000_000L);
    assertThat(number(p, 10)).isEqualTo(5_000_000_000L);
    assertThat(number(p, 12)).isEqualTo(20_000_000);
    UnknownFieldSet period = message(p.getField(11).getLengthDelimitedList().getFirst());
    assertThat(strings.get((int) number(period, 1))).isEqualTo("cpu");
  }

  @Test
  void pprofReaderAgrees() throws IOException {
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of());
    PprofReader.read(written(), 1 << 20, Map.of(), Map.of(), out);
    ProfilesData data = ProfilesData.parseFrom(out.toByteArray());
    ProfilesDictionary d = data.getDictionary();
    List<Profile> profiles = data.getResourceProfiles(0).getScopeProfiles(0).getProfilesList();
    assertThat(profiles)
        .extracting(p -> d.getStringTable(p.getSampleType().getTypeStrindex()))
        .containsExactly("samples", "cpu");
    Profile cpu = profiles.get(1);
    assertThat(cpu.getPeriod()).isEqualTo(20_000_000);
    assertThat(cpu.getSamplesList())
        .extracting(s -> s.getValues(0))
        .containsExactly(60_000_000L, 20_000_000L, 20_000_000L);
    List<String> innermost =
        cpu.getSamplesList().stream()
            .map(s -> d.getStackTable(s.getStackIndex()).getLocationIndices(0))
            .map(l -> d.getLocationTable(l).getLines(0).getFunctionIndex())
            .map(f -> d.getStringTable(d.getFunctionTable(f).getNameStrindex()))
            .toList();
    assertThat(innermost).containsExactly("Main.ηὕρηκα", "Main.main", "Main.ηὕρηκα");
  }

  @Test
  void sampleHasAValueOfEachType() {
    PprofWriter w = new PprofWriter(new ValueType("a", "count"));
    assertThatThrownBy(() -> w.add(List.of(MAIN), 1, 2)).hasMessage("2 values of 1");
  }
}
