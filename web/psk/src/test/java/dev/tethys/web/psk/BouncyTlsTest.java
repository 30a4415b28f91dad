package dev.tethys.web.psk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.PreSharedKey;
import dev.tethys.web.client.PskTls;
import dev.tethys.web.client.PskTls.Offer;
import dev.tethys.web.client.PskTls.Secured;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against OpenSSL's server, which turns each line around. */
@Tag("slow")
class BouncyTlsTest {
  private static final String KEY = "00112233445566778899aabbccddeeff";
  private static final int TIME_LIMIT = 60_000;

  @TempDir Path folder;
  private final int port = Ports.free();

  private ServerProcess server(String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                ServerProcess.find("openssl").toString(),
                "s_server",
                "-accept",
                Integer.toString(port),
                "-rev"));
    command.addAll(List.of(more));
    return new ServerProcess(port, folder.resolve("log"), Map.of(), command);
  }

  private ServerProcess knowing(String... more) throws Exception {
    List<String> all = new ArrayList<>(List.of("-nocert", "-psk", KEY, "-psk_identity", "gateway"));
    all.addAll(List.of(more));
    return server(all.toArray(String[]::new));
  }

  private static Offer offer(String identity, String key, boolean newest) {
    return new Offer(PreSharedKey.of(identity, key), "broker.example", newest, List.of());
  }

  private Socket connect() throws IOException {
    Socket s = new Socket(InetAddress.getLoopbackAddress(), port);
    s.setSoTimeout(TIME_LIMIT);
    return s;
  }

  private static Secured secure(Socket s, Offer offer) throws IOException {
    return PskTls.find().secure(s.getInputStream(), s.getOutputStream(), offer);
  }

  private static String turned(Secured secured, String line) throws IOException {
    secured.out().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    secured.out().flush();
    return new BufferedReader(new InputStreamReader(secured.in(), StandardCharsets.US_ASCII))
        .readLine();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ECDHE-PSK-CHACHA20-POLY1305",
        "PSK-AES128-GCM-SHA256",
        "PSK-AES256-GCM-SHA384",
        "PSK-CHACHA20-POLY1305"
      })
  void supportsSuitesOfTls12(String suite) throws Exception {
    try (ServerProcess server = knowing("-tls1_2", "-cipher", suite + ":@SECLEVEL=0");
        Socket s = connect()) {
      assertThat(turned(secure(s, offer("gateway", KEY, false)), "abc")).isEqualTo("cba");
      assertThat(server.log()).contains(suite);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"})
  void supportsSuitesOfTls13(String suite) throws Exception {
    try (ServerProcess server = knowing("-tls1_3", "-ciphersuites", suite);
        Socket s = connect()) {
      assertThat(turned(secure(s, offer("gateway", KEY, true)), "abc")).isEqualTo("cba");
      assertThat(server.log()).contains(suite);
    }
  }

  /** Keys that can be found out later, and ciphers of old, are the server's last resort. */
  @Test
  void prefersANewKeyForEachConnection() throws Exception {
    try (ServerProcess server = knowing("-tls1_2", "-cipher", "ALL:PSK:@SECLEVEL=0");
        Socket s = connect()) {
      assertThat(turned(secure(s, offer("gateway", KEY, false)), "abc")).isEqualTo("cba");
      assertThat(server.log()).contains("ECDHE-PSK-CHACHA20-POLY1305");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void transfersLargeDataBothWays(boolean newest) throws Exception {
    String line = "0123456789abcdef".repeat(900); // OpenSSL's server turns lines below 16 KB
    String back = new StringBuilder(line).reverse().toString();
    try (ServerProcess server = knowing();
        Socket s = connect()) {
      Secured secured = secure(s, offer("gateway", KEY, newest));
      BufferedReader in =
          new BufferedReader(new InputStreamReader(secured.in(), StandardCharsets.US_ASCII));
      byte[] bytes = (line + "\n").repeat(20).getBytes(StandardCharsets.US_ASCII);
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      secured.out().write(bytes);
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      writer.join();
      for (int i = 0; i < 20; i++) {
        assertThat(in.readLine()).isEqualTo(back);
      }
      assertThat(server.log()).contains(newest ? "TLSv1.3" : "TLSv1.2");
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void reportsAWrongKey(boolean newest) throws Exception {
    try (ServerProcess server = knowing();
        Socket s = connect()) {
      String other = KEY.replace("00", "01");
      assertThatThrownBy(() -> secure(s, offer("gateway", other, newest)))
          .isInstanceOf(IOException.class)
          .hasMessage("the key is not the one that it has for the identity \"gateway\"");
      assertThat(server.log()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rejectsCertificateOnlyServer(boolean newest) throws Exception {
    TestCertificates certificates = new TestCertificates(folder);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    try (ServerProcess server =
            server(
                "-cert",
                folder.resolve("server.crt").toString(),
                "-key",
                folder.resolve("server.key").toString());
        Socket s = connect()) {
      assertThatThrownBy(() -> secure(s, offer("gateway", KEY, newest)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("certificate");
      assertThat(server.log()).isNotNull();
    }
  }

  @ParameterizedTest
  @CsvSource({"-tls1_3,false,1.2", "-tls1_2,true,1.3"})
  void reportsAnUnsupportedVersion(String spoken, boolean newest, String wanted) throws Exception {
    try (ServerProcess server = knowing(spoken);
        Socket s = connect()) {
      assertThatThrownBy(() -> secure(s, offer("gateway", KEY, newest)))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "it does not support TLS "
                  + wanted
                  + ": set min_version of tls to the version to use");
      assertThat(server.log()).isNotNull();
    }
  }

  /** The time of one read ends in the handshake as elsewhere; afterwards it changes nothing. */
  @Test
  void silentServerTimesOut() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket s = new Socket(silent.getInetAddress(), silent.getLocalPort())) {
      s.setSoTimeout(50);
      assertThatThrownBy(() -> secure(s, offer("gateway", KEY, false)))
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readTimeoutKeepsTheConnection(boolean newest) throws Exception {
    try (ServerProcess server = knowing();
        Socket s = connect()) {
      Secured secured = secure(s, offer("gateway", KEY, newest));
      for (int i = 0; i < 3; i++) {
        s.setSoTimeout(20);
        assertThatThrownBy(() -> secured.in().read()).isInstanceOf(SocketTimeoutException.class);
        s.setSoTimeout(TIME_LIMIT);
        assertThat(turned(secured, "again" + i)).isEqualTo(i + "niaga");
      }
      assertThat(server.log()).isNotEmpty();
    }
  }

  @Test
  void reportsAPeerThatDoesNotSupportTls() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket s = new Socket(other.getInetAddress(), other.getLocalPort());
        Socket theirs = other.accept()) {
      s.setSoTimeout(TIME_LIMIT);
      theirs
          .getOutputStream()
          .write("220 mail.example ESMTP\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThatThrownBy(() -> secure(s, offer("gateway", KEY, false)))
          .isInstanceOf(IOException.class)
          .hasMessage("it does not support TLS");
    }
  }

  @Test
  void reportsAServerThatClosesDuringTheHandshake() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket s = new Socket(other.getInetAddress(), other.getLocalPort())) {
      s.setSoTimeout(TIME_LIMIT);
      Thread going =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (Socket theirs = other.accept();
                        InputStream in = theirs.getInputStream()) {
                      in.read();
                      theirs.shutdownOutput();
                      in.transferTo(java.io.OutputStream.nullOutputStream());
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      assertThatThrownBy(() -> secure(s, offer("gateway", KEY, false)))
          .isInstanceOf(IOException.class)
          .hasMessage("server closed the connection during the TLS handshake");
      s.close();
      going.join();
    }
  }

  @Test
  void readsTheEndOnlyOnce() throws Exception {
    Secured secured;
    try (Socket s = new Socket()) {
      try (ServerProcess server = knowing()) {
        s.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        s.setSoTimeout(TIME_LIMIT);
        secured = secure(s, offer("gateway", KEY, false));
        assertThat(turned(secured, "abc")).isEqualTo("cba");
        assertThat(server.log()).isNotEmpty();
      }
      assertThat(secured.in().read()).isEqualTo(-1);
      assertThat(secured.in().read()).isEqualTo(-1);
    }
  }
}
