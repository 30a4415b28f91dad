package dev.tethys.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.zipkin.ZipkinReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

@Tag("slow")
class JsonFailuresTest {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static JacksonException failure(byte[] text) {
    return catchThrowableOfType(
        JacksonException.class,
        () -> {
          try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), text)) {
            while (p.nextToken() != null) {
              if (p.currentToken().isNumeric()) {
                p.getIntValue();
              } else {
                p.getString();
              }
            }
          }
        });
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          {                | the text ends within an object (line 1, column 2)
          {"a":            | the text ends within an object (line 1, column 6)
          [1,              | the text ends within a list (line 1, column 4)
          "abc             | the text ends within a string (line 1, column 5)
          -                | the text ends within a value (line 1, column 2)
          [nul]            | 'nul' is not a value (line 1, column 2)
          [NaN]            | 'NaN' is not a value (line 1, column 5)
          {x}              | 'x' found where a name in double quotes is expected (line 1, column 2)
          {"a" 1}          | '1' found where a colon is expected (line 1, column 6)
          [1 2]            | '2' found where a comma is expected (line 1, column 4)
          {"a":1 "b"}      | '"' found where a comma is expected (line 1, column 8)
          {"a":}           | '}' found where a value is expected (line 1, column 6)
          [')']            | ''' found where a value is expected (line 1, column 2)
          [(]              | '(' found where a value is expected (line 1, column 2)
          /* c */ 1        | '/' found where a value is expected (line 1, column 1)
          +1               | '+' found where a digit is expected (line 1, column 2)
          "\\u12g4"        | 'g' found where a hexadecimal digit is expected (line 1, column 6)
          "\\x"            | '\\x' is not a valid escape (line 1, column 3)
          [01]             | a number has a leading zero (line 1, column 3)
          [}               | '}' found where ']' is expected (line 1, column 2)
          ]                | ']' has no matching opening bracket (line 1, column 1)
          {"a":1,"a":2}    | the name 'a' appears twice (line 1, column 11)
          99999999999      | 99999999999 is out of range (line 1, column 12)
          """)
  void describeErrorsAndPositions(String text, String said) {
    assertThat(JsonFailures.describe(failure(bytes(text)))).isEqualTo(said);
  }

  @Test
  void describesUndisplayableInput() {
    assertThat(JsonFailures.describe(failure(bytes("\"a\n\""))))
        .isEqualTo("the control character 10 in a string must be escaped (line 1, column 3)");
    assertThat(JsonFailures.describe(failure(new byte[] {0})))
        .isEqualTo("the control character 0 is not allowed between values (line 1, column 1)");
    assertThat(JsonFailures.describe(failure(new byte[] {'"', (byte) 0xff, '"'})))
        .startsWith("the byte 0xff is not UTF-8 (line 1, column ");
    assertThat(JsonFailures.describe(failure(bytes("[".repeat(1000)))))
        .isEqualTo("values are nested 501 deep: at most 500 are read");
    assertThat(JsonFailures.describe(failure(bytes("1".repeat(2000)))))
        .isEqualTo("a number of 2000 characters: at most 1000 are read");
    assertThat(JsonFailures.describe(failure(bytes("x".repeat(200)))))
        .isEqualTo("'" + "x".repeat(60) + "…' is not a value (line 1, column 1)");
  }

  @Test
  void describesThePositionAsRequested() {
    JacksonException e = failure(bytes("{\n \"a\": x}"));
    assertThat(JsonFailures.describe(e)).isEqualTo("'x' is not a value (line 2, column 7)");
    assertThat(JsonFailures.inLine(e)).isEqualTo("'x' is not a value (column 7)");
    assertThat(JsonFailures.describeProblem(e)).isEqualTo("'x' is not a value");
    assertThat(JsonFailures.where(e)).isEqualTo(" (line 2, column 7)");
  }

  @Test
  void describesInputThatCannotBeRead() {
    InputStream none =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new NoSuchFileException("/a/file");
          }
        };
    JacksonException e =
        catchThrowableOfType(
            JacksonException.class,
            () -> JSON.createParser(ObjectReadContext.empty(), none).nextToken());
    assertThat(JsonFailures.describeProblem(e)).isEqualTo("/a/file: no such file or directory");
    Exception other = new IllegalArgumentException("two\nlines");
    assertThat(JsonFailures.describe(other)).isEqualTo("two lines");
  }

  /** Any fault gives one line with a place and no wording of the JSON library. */
  @Test
  void doesNotQuoteReaderErrors() {
    byte[] whole =
        bytes(
            "{\"a\": [1, -2.5e3, true, null, \"x\\u00e9\\n\"], \"bc\": {\"d\": {}}, \"e\": []}\n");
    Random random = new Random(5);
    int failures = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] b = whole.clone();
      for (int k = random.nextInt(3); k >= 0; k--) {
        b[random.nextInt(b.length)] =
            random.nextBoolean()
                ? whole[random.nextInt(whole.length)]
                : (byte) random.nextInt(random.nextBoolean() ? 128 : 256);
      }
      JacksonException e = failure(b);
      if (e != null) {
        failures++;
        assertThat(JsonFailures.describe(e))
            .matches("[^\\n\\r]+ \\(line \\d+, column \\d+\\)")
            .doesNotContainPattern(
                "Source|Object|Array|JSON|code \\d|`\\w|Unexpected|Feature|marker")
            .matches("(?s)(the |a |'|[-\\d.e]+ is ).*");
      }
    }
    assertThat(failures).isGreaterThan(10_000);
  }

  @Test
  void rewordsMessagesOfReaders() {
    byte[] spans = bytes("[{\"id\": ]");
    assertThatThrownBy(() -> ZipkinReader.json(spans, 0, spans.length, 2, false, 0))
        .isInstanceOf(CodecException.class)
        .hasMessage("zipkin: ']' found where a value is expected (line 1, column 9)");
    byte[] traces = bytes("{\n \"resourceSpans\": nul}");
    assertThatThrownBy(() -> OtlpJson.toProtobuf(OtlpSignal.TRACES, traces, 0, traces.length))
        .isInstanceOf(CodecException.class)
        .hasMessage("OTLP JSON: 'nul' is not a value (line 2, column 19)");
  }
}
