package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** By RFC 6265; the numbers are those of its sections. */
class CookieJarTest {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2024-05-06T07:08:09Z"));
  private final CookieJar jar = new CookieJar(now::get);

  private void set(String uri, String... cookies) {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.put("set-cookie", Arrays.asList(cookies));
    jar.keep(URI.create(uri), headers);
  }

  private String of(String uri) {
    return jar.of(URI.create(uri));
  }

  /** What is set by one answer, and goes back to the next call of the same URL. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "http://h/ | SERVERID=a1; Max-Age=3600; Path=/ | SERVERID=a1",
        "http://h/ | SID=31d4d96e407aad42 | SID=31d4d96e407aad42",
        "http://h/ | a=\"q, r\" ; HttpOnly | a=\"q, r\"",
        "http://h/ | a = b=c ;x | a=b=c",
        "http://h/ | a= | a=",
        "http://my_host/ | a=1 | a=1",
        "http://[::1]:8080/ | a=1 | a=1",
        "http://h/ | nameless | ~~",
        "http://h/ | =a | ~~",
        "http://h/ | a=x\u0001y | ~~",
        "http://h/ | a=\u00fc | ~~",
        "http://h/ | a=1; Max-Age=0 | ~~",
        "http://h/ | a=1; Max-Age=-1 | ~~",
        "http://h/ | a=1; Max-Age=x | a=1",
        "http://h/ | a=1; Max-Age=99999999999999999999 | a=1",
        "http://h/ | a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT | ~~",
        "http://h/ | a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=5 | a=1",
        "http://h/ | a=1; Max-Age=0; Expires=Thu, 01 Jan 2060 00:00:00 GMT | ~~",
        "http://h/ | a=1; Expires=soon | a=1",
        "http://h/ | a=1; Secure | ~~",
        "https://h/ | a=1; secure | a=1",
        "http://h/x/y | a=1; Path=/z | ~~",
        "http://h/x/y | a=1; Path=z | a=1",
        "http://h/x/y | a=1; Path=/x; Path= | a=1",
      })
  void returnsCookiesThatWereSet(String uri, String cookie, String expected) {
    set(uri, cookie);
    assertThat(of(uri)).isEqualTo(expected);
    assertThat(jar.size())
        .isEqualTo(expected.isEmpty() && !cookie.matches(".*(Secure|/z)") ? 0 : 1);
  }

  /** 5.1.3 and 5.3: for whom a host may set a cookie, and who gets it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "a.example.com | -            | a.example.com   | true",
        "a.example.com | -            | b.a.example.com | false",
        "a.example.com | example.com  | a.example.com   | true",
        "a.example.com | .Example.COM | b.example.com   | true",
        "a.example.com | example.com  | example.com     | true",
        "a.example.com | example.com  | badexample.com  | false",
        "a.example.com | a.example.com | b.a.example.com | true",
        "a.example.com | b.example.com | a.example.com  | false",
        "a.example.com | b.example.com | b.example.com  | false",
        "example.com   | a.example.com | a.example.com  | false",
        "a.example.com | com           | a.example.com  | false",
        "a.example.com | example.com.  | a.example.com  | false",
        "shop.co.uk    | .co.uk        | shop.co.uk     | false",
        "shop.co.uk    | .co.uk        | other.co.uk    | false",
        "www.shop.co.uk | shop.co.uk   | api.shop.co.uk | true",
        "localhost     | localhost     | localhost      | true",
        "localhost     | localhost     | a.localhost    | false",
        "10.0.0.1      | 10.0.0.1      | 10.0.0.1       | true",
        "10.0.0.1      | 0.0.1         | 10.0.0.1       | false",
        "10.0.0.1      | .0.1          | 9.0.0.1        | false",
        "my_a.example.com | example.com | my_b.example.com | true",
      })
  void domains(String setter, @Nullable String domain, String asked, boolean gets) {
    set("http://" + setter + "/", "a=1" + (domain == null ? "" : "; Domain=" + domain));
    assertThat(of("http://" + asked + ":81/")).isEqualTo(gets ? "a=1" : "");
  }

  /** 5.1.4. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/foo/bar | /foo/bar/x | true",
        "/foo/bar | /foo/ | true",
        "/foo/bar | /foo | true",
        "/foo/bar | /foobar | false",
        "/foo/bar | / | false",
        "/foo | / | true",
        "/ | /any | true",
        "/a/b/c | /a/b | true",
        "/a/b/c | /a/c | false",
      })
  void withoutAPathItIsTheFolder(String setter, String asked, boolean gets) {
    set("http://h" + setter, "a=1");
    assertThat(of("http://h" + asked)).isEqualTo(gets ? "a=1" : "");
  }

  @Test
  void replacesCookieWithSameNameDomainAndPath() {
    set("http://h/", "a=1", "b=1", "a=2; Path=/x", "a=3");
    // Longer paths first, then what was set first (5.4).
    assertThat(of("http://h/x")).isEqualTo("a=2; a=3; b=1");
    set("http://h/", "a=; Max-Age=0");
    assertThat(of("http://h/x")).isEqualTo("a=2; b=1");
    set("http://other/", "b=; Max-Age=0");
    assertThat(of("http://h/")).isEqualTo("b=1");
  }

  @Test
  void removesExpiredCookies() {
    set("http://h/", "a=1; Max-Age=10", "b=1; Expires=Mon, 06 May 2024 07:08:20 GMT", "c=1");
    now.set(now.get().plusSeconds(9));
    assertThat(of("http://h/")).isEqualTo("a=1; b=1; c=1");
    now.set(now.get().plusSeconds(1));
    assertThat(of("http://h/")).isEqualTo("b=1; c=1");
    now.set(now.get().plusSeconds(1));
    assertThat(of("http://h/")).isEqualTo("c=1");
    assertThat(jar.size()).isEqualTo(1);
  }

  @Test
  void boundsCookiesPerDomainAndInTotal() {
    for (int i = 0; i < CookieJar.MAX_EACH + 10; i++) {
      set("http://h/", "c" + i + "=1");
    }
    assertThat(of("http://h/").split("; ")).hasSize(CookieJar.MAX_EACH).startsWith("c10=1");
    String large = "x".repeat(CookieJar.MAX_BYTES - 2);
    for (int i = 0; i < 9; i++) {
      set("http://large.example.com/", "c" + i + "=" + large);
      set("http://large.example.com/", "d" + i + "=" + large + "; Domain=example.com");
    }
    set("http://large.example.com/", "more=" + large);
    assertThat(of("http://large.example.com/").length())
        .isBetween(CookieJar.MAX_BYTES, CookieJar.MAX_BYTES_EACH);
    assertThat(of("http://large.example.com/")).startsWith("c6=").doesNotContain("more");
    for (int i = 0; i < CookieJar.MAX_COOKIES; i++) {
      set("http://h" + i + ".example.net/", "a=1");
    }
    assertThat(jar.size()).isEqualTo(CookieJar.MAX_COOKIES);
    assertThat(of("http://h/")).isEmpty();
    set("http://h/", "new=1");
    assertThat(jar.size()).isEqualTo(CookieJar.MAX_COOKIES);
    assertThat(of("http://h0.example.net/")).isEmpty();
    assertThat(of("http://h1.example.net/")).isEqualTo("a=1");
  }

  /** Servers' own forms, and what the http-state group's tests say of them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "Sun, 06 Nov 1994 08:49:37 GMT | 1994-11-06T08:49:37Z",
        "Sunday, 06-Nov-94 08:49:37 GMT | 1994-11-06T08:49:37Z",
        "Sun Nov  6 08:49:37 1994 | 1994-11-06T08:49:37Z",
        "Mon, 10-Dec-2007 17:02:24 GMT | 2007-12-10T17:02:24Z",
        "Wednesday, 01-Jan-10 00:00:00 GMT | 2010-01-01T00:00:00Z",
        "Thu, 31 Dec 23:55:55 2037 GMT | 2037-12-31T23:55:55Z",
        "Wed Dec 12 2007 08:44:07 GMT-0500 (EST) | 2007-12-12T08:44:07Z",
        "Mon, 01-Jan-2011 00: 00:00 GMT | -",
        "Thu, 10 Dec 2009 13:57:2 GMT | 2009-12-10T13:57:02Z",
        "Thu, 31 Feb 2010 00:00:00 GMT | -",
        "Thu, 31 Dec 1600 00:00:00 GMT | -",
        "Thu, 31 Dec 2010 24:00:00 GMT | -",
        "10 Dec 2009 | -",
        "tomorrow | -",
        "'' | -",
      })
  void dates(String text, @Nullable Instant expected) {
    assertThat(CookieDate.read(text)).isEqualTo(expected);
  }
}
