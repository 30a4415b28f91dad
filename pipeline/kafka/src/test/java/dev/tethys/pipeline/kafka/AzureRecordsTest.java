package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AzureRecordsTest {
  private static final String LOG =
      "{\"time\": \"2023-02-17T10:00:00.5Z\",  \"category\":\"FunctionAppLogs\","
          + " \"operationName\":\"op\", \"resourceId\":\"/r\", \"big\": 12345678901234567890123}";

  private static List<RecordLines.Line> lines(boolean times, boolean strict, String text) {
    return new AzureRecords(times, strict).of(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void keepsTheTextOfRecords() {
    String other = LOG.replace("\"time\"", "\"timeStamp\"").replace("Z\"", "+01:00\"");
    List<RecordLines.Line> out =
        lines(true, true, "{\"x\": [1], \"records\": [" + LOG + " , " + other + "]}");
    assertThat(out).extracting(RecordLines.Line::text).containsExactly(LOG, other);
    assertThat(out)
        .extracting(RecordLines.Line::timestamp)
        .containsExactly(1_676_628_000_500_000_000L, 1_676_624_400_500_000_000L);
    assertThat(out.getFirst().labels())
        .isEqualTo(Labels.of("__azure_event_hubs_category", "FunctionAppLogs"));
    assertThat(lines(false, true, "{\"records\": [" + LOG + "]}").getFirst().timestamp()).isZero();
  }

  @Test
  void acceptsSingleQuotesOfFunctionApps() {
    String log = LOG.replace('"', '\'');
    assertThat(lines(true, true, "{'records': [" + log + "]}"))
        .extracting(RecordLines.Line::text)
        .containsExactly(LOG);
  }

  @Test
  void keepsOtherContentAsALineUnlessStrict() {
    for (String s :
        List.of("hello", "{\"records\": []}", "[1]", "{\"a\": 'it'}", "\"\ud83d\ude00\"")) {
      assertThat(lines(true, false, s)).extracting(RecordLines.Line::text).containsExactly(s);
      assertThatThrownBy(() -> lines(true, true, s)).isInstanceOf(CodecException.class);
    }
    String part =
        "{\"time\":\"no\",\"category\":\"c\",\"operationName\":\"o\",\"resourceId\":\"r\"}";
    assertThat(lines(true, false, "{\"records\": [\"text\", 5, " + part + "]}"))
        .extracting(RecordLines.Line::text)
        .containsExactly("\"text\"", "5", part);
    assertThatThrownBy(() -> lines(true, true, "{\"records\": [" + part + "]}"))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("\"no\" is not a valid time");
  }
}
