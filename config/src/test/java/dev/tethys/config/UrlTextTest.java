package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URISyntaxException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlTextTest {
  /** Go's net/url takes and refuses the same; what stands in a query it sends as it is. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://a:1/x?y#z | http://a:1/x?y#z",
        "https://hooks.slack.com/services/<id> | https://hooks.slack.com/services/%3Cid%3E",
        "http://bot/a b/{x}?q={y}|http://bot/a%20b/%7Bx%7D?q=%7By%7D",
        "http://my_bot:80/ü x#<f> | http://my_bot:80/%C3%BC%20x#%3Cf%3E",
        "http://a/%20 b | http://a/%20%20b",
        "/a <b> | ",
        "http://h/%zz | ",
        "http://h h/ | ",
        "http://h{x}/ | ",
        "http://remote_ip:remote_port/x | ",
        "http://a:b/ | ",
      })
  void whatGoReadsIsRead(String text, String expected) throws Exception {
    if (expected == null) {
      assertThatThrownBy(() -> UrlText.read(text)).isInstanceOf(URISyntaxException.class);
    } else {
      assertThat(UrlText.read(text)).hasToString(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://remote_ip:remote_port/ | invalid port \":remote_port\" after host",
        "http://h/%zz b | invalid URL escape \"%zz\"",
      })
  void whatIsWrongIsSaid(String text, String reason) {
    assertThatThrownBy(() -> UrlText.read(text)).hasMessageStartingWith(reason);
    assertThatThrownBy(() -> UrlText.read("http://a/\u0001"))
        .hasMessageStartingWith("invalid control character in URL");
  }
}
