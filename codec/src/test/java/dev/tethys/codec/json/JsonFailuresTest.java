package dev.tethys.codec.json;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonFailuresTest {
  @Test
  void sayWhatIsWrongAndWhereAndNothingOfTheReader() {
    wrong("{", "Unexpected end-of-input: expected close marker for Object (line 1, column ");
    wrong("{\n \"resourceSpans\": nul}", "OTLP JSON: Unrecognized token 'nul'");
    wrong("{\n \"resourceSpans\": nul}", "(line 2, column ");
    wrong("{\"a\":" + "[".repeat(1000), "exceeds the maximum allowed (");
  }

  private static void wrong(String text, String said) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> OtlpJson.toProtobuf(OtlpSignal.TRACES, b, 0, b.length))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(said)
        .message()
        .doesNotContain("Source", "StreamRead", "`");
  }
}
