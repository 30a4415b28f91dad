package dev.tethys.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import org.junit.jupiter.api.Test;

class JsonValuesTest {
  private static Attributes object(String json) {
    return (Attributes) java.util.Objects.requireNonNull(JsonValues.read(json));
  }

  @Test
  void wholeNumbersStayWhole() {
    Attributes a =
        object(
            "{\"i\":9007199254740993,\"d\":1.5,\"big\":123456789012345678901,\"l\":[1,null,true,\"x\"]}");
    assertThat(a.get("i")).isEqualTo(9007199254740993L);
    assertThat(a.get("d")).isEqualTo(1.5);
    assertThat(a.get("big")).isEqualTo(1.2345678901234568e20);
    assertThat(a.get("l")).isEqualTo(ArrayValue.of(1L, null, true, "x"));
  }

  @Test
  void lastOfEqualKeysWins() {
    StringBuilder sb = new StringBuilder("{\"k3\":0");
    for (int i = 0; i < 40; i++) {
      sb.append(",\"k").append(i).append("\":").append(i);
    }
    Attributes a = object(sb.append(",\"k39\":\"last\"}").toString());
    assertThat(a.size()).isEqualTo(40);
    assertThat(a.get("k3")).isEqualTo(3L);
    assertThat(a.get("k39")).isEqualTo("last");
  }

  @Test
  void rejectsInvalidJson() {
    for (String s : new String[] {"", "{", "{} x", "nul", "{\"a\":1e999}"}) {
      assertThatThrownBy(() -> JsonValues.read(s)).isInstanceOf(CodecException.class);
    }
  }

  @Test
  void writesKeysInOrder() {
    assertThat(JsonValues.write(JsonValues.read(" {\"b\" : [ 1 , 2.0 ], \"a\":\"<é>\" } ")))
        .isEqualTo("{\"a\":\"\\u003cé\\u003e\",\"b\":[1,2]}");
  }
}
