package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GoJsonTest {
  /** Expected texts are those of Go's json.Marshal. */
  @Test
  void writesStringsLikeGo() {
    assertThat(json("")).isEqualTo("\"\"");
    assertThat(json("a\"b\\c/d'e")).isEqualTo("\"a\\\"b\\\\c/d'e\"");
    assertThat(json("\n\r\t\b\f\u0000\u001f\u007f"))
        .isEqualTo("\"\\n\\r\\t\\b\\f\\u0000\\u001f\u007f\"");
    assertThat(json("<a>&\u2028\u2029")).isEqualTo("\"\\u003ca\\u003e\\u0026\\u2028\\u2029\"");
    assertThat(json("größe 𝄞")).isEqualTo("\"größe 𝄞\"");
    assertThat(json("a\ud834b\udd1e\ud834")).isEqualTo("\"a\\ufffdb\\ufffd\\ufffd\"");
    assertThat(GoJson.appendWithHtml(new StringBuilder(), "x<a>&\"\u2028y").toString())
        .isEqualTo("\"x<a>&\\\"\\u2028y\"");
  }

  private static String json(String s) {
    return GoJson.append(new StringBuilder(), s).toString();
  }
}
