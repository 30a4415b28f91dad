package dev.tethys.web.scram;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The exchanges that RFC 7677 and MongoDB's specification of logins print. */
final class ScramTest {
  private static final String NONCE = "rOprNGfwEbeRWgbNEkqO";
  private static final String CHALLENGE =
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

  @Test
  void computesSha256ProofOfTheRfc() throws Exception {
    Scram s = Scram.of(Scram.SHA_256, "user", "pencil", NONCE);
    assertThat(s.first()).isEqualTo("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    assertThat(s.proof(CHALLENGE))
        .isEqualTo(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    s.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  }

  @Test
  void computesSha1ProofOfMongodb() throws Exception {
    Scram s =
        new Scram(Scram.SHA_1, "user", mongodbs("user", "pencil"), "fyko+d2lbbFgONRv9qkxdawL");
    assertThat(s.first()).isEqualTo("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    assertThat(
            s.proof(
                "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,"
                    + "s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000"))
        .isEqualTo(
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,"
                + "p=MC2T8BvbmWRckDw8oWl5IVghwCY=");
    s.verify("v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0=");
  }

  private static byte[] mongodbs(String user, String password) throws Exception {
    byte[] md5 =
        MessageDigest.getInstance("MD5").digest((user + ":mongo:" + password).getBytes(UTF_8));
    return HexFormat.of().formatHex(md5).getBytes(UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096 | does not continue ours",
        "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096 | does not continue ours",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1 | 1 iterations",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999 | 99999999 iterations",
        "r=rOprNGfwEbeRWgbNEkqOx,s=*,i=4096 | SCRAM",
        "'' | does not continue ours"
      })
  void rejectsImplausibleChallenges(String challenge, String reason) throws Exception {
    Scram s = Scram.of(Scram.SHA_256, "user", "pencil", NONCE);
    assertThatThrownBy(() -> s.proof(challenge))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void serverWithoutThePasswordIsNotTrusted() throws Exception {
    Scram s = Scram.of(Scram.SHA_256, "user", "pencil", NONCE);
    assertThatThrownBy(() -> s.verify("v=")).hasMessageContaining("did not prove");
    s.proof(CHALLENGE);
    assertThatThrownBy(() -> s.verify("v=AAAA")).hasMessageContaining("did not prove");
    assertThatThrownBy(() -> s.verify("e=invalid-proof")).hasMessageContaining("invalid-proof");
    assertThatThrownBy(() -> s.verify("")).hasMessageContaining("did not prove");
  }

  /** The examples of RFC 4013. */
  @ParameterizedTest
  @CsvSource({"I\u00adX,IX", "user,user", "USER,USER", "\u00aa,a", "\u2168,IX", "a\u00a0b,a b"})
  void passwordsAreNormalised(String given, String meant) {
    assertThat(SaslPrep.prepare(given)).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource({"'\u0007'", "'\u06271'", "'\ue000'", "'a\u0628'"})
  void rejectsProhibitedPasswords(String given) {
    assertThatThrownBy(() -> SaslPrep.prepare(given))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining(given);
  }
}
