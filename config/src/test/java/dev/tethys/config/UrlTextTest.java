package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.URISyntaxException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlTextTest {
  /** Go's net/url takes and refuses the same; a query is sent unchanged. */
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
        "http://h/ü | http://h/%C3%BC",
        "http://h/x?q=ü&r=%zz&s=100% | http://h/x?q=%C3%BC&r=%25zz&s=100%25",
        "http://me:p@ss@h/x | http://me:p%40ss@h/x",
        "http://h:65535/ | http://h:65535/",
        "http://[::1]:9090/ | http://[::1]:9090/",
        "http://[fe80::1%25eth0]:9090/ | http://[fe80::1%25eth0]:9090/",
        "http://h/%zz | ",
        "http://h/x#%zz | ",
        "http://h:65536/ | ",
        "http://my_h:99999999999/ | ",
        "socks5://h:70000 | ",
        "http://me:p^w@h/ | ",
        "http://h h/ | ",
        "http://h{x}/ | ",
        "http://remote_ip:remote_port/x | ",
        "http://a:b/ | ",
      })
  void readsUrlsLikeGo(String text, String expected) throws Exception {
    if (expected == null) {
      assertThatThrownBy(() -> UrlText.read(text)).isInstanceOf(URISyntaxException.class);
    } else {
      assertThat(UrlText.read(text)).hasToString(expected);
    }
  }

  /** Most of them are the examples of RFC 3986, section 5.4. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        "http://a/b/c/d?q | g:h | g:h",
        "http://a/b/c/d?q | g | http://a/b/c/g",
        "http://a/b/c/d?q | ./g | http://a/b/c/g",
        "http://a/b/c/d?q | g/ | http://a/b/c/g/",
        "http://a/b/c/d?q | /g | http://a/g",
        "http://a/b/c/d?q | //g | http://g",
        "http://a/b/c/d?q | ?y | http://a/b/c/d?y",
        "http://a/b/c/d?q | g?y | http://a/b/c/g?y",
        "http://a/b/c/d?q | #s | http://a/b/c/d?q#s",
        "http://a/b/c/d?q | '' | http://a/b/c/d?q",
        "http://a/b/c/d?q | ../g | http://a/b/g",
        "http://a/b/c/d?q | ../../g | http://a/g",
        "http://a | g | http://a/g",
        "http://a | ?y | http://a/?y",
        "http://a/b | /c d/ü?100% | http://a/c%20d/%C3%BC?100%25",
        "http://a/b | https://my_b:1/ | https://my_b:1/",
        "http://a/b | http://x:99999/ | ",
        "http://a/b | /%zz | ",
      })
  void whereAReferenceLeads(String base, String reference, String expected) throws Exception {
    if (expected == null) {
      assertThatThrownBy(() -> UrlText.resolve(URI.create(base), reference))
          .isInstanceOf(URISyntaxException.class);
    } else {
      assertThat(UrlText.resolve(URI.create(base), reference)).hasToString(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://remote_ip:remote_port/ | invalid port \":remote_port\" after host",
        "http://h/%zz b | invalid URL escape \"%zz\"",
        "http://h:70000/ | invalid port \":70000\" after host: they end with 65535",
        "http://me:p^w@h/ | invalid userinfo",
      })
  void reportsInvalidUrls(String text, String reason) {
    assertThatThrownBy(() -> UrlText.read(text)).hasMessageStartingWith(reason);
    assertThatThrownBy(() -> UrlText.read("http://a/\u0001"))
        .hasMessageStartingWith("invalid control character in URL");
  }
}
