package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BasicCredentialsTest {
  /** The examples of RFC 7617, sections 2 and 2.1. */
  @Test
  void headersMatchTheStandard() {
    assertThat(BasicCredentials.header("Aladdin", "open sesame"))
        .isEqualTo("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assertThat(BasicCredentials.header("test", "123£")).isEqualTo("Basic dGVzdDoxMjPCow==");
  }

  @Test
  void acceptsMissingPasswordAndPasswordWithColons() {
    assertThat(BasicCredentials.ofUserInfo("me")).isEqualTo(BasicCredentials.header("me", ""));
    assertThat(BasicCredentials.ofUserInfo("me:a:b"))
        .isEqualTo(BasicCredentials.header("me", "a:b"));
  }
}
