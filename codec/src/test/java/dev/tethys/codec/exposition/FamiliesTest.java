package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class FamiliesTest {
  private static List<MetricFamily> text(String s) {
    return Families.text(s.getBytes(StandardCharsets.UTF_8), NameScheme.UTF8);
  }

  private static String written(List<MetricFamily> families, ExpositionFormat format) {
    return new String(bytes(families, format), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(List<MetricFamily> families, ExpositionFormat format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(
            new ExpositionFormat.Negotiated(format, EscapingScheme.ALLOW_UTF_8), out);
    families.forEach(w::write);
    w.finish();
    return out.toByteArray();
  }

  private static final String MIXED =
      """
      # HELP a_total of "a" \\\\ and \\n more
      # TYPE a_total counter
      a_total{instance="",x="y\\"\\n"} 5 1000
      a_total{instance="",x="y\\"\\n"} 6
      # TYPE h histogram
      h_bucket{a="b",le="0.5"} 1
      h_bucket{a="b",le="+Inf"} 3
      h_sum{a="b"} 2.5
      h_count{a="b"} 3
      # TYPE s summary
      s{quantile="0.5"} 1
      s_sum 3
      s_count 3
      # TYPE u untyped
      u NaN
      """;

  @Test
  void writesFamiliesAsRead() {
    List<MetricFamily> f = text(MIXED);
    assertThat(written(f, ExpositionFormat.TEXT_0_0_4)).isEqualTo(MIXED);
    List<MetricFamily> again = Families.protobuf(bytes(f, ExpositionFormat.PROTOBUF));
    assertThat(written(again, ExpositionFormat.TEXT_0_0_4)).isEqualTo(MIXED);
  }

  @Test
  void readsOrRejectsReferenceCorpusAsNamed() throws IOException {
    int read = 0;
    for (Path p : Shared.conformanceFiles("common/expfmt-fuzz-corpus", "")) {
      byte[] body = Files.readAllBytes(p);
      if (p.getFileName().toString().matches("from_test_parse_\\d+")) {
        Families.text(body, NameScheme.UTF8);
        read++;
      } else if (p.getFileName().toString().contains("error")) {
        assertThatThrownBy(() -> Families.text(body, NameScheme.LEGACY))
            .as(p.getFileName().toString())
            .isInstanceOf(ExpositionException.class)
            .hasMessageStartingWith("text format parsing error in line ");
      }
    }
    assertThat(read).isPositive();
  }

  @Test
  void checksNamesByScheme() {
    assertThatThrownBy(
            () ->
                Families.text("{\"a.b\"} 1\n".getBytes(StandardCharsets.UTF_8), NameScheme.LEGACY))
        .hasMessage("text format parsing error in line 1: invalid metric name \"a.b\"");
    assertThat(
            text("{\"a.b\", \"c d\"=\"e\"} 1\n")
                .getFirst()
                .metrics()
                .getFirst()
                .labels()
                .get("c d"))
        .isEqualTo("e");
  }

  @Test
  void damagedBytesNeverCrashTheProcess() {
    byte[] proto = bytes(text(MIXED), ExpositionFormat.PROTOBUF);
    byte[] plain = MIXED.getBytes(StandardCharsets.UTF_8);
    Random random = new Random(5);
    for (int i = 0; i < 20_000; i++) {
      damaged(proto, random, Families::protobuf);
      damaged(plain, random, b -> Families.text(b, NameScheme.UTF8));
    }
  }

  private interface Reader {
    List<MetricFamily> read(byte[] b);
  }

  private static void damaged(byte[] good, Random random, Reader reader) {
    byte[] b = Arrays.copyOf(good, random.nextInt(good.length + 1));
    for (int k = 0; k < 3 && b.length > 0; k++) {
      b[random.nextInt(b.length)] = (byte) random.nextInt();
    }
    try {
      assertThat(reader.read(b)).isNotNull();
    } catch (ExpositionException e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }
}
