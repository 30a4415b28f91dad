package dev.tethys.pipeline.receiver.pprof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.pipeline.receiver.ProfileText;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.Event;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events with the fields that async-profiler adds for Pyroscope's agent. */
class JfrProfilesTest {
  @TempDir Path folder;

  @Name("jdk.ExecutionSample")
  static class Execution extends Event {
    @Name("state")
    String state = "STATE_DEFAULT";

    @Name("contextId")
    long context;

    @Name("spanId")
    long span;

    @Name("spanName")
    long spanName;

    @Name("traceIdHi")
    long traceHigh;

    @Name("traceIdLo")
    long traceLow;
  }

  private static void sample(String state, long context, long span, long name, long trace) {
    Execution e = new Execution();
    e.state = state;
    e.context = context;
    e.span = span;
    e.spanName = name;
    e.traceHigh = trace == 0 ? 0 : 0x0123456789abcdefL;
    e.traceLow = trace;
    e.commit();
  }

  /** One context, 5, with env=test, and the texts it needs. */
  private static byte[] labels() {
    ProtoWriter w = new ProtoWriter(64);
    int context = w.begin(1);
    w.int64Unless0(1, 5);
    int value = w.begin(2);
    int pair = w.begin(1);
    w.int64Unless0(1, 1).int64Unless0(2, 2);
    w.end(pair);
    w.end(value);
    w.end(context);
    String[] texts = {"env", "test", "GET /orders"};
    for (int i = 0; i < texts.length; i++) {
      int entry = w.begin(2);
      w.int64Unless0(1, i + 1).string(2, texts[i]);
      w.end(entry);
    }
    return w.toByteArray();
  }

  @Test
  void attachesSpansToSamples() throws Exception {
    Path file = folder.resolve("a.jfr");
    try (Recording recording = new Recording()) {
      recording.enable(Execution.class);
      recording.start();
      sample("STATE_RUNNABLE", 5, 0x00ab00000000cdefL, 3, 0);
      sample("STATE_DEFAULT", 0, -1, 0, 7);
      sample("STATE_DEFAULT", 0, 0, 99, 0);
      sample("STATE_SLEEPING", 5, 1, 3, 7);
      recording.stop();
      recording.dump(file);
    }
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of("service.name", "a"));
    JfrProfiles.read(Files.readAllBytes(file), labels(), 1, 1, 100, Map.of(), out);
    ProfilesData d = ProfilesData.parseFrom(out.toByteArray());
    Map<List<String>, Long> found = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    for (Profile p : ProfileText.profiles(d)) {
      assertThat(ProfileText.type(d.getDictionary(), p.getSampleType()))
          .isEqualTo("cpu/nanoseconds");
      for (Sample s : p.getSamplesList()) {
        found.merge(
            ProfileText.attributes(d.getDictionary(), s.getAttributeIndicesList()),
            s.getValues(0),
            Long::sum);
      }
    }
    assertThat(found)
        .isEqualTo(
            Map.of(
                List.of("env=test", "profile_id=00ab00000000cdef", "span_name=GET /orders"),
                10_000_000L,
                List.of("profile_id=ffffffffffffffff", "trace_id=0123456789abcdef0000000000000007"),
                10_000_000L,
                List.of(),
                10_000_000L));
  }
}
