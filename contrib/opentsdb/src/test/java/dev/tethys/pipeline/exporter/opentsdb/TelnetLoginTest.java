package dev.tethys.pipeline.exporter.opentsdb;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.exporter.client.LineSockets;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/**
 * Lines to OpenTSDB 2.4 with an authentication plugin: until a connection is authenticated, every
 * line of it is a login, answered only by AUTH_SUCCESS or AUTH_FAIL.
 */
class TelnetLoginTest {
  private static final byte[] PUT = "put up 1700000000 1 job=j\n".getBytes(US_ASCII);

  private static final class Guarded implements AutoCloseable {
    final List<String> put = new CopyOnWriteArrayList<>();
    private final ServerSocket at = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    private final String login;

    /**
     * @param login accepted line; "" for any line
     */
    Guarded(String login) throws IOException {
      this.login = login;
      Thread.ofVirtual()
          .start(
              () -> {
                while (!at.isClosed()) {
                  try {
                    Socket s = at.accept();
                    Thread.ofVirtual().start(() -> talk(s));
                  } catch (IOException e) {
                    return;
                  }
                }
              });
    }

    private void talk(Socket s) {
      boolean isIn = false;
      try (s;
          BufferedReader in =
              new BufferedReader(new InputStreamReader(s.getInputStream(), US_ASCII))) {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          String say = "";
          if (!isIn) {
            isIn = login.isEmpty() || line.equals(login);
            say = isIn ? "AUTH_SUCCESS\r\n" : "AUTH_FAIL\r\n";
          } else if (line.equals("version")) {
            say = "net.opentsdb 2.4\nBuilt on 2020\n";
          } else {
            put.add(line);
          }
          s.getOutputStream().write(say.getBytes(US_ASCII));
        }
      } catch (IOException e) {
        // the client has the last word
      }
    }

    @Override
    public void close() throws IOException {
      at.close();
    }
  }

  private static OpenTsdbSettings settings(String keys) {
    return OpenTsdbSettings.TYPE.read(
        YamlDocument.parse("c.yaml", null, "{" + keys + ", timeout: 5s}").root());
  }

  private static String put(Guarded server, String keys) throws IOException {
    OpenTsdbSettings s =
        settings("endpoint: 'telnet://127.0.0.1:" + server.at.getLocalPort() + "'" + keys);
    try (LineSockets sockets = TelnetPutSender.sockets(s)) {
      TelnetPutSender.put(sockets, PUT);
      return TelnetPutSender.put(sockets, PUT);
    }
  }

  @Test
  void everyConnectionStartsWithTheLogin() throws Exception {
    try (Guarded server = new Guarded("auth basic user secret")) {
      assertThat(put(server, ", telnet_login: auth basic user secret")).isEmpty();
      assertThat(server.put).hasSize(2);
      assertThatThrownBy(() -> put(server, ", telnet_login: auth basic user wrong"))
          .hasMessageContaining("rejected telnet_login")
          .hasMessageNotContaining("wrong");
      assertThatThrownBy(() -> put(server, "")).hasMessageContaining("set telnet_login");
      assertThat(server.put).hasSize(2);
    }
  }

  /** The first line is consumed as a login and must not count as written. */
  @Test
  void reportsAServerThatRequiresALogin() throws Exception {
    try (Guarded server = new Guarded("")) {
      assertThatThrownBy(() -> put(server, "")).hasMessageContaining("set telnet_login");
    }
  }

  @Test
  void rejectsConflictingSettings() {
    for (String wrong :
        List.of(
            "endpoint: 'http://a', telnet_login: x",
            "endpoint: 'telnet://a', username: u",
            "endpoint: 'telnet://a', telnet_login: \"a\\nb\"")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
  }
}
