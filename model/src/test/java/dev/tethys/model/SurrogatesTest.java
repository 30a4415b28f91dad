package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SurrogatesTest {
  @Test
  void replacesUnpairedSurrogates() {
    assertThat(Surrogates.replaceLone("a\ud800b")).isEqualTo("a\ufffdb");
    assertThat(Surrogates.replaceLone("\udc00\ud800")).isEqualTo("\ufffd\ufffd");
    assertThat(Surrogates.replaceLone("\ud83d\ude00\ud83d")).isEqualTo("\ud83d\ude00\ufffd");
    assertThat(Surrogates.replaceLone("\ud83d\ud83d\ude00")).isEqualTo("\ufffd\ud83d\ude00");
    String plain = "grün \ud83d\ude00 ?";
    assertThat(Surrogates.replaceLone(plain)).isSameAs(plain);
    assertThat(Surrogates.utf8("?\ud800")).isEqualTo("?\ufffd".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void labelsAndJsonHaveReplacements() {
    Labels l = new LabelsBuilder().set("a\ud800", "b\udc00").build();
    assertThat(l.get("a\ufffd")).isEqualTo("b\ufffd");
    assertThat(l.get("a\ud800")).isEqualTo("b\ufffd");
    assertThat(GoJson.append(new StringBuilder(), "x\ud800\ud83d\ude00"))
        .hasToString("\"x\\ufffd\ud83d\ude00\"");
  }
}
