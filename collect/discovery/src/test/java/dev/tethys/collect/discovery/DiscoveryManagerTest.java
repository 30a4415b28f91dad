package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiscoveryManagerTest {
  private final Setting setting = new Setting();
  private final BlockingQueue<Map<String, List<TargetGroup>>> heard = new LinkedBlockingQueue<>();
  private final DiscoveryManager manager =
      new DiscoveryManager(setting.context, Duration.ofSeconds(5), heard::add);

  @AfterEach
  void stop() {
    manager.close();
  }

  /** A discovery whose news the test gives. */
  private record Fed(String name, BlockingQueue<List<TargetGroup>> news, AtomicInteger starts)
      implements DiscoveryConfig {
    Fed(String name) {
      this(name, new LinkedBlockingQueue<>(), new AtomicInteger());
    }

    @Override
    public String mechanism() {
      return "fed";
    }

    @Override
    public Discovery discovery(DiscoveryContext context) {
      return sink -> {
        starts.incrementAndGet();
        while (true) {
          sink.update(news.take());
        }
      };
    }

    @Override
    public Map<String, @Nullable Object> tree() {
      return Map.of();
    }
  }

  private Map<String, List<TargetGroup>> receive() throws InterruptedException {
    Map<String, List<TargetGroup>> m = heard.poll(20, TimeUnit.SECONDS);
    assertThat(m).as("news within 20 s").isNotNull();
    return m;
  }

  private static List<String> addresses(@Nullable List<TargetGroup> groups) {
    return (groups == null ? List.<TargetGroup>of() : groups)
        .stream().flatMap(g -> g.targets().stream()).map(t -> t.get("__address__")).toList();
  }

  @Test
  void firstUpdateContainsWrittenTargets() throws InterruptedException {
    manager.apply(Map.of("a", List.of(new StaticConfig(List.of(Setting.group("0", "x:1"))))));
    assertThat(addresses(receive().get("a"))).containsExactly("x:1");
  }

  /** A discovery that ends with an error when it runs for the first time. */
  private record Exhausted(AtomicInteger starts) implements DiscoveryConfig {
    @Override
    public String mechanism() {
      return "exhausted";
    }

    @Override
    public Discovery discovery(DiscoveryContext context) {
      return sink -> {
        if (starts.incrementAndGet() == 1) {
          throw new OutOfMemoryError("Java heap space");
        }
        sink.update(List.of(Setting.group("s", "x:1")));
      };
    }

    @Override
    public Map<String, @Nullable Object> tree() {
      return Map.of();
    }
  }

  /** Memory ends in a discovery, and in what it passes its first news to. */
  @Test
  void updatesArriveAfterOutOfMemory() throws InterruptedException {
    setting.goOn.release(1_000);
    AtomicInteger calls = new AtomicInteger();
    try (DiscoveryManager m =
        new DiscoveryManager(
            setting.context,
            Duration.ofSeconds(5),
            all -> {
              if (calls.incrementAndGet() == 1) {
                throw new OutOfMemoryError("Java heap space");
              }
              heard.add(all);
            })) {
      m.apply(Map.of("a", List.of(new Exhausted(new AtomicInteger()))));
      Map<String, List<TargetGroup>> news = receive();
      while (addresses(news.get("a")).isEmpty()) {
        news = receive();
      }
      assertThat(addresses(news.get("a"))).containsExactly("x:1");
    }
  }

  @Test
  void listenerReceivesMissedGroupsAgainAfterAnOutOfMemoryError() throws InterruptedException {
    AtomicInteger calls = new AtomicInteger();
    try (DiscoveryManager m =
        new DiscoveryManager(
            setting.context,
            Duration.ofSeconds(5),
            all -> {
              if (calls.incrementAndGet() == 1) {
                throw new OutOfMemoryError("Java heap space");
              }
              heard.add(all);
            })) {
      m.apply(Map.of("a", List.of(new StaticConfig(List.of(Setting.group("0", "x:1"))))));
      assertThat(addresses(receive().get("a"))).containsExactly("x:1");
    }
  }

  @Test
  void throttlesAndCombinesUpdates() throws InterruptedException {
    Fed fed = new Fed("f");
    manager.apply(Map.of("a", List.of(fed)));
    assertThat(receive().get("a")).isEmpty();
    fed.news.add(List.of(Setting.group("s", "x:1")));
    fed.news.add(List.of(Setting.group("t", "y:1")));
    fed.news.add(List.of(Setting.group("s", "x:2")));
    while (!fed.news.isEmpty()) {
      Waiting.pause();
    }
    assertThat(heard).isEmpty();
    setting.goOn.release();
    Map<String, List<TargetGroup>> m = receive();
    while (addresses(m.get("a")).size() < 2 || !addresses(m.get("a")).contains("x:2")) {
      setting.goOn.release();
      m = receive();
    }
    assertThat(addresses(m.get("a"))).containsExactly("x:2", "y:1");
  }

  @Test
  void reloadKeepsUnchangedDiscoveriesRunning() throws InterruptedException {
    Fed kept = new Fed("kept");
    Fed gone = new Fed("gone");
    setting.goOn.release(100);
    manager.apply(Map.of("a", List.of(kept), "b", List.of(gone)));
    kept.news.add(List.of(Setting.group("s", "x:1")));
    Map<String, List<TargetGroup>> m = receive();
    while (addresses(m.get("a")).isEmpty()) {
      m = receive();
    }
    manager.apply(Map.of("a", List.of(kept), "c", List.of(kept)));
    m = receive();
    while (m.containsKey("b")) {
      m = receive();
    }
    assertThat(addresses(m.get("a"))).containsExactly("x:1");
    assertThat(addresses(m.get("c"))).containsExactly("x:1");
    assertThat(kept.starts).hasValue(1);
  }
}
