package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.SimpleResolver;

/** Against dnsmasq, over UDP, and over TCP where a response is too long for that. */
@Tag("slow")
class RealNameServerTest {
  private static final Path DNSMASQ = Path.of("/usr/sbin/dnsmasq");
  private static final int MANY = 80;

  private final Setting setting = new Setting();
  private final int port = Ports.free();
  private Process dnsmasq;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(Files.isExecutable(DNSMASQ), "dnsmasq is not installed");
    List<String> command =
        new ArrayList<>(
            List.of(
                DNSMASQ.toString(),
                "--keep-in-foreground",
                "--port=" + port,
                "--listen-address=127.0.0.1",
                "--bind-interfaces",
                "--no-resolv",
                "--no-hosts",
                "--conf-file=/dev/null",
                "--pid-file=",
                "--user=" + System.getProperty("user.name"),
                "--local=/ex.test/",
                "--srv-host=_metrics._tcp.ex.test,a.ex.test,9100",
                "--srv-host=_metrics._tcp.ex.test,b.ex.test,9101",
                "--mx-host=ex.test,mail.ex.test,10",
                "--host-record=a.ex.test,192.0.2.1,2001:db8::1"));
    for (int i = 0; i < MANY; i++) {
      command.add("--srv-host=_many._tcp.ex.test,a-host-with-a-long-name-" + i + ".ex.test,9100");
    }
    dnsmasq = new ProcessBuilder(command).redirectErrorStream(true).start();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!answers()) {
      assertThat(dnsmasq.isAlive()).as("dnsmasq runs").isTrue();
      assertThat(System.nanoTime()).as("dnsmasq answers within half a minute").isLessThan(until);
      dnsmasq.waitFor(50, TimeUnit.MILLISECONDS);
    }
  }

  private boolean answers() {
    try (Socket s = new Socket()) {
      s.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (dnsmasq != null) {
      dnsmasq.destroy();
      dnsmasq.waitFor();
    }
  }

  private List<String> addresses(DnsConfig.RecordType type, int targetPort, String name)
      throws IOException, InterruptedException {
    SimpleResolver resolver = new SimpleResolver("127.0.0.1");
    resolver.setPort(port);
    DnsConfig c = new DnsConfig(List.of(name), type, targetPort, Duration.ofSeconds(30));
    return new DnsLookup(c, setting.context.metrics(), resolver)
        .refresh().getFirst().targets().stream().map(t -> t.get("__address__")).sorted().toList();
  }

  @Test
  void readsRecordsOfEveryKind() throws Exception {
    assertThat(addresses(DnsConfig.RecordType.SRV, 0, "_metrics._tcp.ex.test"))
        .containsExactly("a.ex.test:9100", "b.ex.test:9101");
    assertThat(addresses(DnsConfig.RecordType.A, 80, "a.ex.test")).containsExactly("192.0.2.1:80");
    assertThat(addresses(DnsConfig.RecordType.AAAA, 80, "a.ex.test"))
        .containsExactly("[2001:db8:0:0:0:0:0:1]:80");
    assertThat(addresses(DnsConfig.RecordType.MX, 25, "ex.test"))
        .containsExactly("mail.ex.test:25");
    assertThat(addresses(DnsConfig.RecordType.A, 80, "nobody.ex.test")).isEmpty();
  }

  @Test
  void readsResponseTooLongForOnePacket() throws Exception {
    assertThat(addresses(DnsConfig.RecordType.SRV, 0, "_many._tcp.ex.test")).hasSize(MANY);
  }

  @Test
  void rejectingServerIsAnError() {
    assertThatThrownBy(() -> addresses(DnsConfig.RecordType.A, 80, "elsewhere.example.org"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("elsewhere.example.org");
  }
}
