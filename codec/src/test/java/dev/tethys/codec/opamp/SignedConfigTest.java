package dev.tethys.codec.opamp;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Texts with a signature, with one that OpenSSL 3 made by {@code pkeyutl -sign -rawin}. */
class SignedConfigTest {
  private static final String TEXT = "receivers: {otlp: }\n";
  private static final String KEY = "MCowBQYDK2VwAyEAOGl2LbR+EmmfTmDitJypT/B1A9stdBPAPVk9aXUdpgE=";
  private static final String SIGNATURE =
      "662iTaE1JMRC6/QNDeodoqJx+QDynFeZhWNlQNQE7ABJEEdfWV3D5GYcc/yP"
          + "OGGThQPqhX59GSNVBHt4HCMUAQ==";

  private static boolean verify(byte[] statement, byte[] signature) throws Exception {
    Signature s = Signature.getInstance("Ed25519");
    s.initVerify(
        KeyFactory.getInstance("Ed25519")
            .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(KEY))));
    s.update(statement);
    return s.verify(signature);
  }

  @Test
  void opensslSignatureCoversNameAndText() throws Exception {
    SignedConfig c = SignedConfig.of(TEXT + "# tethys-signature: edge " + SIGNATURE + "\n");
    assertThat(c.text()).isEqualTo(TEXT);
    assertThat(c.name()).isEqualTo("edge");
    assertThat(verify(c.statement(), c.signature())).isTrue();
    assertThat(verify(SignedConfig.statement("other", TEXT), c.signature())).isFalse();
    assertThat(verify(SignedConfig.statement("edge", TEXT + "#\n"), c.signature())).isFalse();
  }

  @Test
  void readsSignedTextWithoutATrailingNewline() {
    byte[] signature = {1, 2, 3};
    SignedConfig c = SignedConfig.of(SignedConfig.sign("edge", "a: 1", signature));
    assertThat(c.text()).isEqualTo("a: 1\n");
    assertThat(c.signature()).isEqualTo(signature);
    assertThat(c.statement()).isEqualTo(SignedConfig.statement("edge", "a: 1"));
  }

  @Test
  void textAfterTheSignatureOrAnotherCommentIsNotASignature() {
    String signed = SignedConfig.sign("edge", TEXT, new byte[] {1});
    assertThat(SignedConfig.of(signed + "exporters: {nop: }\n").isSigned()).isFalse();
    for (String last :
        new String[] {"", "\n", "# a", "# tethys-signature: ", "# tethys-signature: edge ?"}) {
      SignedConfig c = SignedConfig.of(TEXT + last);
      assertThat(c.isSigned()).as(last).isFalse();
      assertThat(c.text()).isEqualTo(TEXT + last);
    }
  }
}
