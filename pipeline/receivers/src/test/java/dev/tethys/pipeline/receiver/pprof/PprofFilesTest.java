package dev.tethys.pipeline.receiver.pprof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PprofFilesTest {
  private static byte[] file(long value) {
    PprofWriter w = new PprofWriter(new ValueType("cpu", "nanoseconds"));
    w.add(List.of(new Frame("inner", "a.go", 1), new Frame("main", "a.go", 2)), value);
    return w.toGzip(5, 6, new ValueType("cpu", "nanoseconds"), 10);
  }

  private static void add(PprofFiles files, byte[] file, String service) {
    files.add(file, Map.of(), Map.of("service.name", service), Map.of("__name__", "kind"));
  }

  @Test
  void storeAndOtherConsumersGetEqualProfiles() {
    PprofFiles files = new PprofFiles(1 << 20);
    add(files, file(7), "a");
    assertThatThrownBy(() -> add(files, new byte[] {1, 2}, "b")).isInstanceOf(CodecException.class);
    add(files, file(8), "c");
    Batch batch = files.batch(Metadata.NONE);
    assertThat(batch.items()).isEqualTo(2);
    ProfileBatch direct = Objects.requireNonNull(batch.takeProfiles());
    ProfileBatch byOtlp = ProfileBatchReader.read((ProfilesData) batch.takeTree(), 1);
    assertThat(direct.series).isEqualTo(byOtlp.series).hasSize(2);
    assertThat(direct.rows.count).isEqualTo(2);
    assertThat(direct.rows.totals).startsWith(7, 8).isEqualTo(byOtlp.rows.totals);
    assertThat(direct.rows.times).startsWith(5, 5).isEqualTo(byOtlp.rows.times);
  }
}
