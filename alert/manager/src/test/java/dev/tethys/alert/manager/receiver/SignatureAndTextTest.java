package dev.tethys.alert.manager.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.AwsIdentity;
import dev.tethys.web.cloud.AwsSigner;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SignatureAndTextTest {
  /** The case post-x-www-form-urlencoded of AWS's test suite of Signature Version 4. */
  @Test
  void signsRequestsLikeAws() {
    ClientRequest call =
        ClientRequest.post(
            URI.create("https://example.amazonaws.com/"),
            "application/x-www-form-urlencoded",
            "Param1=value1".getBytes(StandardCharsets.UTF_8));
    assertThat(
            AwsSigner.sign(
                    call,
                    AwsIdentity.of("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                    "us-east-1",
                    "service",
                    Instant.parse("2015-08-30T12:36:00Z"),
                    false)
                .headers()
                .get("Authorization"))
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
                + " SignedHeaders=content-type;host;x-amz-date,"
                + " Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
  }

  @Test
  void truncatesTextsBetweenCharacters() {
    assertThat(TemplateExpander.runes("äöü", 3)).isEqualTo("äöü");
    assertThat(TemplateExpander.runes("🙂🙂🙂🙂🙂", 4)).isEqualTo("🙂🙂🙂…");
    assertThat(TemplateExpander.runes("abcd", 3)).isEqualTo("abc");
    assertThat(TemplateExpander.bytes("ääää", 7)).isEqualTo("ää…");
    assertThat(TemplateExpander.bytes("ääää", 8)).isEqualTo("ääää");
    assertThat(TemplateExpander.whole("a🙂b", 4)).isEqualTo("a");
  }

  @Test
  void addressesAndHeaders() {
    assertThat(MailText.addresses("Ops <ops@example.org>, \"A, \\\"B\" <ab@example.org>,c@d"))
        .containsExactly("ops@example.org", "ab@example.org", "c@d");
    for (String bad :
        new String[] {"", "x", "a@b,", "a@b\r\nRCPT TO:<c@d>", "<a b@c>", "@x", "x@"}) {
      assertThatThrownBy(() -> MailText.addresses(bad))
          .as(bad)
          .hasMessageContaining("not an e-mail");
    }
    assertThat(MailText.header("plain text")).isEqualTo("plain text");
    assertThat(MailText.header("ü=\r\nBcc: x")).isEqualTo("=?utf-8?q?=C3=BC=3D=0D=0ABcc:_x?=");
    assertThat(MailText.header("ü".repeat(30)).lines()).allMatch(l -> l.length() <= 76).hasSize(3);
    assertThat(MailText.quotedPrintable("a=b \nü" + "x".repeat(100)))
        .isEqualTo("a=3Db=20\r\n=C3=BC" + "x".repeat(69) + "=\r\n" + "x".repeat(31));
  }
}
