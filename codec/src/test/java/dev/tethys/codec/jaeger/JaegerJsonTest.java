package dev.tethys.codec.jaeger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spans of Jaeger in protobuf's JSON with values that their fields cannot hold. */
class JaegerJsonTest {
  private static JaegerSpan span(String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    return JaegerJson.span(b, 0, b.length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"flags\":-1|flags is -1; it must be an integer from 0 to 4294967295",
        "\"flags\":4294967296|flags is 4294967296; it must be an integer from 0 to 4294967295",
        "\"flags\":1.5|flags is 1.5; it must be an integer",
        "\"references\":[{\"refType\":\"PARENT\"}]|references[0].refType is \"PARENT\"; it must be one"
            + " of CHILD_OF, FOLLOWS_FROM",
        "\"references\":[{\"refType\":2}]|references[0].refType is 2; it must be one of",
        "\"references\":{}|references is an object; it must be a list",
        "\"tags\":[{\"vType\":\"INT\"}]|tags[0].vType is \"INT\"; it must be one of STRING, BOOL",
        "\"tags\":[{\"vType\":4294967298}]|tags[0].vType is 4294967298; it must be one of",
        "\"tags\":[{\"vType\":2,\"vInt64\":9223372036854775808}]|tags[0].vInt64 is"
            + " \"9223372036854775808\"; it must be an integer from",
        "\"tags\":[{\"vType\":2,\"vInt64\":\"1.5\"}]|tags[0].vInt64 is \"1.5\"; it must be an integer",
        "\"tags\":[{\"vType\":1,\"vBool\":\"yes\"}]|tags[0].vBool is \"yes\"; it must be true or false",
        "\"tags\":[{\"vType\":3,\"vFloat64\":\"1f\"}]|tags[0].vFloat64 is \"1f\"; it must be a number",
        "\"tags\":[{},{\"vStr\":1}]|tags[1].vStr is 1; it must be a string",
        "\"logs\":[{\"fields\":[{\"vType\":9}]}]|logs[0].fields[0].vType is 9; it must be one of",
        "\"logs\":[{\"timestamp\":\"now\"}]|logs[0].timestamp is \"now\"; it must be an RFC 3339"
            + " time",
        "\"process\":[]|process is a list; it must be an object",
        "\"duration\":\"1e3s\"|duration is \"1e3s\"; it must be seconds",
        "\"duration\":\"0.0000000001s\"|duration is \"0.0000000001s\"; it must be seconds",
        "\"spanId\":\"AAAA\"|spanId is \"AAAA\"; it must be 8 bytes in Base64, not 3"
      })
  void rejectsInvalidValueWithItsPath(String field, String message) {
    assertThatThrownBy(() -> span("{" + field + "}"))
        .isInstanceOf(CodecException.class)
        .hasMessageStartingWith("jaeger: " + message);
  }

  @Test
  void readsEveryNumberFormat() {
    JaegerSpan s =
        span(
            "{\"flags\":\"1\",\"duration\":\"1.5s\",\"tags\":[{\"key\":\"a\",\"vType\":\"INT64\","
                + "\"vInt64\":\"-9223372036854775808\"},{\"key\":\"b\",\"vType\":2,\"v_int64\":7.0}]}");
    assertThat(s.flags).isEqualTo(1);
    assertThat(s.duration).isEqualTo(1_500_000_000L);
    assertThat(s.tags.get("a")).isEqualTo(Long.MIN_VALUE);
    assertThat(s.tags.get("b")).isEqualTo(7L);
  }
}
