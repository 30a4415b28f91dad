package dev.tethys.codec.otlp.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.json.ProtoJson.IntegerType;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.LogsData;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that the fields of OTLP JSON cannot hold. */
class OtlpJsonTest {
  private static byte[] protobuf(OtlpSignal signal, String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    return OtlpJson.toProtobuf(signal, b, 0, b.length).toByteArray();
  }

  private static String in(OtlpSignal signal, String field) {
    return switch (signal) {
      case TRACES -> "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{},{" + field + "}]}]}]}";
      case LOGS -> "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" + field + "}]}]}]}";
      default -> "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{" + field + "}]}]}]}";
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "TRACES|\"status\":{\"code\":\"ERROR\"}|spans[1].status.code is \"ERROR\"; it must be a number"
            + " or one of STATUS_CODE_UNSET, STATUS_CODE_OK, STATUS_CODE_ERROR",
        "TRACES|\"kind\":\"SERVER\"|spans[1].kind is \"SERVER\"; it must be",
        "TRACES|\"kind\":\"span_kind_server\"|spans[1].kind is \"span_kind_server\"; it must be",
        "TRACES|\"kind\":\"\"|spans[1].kind is \"\"; it must be a number or one of",
        "TRACES|\"kind\":4294967298|spans[1].kind is 4294967298; it must be an integer from"
            + " -2147483648 to 2147483647",
        "TRACES|\"kind\":1.5|spans[1].kind is 1.5; it must be an integer",
        "TRACES|\"kind\":true|spans[1].kind is true; it must be an integer",
        "TRACES|\"kind\":{}|spans[1].kind is an object; it must be an integer",
        "TRACES|\"flags\":-1|spans[1].flags is -1; it must be an integer from 0 to 4294967295",
        "TRACES|\"flags\":4294967296|spans[1].flags is 4294967296; it must be an integer from 0 to",
        "TRACES|\"droppedEventsCount\":4294967296|spans[1].droppedEventsCount is 4294967296; it must",
        "TRACES|\"startTimeUnixNano\":-5|spans[1].startTimeUnixNano is -5; it must be an integer from"
            + " 0 to 18446744073709551615",
        "TRACES|\"startTimeUnixNano\":\"-5\"|spans[1].startTimeUnixNano is \"-5\"; it must be",
        "TRACES|\"startTimeUnixNano\":18446744073709551616|Nano is 18446744073709551616; it must be",
        "TRACES|\"startTimeUnixNano\":1e30|spans[1].startTimeUnixNano is 1e30; it must be",
        "TRACES|\"startTimeUnixNano\":\"1e999999999\"|is \"1e999999999\"; it must be an integer",
        "TRACES|\"startTimeUnixNano\":\"1e99999999999\"|is \"1e99999999999\"; it must be an integer",
        "TRACES|\"startTimeUnixNano\":\" 1\"|spans[1].startTimeUnixNano is \" 1\"; it must be",
        "TRACES|\"startTimeUnixNano\":\"٣\"|spans[1].startTimeUnixNano is \"٣\"; it must be",
        "TRACES|\"startTimeUnixNano\":\"+1\"|spans[1].startTimeUnixNano is \"+1\"; it must be",
        "TRACES|\"startTimeUnixNano\":\"\"|spans[1].startTimeUnixNano is \"\"; it must be",
        "TRACES|\"traceId\":\"abc\"|spans[1].traceId is \"abc\"; it must be 32 hexadecimal digits",
        "TRACES|\"spanId\":\"0011\"|spans[1].spanId is \"0011\"; it must be 16 hexadecimal digits",
        "TRACES|\"events\":{}|spans[1].events is an object; it must be a list",
        "TRACES|\"events\":[{},{\"timeUnixNano\":-1}]|spans[1].events[1].timeUnixNano is -1; it must",
        "TRACES|\"links\":[null]|spans[1].links[0] is null; it must be an object",
        "LOGS|\"severityNumber\":\"WARN\"|logRecords[0].severityNumber is \"WARN\"; it must be",
        "LOGS|\"severityNumber\":9.5|logRecords[0].severityNumber is 9.5; it must be an integer",
        "LOGS|\"body\":{\"intValue\":9223372036854775808}|body.intValue is 9223372036854775808; it"
            + " must be an integer from -9223372036854775808 to 9223372036854775807",
        "LOGS|\"body\":{\"intValue\":\"9223372036854775808\"}|is \"9223372036854775808\"; it must",
        "LOGS|\"body\":{\"intValue\":\"1.5\"}|body.intValue is \"1.5\"; it must be an integer",
        "LOGS|\"body\":{\"boolValue\":\"true\"}|body.boolValue is \"true\"; it must be true or false",
        "LOGS|\"body\":{\"doubleValue\":1e400}|body.doubleValue is 1e400; it must be a number within",
        "LOGS|\"body\":{\"doubleValue\":\"0x1p3\"}|body.doubleValue is \"0x1p3\"; it must be a number",
        "LOGS|\"body\":{\"doubleValue\":\"1d\"}|body.doubleValue is \"1d\"; it must be a number",
        "LOGS|\"body\":{\"doubleValue\":\"+Infinity\"}|doubleValue is \"+Infinity\"; it must be",
        "LOGS|\"body\":{\"bytesValue\":\"?\"}|body.bytesValue is \"?\"; it must be Base64",
        "LOGS|\"attributes\":[{\"key\":1}]|attributes[0].key is 1; it must be a string",
        "METRICS|\"sum\":{\"aggregationTemporality\":\"DELTA\"}|metrics[0].sum.aggregationTemporality"
            + " is \"DELTA\"; it must be a number or one of",
        "METRICS|\"histogram\":{\"dataPoints\":[{\"count\":-1}]}|histogram.dataPoints[0].count is -1;",
        "METRICS|\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[\"1\",\"-1\"]}]}"
            + "|dataPoints[0].bucketCounts[1] is \"-1\"; it must be an integer from 0",
        "METRICS|\"gauge\":{\"dataPoints\":[{\"asInt\":9223372036854775808}]}|dataPoints[0].asInt is"
            + " 9223372036854775808; it must be",
        "METRICS|\"exponentialHistogram\":{\"dataPoints\":[{\"scale\":2147483648}]}|dataPoints[0].scale"
            + " is 2147483648; it must be an integer from -2147483648 to 2147483647",
        "METRICS|\"exponentialHistogram\":{\"dataPoints\":[{\"positive\":{\"offset\":-2147483649}}]}"
            + "|positive.offset is -2147483649; it must be"
      })
  void rejectsInvalidValueWithItsPath(OtlpSignal signal, String field, String message) {
    assertThatThrownBy(() -> protobuf(signal, in(signal, field)))
        .isInstanceOf(CodecException.class)
        .hasMessageStartingWith("OTLP JSON: resource")
        .hasMessageContaining(message);
  }

  @Test
  void readsNumbersInEveryProtobufJsonForm() throws Exception {
    byte[] b =
        protobuf(
            OtlpSignal.LOGS,
            in(
                OtlpSignal.LOGS,
                "\"timeUnixNano\":\"18446744073709551615\",\"observedTimeUnixNano\":1.5e3,"
                    + "\"severityNumber\":\"9\",\"flags\":4294967295,"
                    + "\"body\":{\"arrayValue\":{\"values\":[{\"intValue\":-9223372036854775808},"
                    + "{\"intValue\":\"2.0\"},{\"intValue\":\"1E2\"},{\"intValue\":-0},"
                    + "{\"doubleValue\":\"-1.5e-3\"},{\"doubleValue\":\"NaN\"}]}}"));
    LogRecord r = LogsData.parseFrom(b).getResourceLogs(0).getScopeLogs(0).getLogRecords(0);
    assertThat(r.getTimeUnixNano()).isEqualTo(-1L);
    assertThat(r.getObservedTimeUnixNano()).isEqualTo(1500);
    assertThat(r.getSeverityNumberValue()).isEqualTo(9);
    assertThat(r.getFlags()).isEqualTo(-1);
    assertThat(r.getBody().getArrayValue().getValuesList())
        .extracting(v -> v.hasIntValue() ? (Object) v.getIntValue() : (Object) v.getDoubleValue())
        .containsExactly(Long.MIN_VALUE, 2L, 100L, 0L, -0.0015, Double.NaN);
  }

  @Test
  void loneSurrogatesBecomeReplacementCharacters() throws Exception {
    String escaped = "a\\ud800b? \\ud83d\\ude00 \\udc00";
    for (String text : new String[] {escaped, escaped + "x".repeat(300)}) {
      byte[] b =
          protobuf(
              OtlpSignal.LOGS, in(OtlpSignal.LOGS, "\"body\":{\"stringValue\":\"" + text + "\"}"));
      LogRecord r = LogsData.parseFrom(b).getResourceLogs(0).getScopeLogs(0).getLogRecords(0);
      assertThat(r.getBody().getStringValue()).startsWith("a\ufffdb? \ud83d\ude00 \ufffd");
    }
  }

  @Test
  void keepsUnknownEnumNumbers() throws Exception {
    byte[] b = protobuf(OtlpSignal.LOGS, in(OtlpSignal.LOGS, "\"severityNumber\":77"));
    LogRecord r = LogsData.parseFrom(b).getResourceLogs(0).getScopeLogs(0).getLogRecords(0);
    assertThat(r.getSeverityNumberValue()).isEqualTo(77);
  }

  @Property(tries = 2000)
  void integersAreExactOrRefused(
      @ForAll long high, @ForAll short scale, @ForAll IntegerType type, @ForAll boolean wide) {
    BigDecimal d =
        new BigDecimal(
            wide ? BigInteger.valueOf(high).multiply(BigInteger.TEN) : BigInteger.valueOf(high),
            scale % 25);
    String text = d.toString();
    @Nullable BigInteger exact;
    try {
      exact = d.toBigIntegerExact();
    } catch (ArithmeticException e) {
      exact = null;
    }
    long read;
    try {
      read = ProtoJson.integer(text, type);
    } catch (CodecException e) {
      assertThat(exact == null || !fits(exact, type)).as("%s refused for %s", text, type).isTrue();
      return;
    }
    BigInteger whole = Objects.requireNonNull(exact, text);
    assertThat(fits(whole, type)).isTrue();
    assertThat(read).isEqualTo(whole.longValue());
  }

  private static boolean fits(BigInteger i, IntegerType type) {
    return switch (type) {
      case INT32 -> i.bitLength() < 32;
      case UINT32 -> i.signum() >= 0 && i.bitLength() <= 32;
      case INT64 -> i.bitLength() < 64;
      case UINT64 -> i.signum() >= 0 && i.bitLength() <= 64;
    };
  }
}
