package dev.tethys.codec.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {
  @ParameterizedTest
  @CsvSource({
    "/a/b?c=SECRET, /a/b",
    "/a/b#SECRET, /a/b",
    "http://user:SECRET@host:80/a?x, http://host:80/a",
    "http://user:SE@CRET@host/, http://host/",
    "http://user:SE/CRET@host/a, http://host/a",
    "http://user:SE?CRET@host/a, http://host/a",
    "http://user:SECRET, http://*",
    "HTTP://SECRET@host, HTTP://host",
    "http://[::1]:80/a, http://[::1]:80/a",
    "http://host:8080/a, http://host:8080/a",
    "user:SECRET@host:443, host:443",
    "host:443, host:443",
    "*, *",
    "/proxy/http://user:SECRET@host/a, /proxy/http://*/a",
    "/a;jsessionid=SECRET/b, /a;*/b",
    "/reset/550e8400-e29b-41d4-a716-446655440000, /reset/*",
    "/v1/token/abc123/x, /v1/token/*/x",
    "/password/hunter, /password/*",
    "/password/reset, /password/reset",
    "/tokens/refresh, /tokens/refresh",
    "/x/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln/y, /x/*/y",
    "/x/%65yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln, /x/*",
    "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX, /services/T00000000/B00000000/*",
    "/bot123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11/getMe, /*/getMe",
    "/d/0123456789abcdef0123456789abcdef, /d/*",
    "/k/sk_live_abcdefghijklmnop, /k/*",
    "/s/aB3dE5gH7jK9mN1pQ, /s/*",
    "/s/aBcDeFgHiJkLmNoPqRsTu, /s/*",
    "/s/qzkxwvbnmtrpsdfghjkl, /s/*"
  })
  void secretsAreMasked(String target, String wanted) {
    assertThat(RequestTarget.masked(target)).isEqualTo(wanted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/api/v1/query_range",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/querier.v1.QuerierService/SelectMergeStacktraces",
        "/how-to-configure-prometheus-2-45-with-3-replicas",
        "/getCustomerOrderHistoryByIdentifier",
        "/orders/1234567890123",
        "/2026-11-30/report.html",
        "/shop/cart/items/42",
        "/static/js/main.3f2a1b9c.js",
        "/_bulk",
        "/internationalization",
        "//a//b/"
      })
  void namesAndNumbersStay(String target) {
    assertThat(RequestTarget.masked(target)).isEqualTo(target);
  }
}
