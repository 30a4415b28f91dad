package dev.tethys.collect.discovery.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.Setting;
import dev.tethys.testkit.Ports;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ZooKeeper's own server, written to with ZooKeeper's own client. */
class RealZooKeeperTest {
  private static final int TICK_MILLIS = 500;

  @TempDir Path folder;

  private ServerCnxnFactory server(int port) throws Exception {
    File dir = folder.toFile();
    ServerCnxnFactory f = new NIOServerCnxnFactory();
    f.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
    f.startup(new ZooKeeperServer(dir, dir, TICK_MILLIS));
    return f;
  }

  private static ZooKeeper client(int port) throws Exception {
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper zk =
        new ZooKeeper(
            "127.0.0.1:" + port,
            30_000,
            e -> {
              if (e.getState() == KeeperState.SyncConnected) {
                connected.countDown();
              }
            });
    connected.await();
    return zk;
  }

  private static void put(ZooKeeper zk, String path, String data, CreateMode mode)
      throws Exception {
    zk.create(path, data.getBytes(StandardCharsets.UTF_8), Ids.OPEN_ACL_UNSAFE, mode);
  }

  @Test
  void readsMembersAcrossAServerRestart() throws Exception {
    int port = Ports.free();
    ServerCnxnFactory server = server(port);
    Setting setting = new Setting();
    setting.goOn.release(1000);
    Setting.Seen seen = new Setting.Seen();
    Discovery d =
        Setting.read(
                "nerve_sd_configs: [{servers: ['127.0.0.1:" + port + "'], paths: [/nerve/web]}]")
            .getFirst()
            .discovery(setting.context);
    Thread running =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    d.run(seen);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try {
      try (ZooKeeper zk = client(port)) {
        put(zk, "/nerve", "", CreateMode.PERSISTENT);
        put(zk, "/nerve/web", "", CreateMode.PERSISTENT);
        put(zk, "/nerve/web/a", "{\"host\":\"a\",\"port\":1}", CreateMode.PERSISTENT);
        seen.await(s -> s.addresses().equals(List.of("a:1")));
        put(zk, "/nerve/web/b", "{\"host\":\"b\",\"port\":2}", CreateMode.EPHEMERAL);
        seen.await(s -> s.addresses().equals(List.of("a:1", "b:2")));
        zk.setData(
            "/nerve/web/a", "{\"host\":\"a\",\"port\":9}".getBytes(StandardCharsets.UTF_8), -1);
        seen.await(s -> s.addresses().equals(List.of("a:9", "b:2")));
      }
      // The session that made it has ended, and with it the node.
      seen.await(s -> s.addresses().equals(List.of("a:9")));
      server.shutdown();
      server = server(port);
      try (ZooKeeper zk = client(port)) {
        put(zk, "/nerve/web/c", "{\"host\":\"c\",\"port\":3}", CreateMode.PERSISTENT);
        seen.await(s -> s.addresses().equals(List.of("a:9", "c:3")));
        zk.delete("/nerve/web/a", -1);
        seen.await(s -> s.addresses().equals(List.of("c:3")));
      }
      assertThat(seen.groups).containsOnlyKeys("/nerve/web/c");
    } finally {
      running.interrupt();
      running.join();
      server.shutdown();
    }
  }
}
