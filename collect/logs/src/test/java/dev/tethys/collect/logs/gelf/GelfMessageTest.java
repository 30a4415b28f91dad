package dev.tethys.collect.logs.gelf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.tethys.codec.CodecException;
import dev.tethys.model.Labels;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GelfMessageTest {
  private static GelfMessage read(String json) {
    return GelfMessage.read(json.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"host\":\"a\",\"level\":3,\"x\":{\"host\":\"b\",\"level\":[4]}} | a | error",
        "{\"x\":[{\"host\":\"b\"}],\"host\":\"a\"} | a | alert",
        "{\"host\":\"a\",\"host\":\"c\",\"level\":\"3\"} | c | error",
        "{\"host\":7,\"level\":9} | 7 | ''",
        "{\"host\":{\"host\":\"b\"},\"level\":{}} | '' | ''",
        "{\"host\":null,\"level\":null} | '' | ''",
      })
  void readsTheFieldsOfTheMessageItself(String json, String host, String level) {
    GelfMessage m = read(json);
    assertThat(m.host()).isEqualTo(host);
    assertThat(m.level()).isEqualTo(level);
    assertThat(m.labels(Labels.EMPTY).get("__gelf_message_host")).isEqualTo(host);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "1",
        "{",
        "{} {}",
        "{}x",
        "{\"a\":[}",
        "{\"a\":\"\u0001\"}",
        "{\"a\":01}"
      })
  void rejectsTextThatIsNotAJsonObject(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(CodecException.class);
  }

  @Test
  void unreadFieldsTakeNoMemory() {
    byte[] text =
        ("{\"host\":\"a\",\"_x\":[" + "1000,".repeat(300_000) + "1]}")
            .getBytes(StandardCharsets.UTF_8);
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    GelfMessage.read(text);
    long before = memory.getCurrentThreadAllocatedBytes();
    assertThat(GelfMessage.read(text).host()).isEqualTo("a");
    assertThat(memory.getCurrentThreadAllocatedBytes() - before).isLessThan(2L * text.length);
  }
}
