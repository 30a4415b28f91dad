package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Private keys as OpenSSL writes them. */
@Tag("slow")
class PemTest {
  @TempDir Path folder;

  private String openssl(String... arguments) throws Exception {
    Path program = Path.of("/usr/bin/openssl");
    assumeTrue(Files.isExecutable(program), "openssl is not installed");
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(said).isZero();
    return said;
  }

  private PrivateKey plain(String... how) throws Exception {
    Path key = folder.resolve("plain.pem");
    List<String> command = new ArrayList<>(List.of(how));
    command.addAll(List.of("-out", key.toString()));
    openssl(command.toArray(String[]::new));
    return Pem.privateKey(Files.readString(key));
  }

  private String encrypted(String... how) throws Exception {
    Path out = folder.resolve("encrypted.pem");
    List<String> command = new ArrayList<>(List.of(how));
    command.addAll(
        List.of(
            "-in",
            folder.resolve("plain.pem").toString(),
            "-out",
            out.toString(),
            "-passout",
            "pass:correct horse é"));
    openssl(command.toArray(String[]::new));
    return Files.readString(out);
  }

  private static void opens(String pem, PrivateKey expected) throws IOException {
    assertThat(Pem.privateKey(pem, "correct horse é")).isEqualTo(expected);
    assertThatThrownBy(() -> Pem.privateKey(pem))
        .hasMessageContaining("encrypted")
        .hasMessageContaining("no passphrase");
    assertThatThrownBy(() -> Pem.privateKey(pem, "wrong")).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-aes128", "-aes192", "-aes256", "-des3"})
  void rsaKeysEncryptedInTheOlderForm(String cipher) throws Exception {
    PrivateKey key = plain("genpkey", "-algorithm", "RSA");
    String pem = encrypted("rsa", "-traditional", cipher);
    assertThat(pem).contains("DEK-Info");
    opens(pem, key);
  }

  @Test
  void readsEllipticKeysEncryptedInTheOlderForm() throws Exception {
    PrivateKey key = plain("ecparam", "-name", "prime256v1", "-genkey");
    String pem = encrypted("ec", "-aes256");
    assertThat(pem).contains("DEK-Info");
    opens(pem, key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"aes-128-cbc", "aes-256-cbc"})
  void encryptedPkcs8(String cipher) throws Exception {
    PrivateKey key = plain("genpkey", "-algorithm", "RSA");
    String pem = encrypted("pkcs8", "-topk8", "-v2", cipher);
    assertThat(pem).contains("BEGIN ENCRYPTED PRIVATE KEY");
    opens(pem, key);
  }

  @Test
  void namesUnsupportedCipher() {
    String pem =
        """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: CAMELLIA-128-CBC,00112233445566778899AABBCCDDEEFF

        AAAA
        -----END RSA PRIVATE KEY-----
        """;
    assertThatThrownBy(() -> Pem.privateKey(pem, "x")).hasMessageContaining("CAMELLIA-128-CBC");
  }
}
