package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialShapeTest {
  /** Forms of public documentation of the issuers, with other digits. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer abc",
        "Basic dXNlcjpwYXNz",
        "Api-Token dt0c01.ST2EY72KQINMH574WMNVI7YN.G3DFPBEJYMODIDAEX454M7YWBUVEFOWKPRVMWFASS64",
        "hcaik_01hshz1sv4tg4f0dxhpnw8ff4tm8fvcj4j4xz41y2q3z5s6t7u8v9w0x1y",
        "d41d8cd98f00b204e9800998ecf8427e",
        "550e8400-e29b-41d4-a716-446655440000",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "glc_eyJvIjoiMTIzNDU2IiwibiI6InRva2VuIn0=",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "NRAK-ABCDEFGHIJKLMNOPQRSTUVWXYZA",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      })
  void credentialsAreFound(String text) {
    assertThat(CredentialShape.isIn(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "team1",
        "shop",
        "application/x-protobuf",
        "application/vnd.github.v3+json; charset=utf-8",
        "team-checkout-2024-eu-west-1",
        "2026-11-29T15:04:05Z",
        "production-eu-central-1-observability",
        "otel-collector/0.139.0",
        "gzip, deflate, br;q=1.0",
        "max-age=31536000; includeSubDomains",
        "https://collector.example.org:4318/v1/traces",
        "camelCaseNameOfATenantThatIsLong",
        "123456789012345678",
      })
  void ordinaryTextsAreNone(String text) {
    assertThat(CredentialShape.isIn(text)).isFalse();
  }
}
