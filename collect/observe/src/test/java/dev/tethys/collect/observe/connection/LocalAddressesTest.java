package dev.tethys.collect.observe.connection;

import static dev.tethys.collect.observe.connection.ConnectionFilterTest.ip;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalAddressesTest {
  private static final String TRIE =
      """
      Main:
        +-- 0.0.0.0/0 3 0 5
           |-- 0.0.0.0
              /0 universe UNICAST
           +-- 10.0.0.0/24 2 0 2
              |-- 10.0.0.0
                 /24 link UNICAST
              |-- 10.0.0.7
                 /32 host LOCAL
              |-- 10.0.0.255
                 /32 link BROADCAST
           +-- 127.0.0.0/8 2 0 2
              |-- 127.0.0.1
                 /32 host LOCAL
      """;
  private static final String IF_INET6 =
      """
      00000000000000000000000000000001 01 80 10 80       lo
      fe80000000000000020c29fffe000001 02 40 20 80     eth0
      20010db8000000000000000000000007 02 40 00 80     eth0
      """;

  @TempDir Path proc;

  @Test
  void listsNamespaceAddressesWithLoopbackForTheHostOnly() throws Exception {
    process(1, 4026531833L);
    process(20, 4026532000L);
    LocalAddresses a = new LocalAddresses(proc);
    assertThat(a.isHost((int) 4026531833L)).isTrue();
    assertThat(a.isHost((int) 4026532000L)).isFalse();
    assertThat(a.of((int) 4026531833L, 1))
        .containsExactlyInAnyOrder(ip("127.0.0.1"), ip("10.0.0.7"), ip("::1"), ip("2001:db8::7"));
    assertThat(a.of((int) 4026532000L, 20))
        .containsExactlyInAnyOrder(ip("10.0.0.7"), ip("2001:db8::7"));
  }

  @Test
  void hasNoAddressesOfAnEndedProcess() {
    assertThat(new LocalAddresses(proc).of(5, 99)).isEmpty();
  }

  private void process(int id, long namespace) throws Exception {
    Path p = proc.resolve(Integer.toString(id));
    Files.createDirectories(p.resolve("net"));
    Files.createDirectories(p.resolve("ns"));
    Files.createSymbolicLink(p.resolve("ns/net"), Path.of("net:[" + namespace + "]"));
    Files.writeString(p.resolve("net/fib_trie"), TRIE);
    Files.writeString(p.resolve("net/if_inet6"), IF_INET6);
  }
}
