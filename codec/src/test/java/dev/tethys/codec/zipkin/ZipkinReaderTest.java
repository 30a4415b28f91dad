package dev.tethys.codec.zipkin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spans of Zipkin with values that their fields cannot hold. */
class ZipkinReaderTest {
  private static ZipkinReader.Result read(String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    return ZipkinReader.json(b, 0, b.length, 2, false, 0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"kind\":\"client\"|[1].kind is \"client\"; it must be CLIENT, SERVER, PRODUCER or CONSUMER",
        "\"timestamp\":\"soon\"|[1].timestamp is \"soon\"; it must be an integer from 0 to",
        "\"timestamp\":1.5|[1].timestamp is 1.5; it must be an integer",
        "\"timestamp\":-5|[1].timestamp is -5; it must be an integer",
        "\"timestamp\":9223372036854775808|[1].timestamp is 9223372036854775808; it must be",
        "\"duration\":[1]|[1].duration is a list; it must be an integer",
        "\"duration\":9223372036854775807|[1].duration is 9223372036854775807; it must be",
        "\"localEndpoint\":{\"port\":65536}|[1].localEndpoint.port is 65536; it must be an integer",
        "\"localEndpoint\":\"a\"|[1].localEndpoint is \"a\"; it must be an object",
        "\"tags\":{\"a\":{\"b\":1}}|[1].tags.a is an object; it must be a string",
        "\"tags\":[1]|[1].tags is a list; it must be an object",
        "\"annotations\":[1,{\"value\":\"x\"}]|[1].annotations[0] is 1; it must be an object",
        "\"annotations\":[{\"timestamp\":-1}]|[1].annotations[0].timestamp is -1; it must be",
        "\"name\":{\"x\":[1,2]}|[1].name is an object; it must be a string"
      })
  void namesTheInvalidSpanAndKeepsOthers(String field, String reason) {
    String ids = "\"traceId\":\"00000000000000aa\",\"id\":\"01\"";
    ZipkinReader.Result r =
        read("[{" + ids + "},{" + ids + "," + field + "},{" + ids + ",\"name\":\"last\"}]");
    assertThat(r.traces().itemCount()).isEqualTo(2);
    assertThat(r.refusals().kept())
        .singleElement()
        .satisfies(x -> assertThat(x.why()).startsWith(reason));
  }

  @Test
  void skipsElementsThatAreNotSpans() {
    ZipkinReader.Result r = read("[7,{\"traceId\":\"a\",\"id\":\"b\"},null]");
    assertThat(r.traces().itemCount()).isEqualTo(1);
    assertThat(r.refusals().count()).isEqualTo(2);
    assertThatThrownBy(() -> read("[{\"traceId\":\"a\",\"annotations\":["))
        .isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> read("[")).isInstanceOf(CodecException.class);
  }

  @Test
  void acceptsNegativePorts() {
    ZipkinReader.Result r =
        read(
            "[{\"traceId\":\"a\",\"id\":\"b\",\"localEndpoint\":{\"ipv4\":\"1.2.3.4\",\"port\":-1}}]");
    assertThat(r.refusals().isEmpty()).isTrue();
    assertThat(
            r.traces()
                .resources()
                .getFirst()
                .scopes()
                .getFirst()
                .items()
                .getFirst()
                .attributes()
                .get("net.host.port"))
        .isEqualTo(65535L);
  }
}
