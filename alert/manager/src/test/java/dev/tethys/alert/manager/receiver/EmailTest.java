package dev.tethys.alert.manager.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.template.Templates;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.HttpClientFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** E-mail: what is said to a server, and a whole message to one that we did not write. */
@Timeout(60)
class EmailTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @TempDir Path dir;

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    clients.close();
    for (AutoCloseable c : open) {
      c.close();
    }
  }

  /** A server that answers each command by its first word. */
  private int server(String greeting, Map<String, String> answers) throws IOException {
    ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    open.add(s);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  try (Socket c = s.accept()) {
                    converse(c, greeting, answers);
                  }
                }
              } catch (IOException e) {
                // the test is over
              }
            });
    return s.getLocalPort();
  }

  private void converse(Socket c, String greeting, Map<String, String> answers) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(c.getInputStream(), StandardCharsets.UTF_8));
    OutputStream out = c.getOutputStream();
    out.write((greeting + "\r\n").getBytes(StandardCharsets.UTF_8));
    boolean data = false;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      heard.add(line);
      if (data && !line.equals(".")) {
        continue;
      }
      String word = line.split("[ :]")[0];
      String a = answers.getOrDefault(word, "250 ok");
      data = a.startsWith("354");
      out.write((a + "\r\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  private static final Map<String, String> USUAL =
      Map.of("EHLO", "250-there\r\n250 SIZE 1000", "DATA", "354 go on", "QUIT", "221 bye");

  private static Map<String, String> with(String... more) {
    Map<String, String> m = new HashMap<>(USUAL);
    for (int i = 0; i < more.length; i += 2) {
      m.put(more[i], more[i + 1]);
    }
    return m;
  }

  private void send(int port, String yaml)
      throws IOException, NotifyException, InterruptedException {
    Email kind = new Email();
    String text = yaml.replace("{port}", String.valueOf(port));
    YamlObject o = YamlDocument.parse("e.yml", null, text).root().object(kind.section());
    o.readAll();
    GlobalConfig g = GlobalConfig.read(null);
    kind.check(o, g);
    Templates templates = Templates.load(List.of(), () -> NOW, "http://am");
    Alert alert =
        new Alert(
            LabelSet.of(Map.of("alertname", "Füll")),
            LabelSet.of(Map.of("text", ".dot <b>\n.\nend")),
            NOW,
            null,
            "http://p",
            NOW,
            false);
    Notifier n = kind.open(o, g, new NotifierContext(clients, templates, () -> NOW));
    n.send(
        new Notification(
            "{}:{alertname=\"Füll\"}",
            List.of(alert),
            templates.data(
                "r",
                LabelSet.of(Map.of("alertname", "Füll")),
                LabelSet.EMPTY,
                "first notification",
                List.of(alert),
                NOW),
            NOW,
            new HashMap<>()),
        Duration.ofSeconds(10));
  }

  private static final String PLAIN =
      """
      to: 'Ops <ops@example.org>, {{ "b@example.org" }}'
      from: am@example.org
      smarthost: 127.0.0.1:{port}
      require_tls: false
      """;

  @Test
  void deliversMessage() throws Exception {
    int port = server("220 there", USUAL);
    send(
        port,
        PLAIN
            + """
            text: '{{ range .Alerts }}{{ .Annotations.text }}{{ end }}'
            html: '<p>{{ range .Alerts }}{{ .Annotations.text }}{{ end }}</p>'
            headers: {subject: 'S {{ .Status }} ü', X-Group: '{{ .GroupLabels.alertname }}'}
            threading: {enabled: true, thread_by_date: none}
            """);
    assertThat(heard.subList(0, 5))
        .containsExactly(
            "EHLO localhost",
            "MAIL FROM:<am@example.org>",
            "RCPT TO:<ops@example.org>",
            "RCPT TO:<b@example.org>",
            "DATA");
    assertThat(heard)
        .contains(
            "From: am@example.org",
            "To: Ops <ops@example.org>, b@example.org",
            "subject: =?utf-8?q?S_firing_=C3=BC?=",
            "X-Group: =?utf-8?q?F=C3=BCll?=",
            "Date: Fri, 2 Jan 2026 03:04:05 GMT",
            "MIME-Version: 1.0",
            "..dot <b>",
            "..",
            "<p>.dot &lt;b&gt;",
            "QUIT")
        .anyMatch(l -> l.matches("References: <alert-[0-9a-f]{16}-@alertmanager>"))
        .anyMatch(l -> l.matches("Message-Id: <.*@.*>"))
        .filteredOn(l -> l.equals("."))
        .hasSize(1);
  }

  @Test
  void authenticatesAsTheServerRequires() throws Exception {
    String user = PLAIN + "auth_username: u\nauth_password: p\nauth_secret: s\n";
    send(server("220 x", with("EHLO", "250-x\r\n250 AUTH PLAIN LOGIN", "AUTH", "235 in")), user);
    assertThat(heard)
        .contains(
            "AUTH PLAIN "
                + Base64.getEncoder().encodeToString("\0u\0p".getBytes(StandardCharsets.UTF_8)));
    heard.clear();
    send(
        server(
            "220 x",
            with(
                "EHLO",
                "250 x\r\n".replace("250 ", "250-") + "250 AUTH LOGIN",
                "AUTH",
                "334 VXNlcm5hbWU6",
                "dQ==",
                "334 UGFzc3dvcmQ6",
                "cA==",
                "235 in")),
        user);
    assertThat(heard).contains("AUTH LOGIN", "dQ==", "cA==");
    heard.clear();
    // The example of RFC 2195, with its user and secret.
    String cram =
        Base64.getEncoder()
            .encodeToString(
                "<1896.697170952@postoffice.reston.mci.net>".getBytes(StandardCharsets.UTF_8));
    String response =
        Base64.getEncoder()
            .encodeToString(
                "tim b913a602c7eda7a495b4e6e7334d3890".getBytes(StandardCharsets.UTF_8));
    send(
        server(
            "220 x",
            with(
                "EHLO",
                "250-x\r\n250 AUTH CRAM-MD5 PLAIN",
                "AUTH",
                "334 " + cram,
                response,
                "235 in")),
        PLAIN + "auth_username: tim\nauth_secret: tanstaaftanstaaf\n");
    assertThat(heard).contains("AUTH CRAM-MD5", response);
    int refusing = server("220 x", with("EHLO", "250-x\r\n250 AUTH PLAIN", "AUTH", "535 no"));
    assertThatThrownBy(() -> send(refusing, user))
        .hasMessageContaining("535 no")
        .matches(e -> !((NotifyException) e).again())
        .matches(e -> ((NotifyException) e).reason() == NotifyException.Reason.AUTH_ERROR);
  }

  @Test
  void reportsRejectionsOfServers() throws Exception {
    int noTls = server("220 x", USUAL);
    assertThatThrownBy(() -> send(noTls, PLAIN.replace("require_tls: false", "require_tls: true")))
        .hasMessageContaining("does not advertise the STARTTLS extension");
    for (String[] step :
        new String[][] {
          {"MAIL", "451 later"}, {"RCPT", "450 later"}, {"DATA", "452 full"}, {".", "451 x"}
        }) {
      int port = server("220 x", with(step));
      assertThatThrownBy(() -> send(port, PLAIN))
          .as(step[0])
          .hasMessageContaining(step[1])
          .matches(e -> ((NotifyException) e).again());
    }
    int never = server("220 x", with("RCPT", "550 nobody here"));
    assertThatThrownBy(() -> send(never, PLAIN))
        .hasMessageContaining("550 nobody here")
        .matches(e -> !((NotifyException) e).again());
    int other = server("SSH-2.0-x", USUAL);
    assertThatThrownBy(() -> send(other, PLAIN)).hasMessageContaining("does not support SMTP");
    assertThatThrownBy(() -> send(1, PLAIN)).matches(e -> ((NotifyException) e).again());
    assertThatThrownBy(() -> send(noTls, PLAIN.replace("am@example.org", "a@b, c@d")))
        .hasMessageContaining("must be exactly one 'from' address (got: 2)");
  }

  /** Python's own server and parser of mail: programs that we did not write. */
  @Test
  void independentServerAcceptsTheMail() throws Exception {
    Files.writeString(
        dir.resolve("server.py"),
        """
        import warnings; warnings.simplefilter("ignore")
        import smtpd, asyncore, email, email.policy, sys
        class S(smtpd.SMTPServer):
            def process_message(self, peer, mailfrom, rcpttos, data, **kw):
                m = email.message_from_bytes(data, policy=email.policy.default)
                parts = list(m.iter_parts())
                print("SUBJECT", m["Subject"]); print("RCPT", rcpttos); print("TYPES", [p.get_content_type() for p in parts])
                print("TEXT", repr(parts[0].get_content())); print("DEFECTS", m.defects, parts[0].defects, parts[1].defects)
                print("HTML", "F&uuml;ll" in parts[1].get_content() or "Füll" in parts[1].get_content())
                sys.stdout.flush()
        s = S(("127.0.0.1", 0), None)
        print("PORT", s.socket.getsockname()[1]); sys.stdout.flush()
        asyncore.loop()
        """);
    Process p;
    try {
      p =
          new ProcessBuilder("python3", "server.py")
              .directory(dir.toFile())
              .redirectOutput(dir.resolve("out").toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      Assumptions.abort("needs python3");
      return;
    }
    open.add(p::destroy);
    String first = await(p, "PORT");
    Assumptions.assumeTrue(first.startsWith("PORT"), "needs python3 with smtpd");
    send(
        Integer.parseInt(first.strip().split(" ")[1]),
        PLAIN + "text: '{{ range .Alerts }}{{ .Annotations.text }}{{ end }} ü'\n");
    assertThat(await(p, "HTML"))
        .contains(
            "SUBJECT [FIRING:1] Füll",
            "RCPT ['ops@example.org', 'b@example.org']",
            "TYPES ['text/plain', 'text/html']",
            "TEXT '.dot <b>\\n.\\nend ü'",
            "DEFECTS [] [] []",
            "HTML True");
  }

  private String await(Process p, String word) throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      String out = Files.readString(dir.resolve("out"));
      if (out.contains(word) && out.endsWith("\n") || p.waitFor(0, TimeUnit.SECONDS)) {
        return out;
      }
      if (System.nanoTime() > end) {
        throw new AssertionError("no " + word + ":\n" + out);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }
}
