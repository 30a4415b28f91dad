package dev.tethys.web.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ResourceCache.Change;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Lists, events and limits of a cache. */
@Timeout(60)
class ResourceCacheTest {
  private static final String PATH = "/api/v1/things";

  private KubernetesDouble api;
  private HttpClientFactory clients;
  private @Nullable Thread thread;
  private final LinkedBlockingQueue<List<Change<String>>> changes = new LinkedBlockingQueue<>();

  @BeforeEach
  void start() throws Exception {
    api = new KubernetesDouble();
    clients = new HttpClientFactory("test");
  }

  @AfterEach
  void stop() {
    Thread t = thread;
    if (t != null) {
      t.interrupt();
    }
    clients.close();
    api.close();
  }

  @Test
  void reportsAddedChangedAndDeletedObjects() throws Exception {
    put("a", "1");
    ResourceCache<String> cache = start(100, false);
    assertThat(changes.take()).containsExactly(new Change<>("ns/a", null, "1"));
    put("b", "1");
    assertThat(changes.take()).containsExactly(new Change<>("ns/b", null, "1"));
    put("a", "2");
    assertThat(changes.take()).containsExactly(new Change<>("ns/a", "1", "2"));
    api.delete(PATH, "ns/b");
    assertThat(changes.take()).containsExactly(new Change<>("ns/b", "1", null));
    assertThat(cache.objects()).containsExactly(Map.entry("ns/a", "2"));
  }

  @Test
  void comparesNewListAfterForgottenVersion() throws Exception {
    put("a", "1");
    put("b", "1");
    start(100, false);
    assertThat(changes.take()).hasSize(2);
    api.forget();
    put("c", "1");
    api.delete(PATH, "ns/a");
    api.endWatches();
    List<Change<String>> list = changes.take();
    while (list.size() == 1) { // an event that was sent before the watch ended
      list = changes.take();
    }
    assertThat(list).anySatisfy(c -> assertThat(c).isEqualTo(new Change<>("ns/b", "1", "1")));
  }

  @Test
  void keepsAtMostTheGivenNumberOfObjects() throws Exception {
    put("a", "1");
    put("b", "1");
    put("c", "1");
    ResourceCache<String> cache = start(2, false);
    assertThat(changes.take()).hasSize(2);
    assertThat(cache.objects()).hasSize(2);
    String kept = cache.objects().firstKey();
    api.delete(PATH, kept);
    assertThat(changes.take()).containsExactly(new Change<>(kept, "1", null));
    put("d", "1");
    assertThat(changes.take()).containsExactly(new Change<>("ns/d", null, "1"));
  }

  @Test
  void retainsOnlyThePartThatTheListenerReads() throws Exception {
    put("a", "1");
    ResourceCache<String> cache = start(100, true);
    assertThat(changes.take()).containsExactly(new Change<>("ns/a", null, "1"));
    assertThat(cache.objects()).containsEntry("ns/a", "kept 1");
    put("a", "2");
    assertThat(changes.take()).containsExactly(new Change<>("ns/a", "kept 1", "2"));
  }

  @Test
  void leavesOutObjectsBeyondTheLimit() throws Exception {
    String large = "x".repeat(ObjectTree.MAX_CHARS);
    put("a", large);
    put("b", "1");
    ResourceCache<String> cache = start(100, false);
    assertThat(changes.take()).containsExactly(new Change<>("ns/b", null, "1"));
    put("b", large);
    assertThat(changes.take()).containsExactly(new Change<>("ns/b", "1", null));
    put("b", "2");
    assertThat(changes.take()).containsExactly(new Change<>("ns/b", null, "2"));
    assertThat(cache.objects()).containsOnlyKeys("ns/b");
  }

  @Test
  void readsObjectsWithoutManagedFields() throws Exception {
    api.put(
        PATH,
        "ns/a",
        "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"a\",\"managedFields\":[{\"x\":\""
            + "x".repeat(ObjectTree.MAX_CHARS)
            + "\"}]},\"value\":\"1\"}");
    start(100, false);
    assertThat(changes.take()).containsExactly(new Change<>("ns/a", null, "1"));
  }

  private void put(String name, String value) {
    api.put(
        PATH,
        "ns/" + name,
        "{\"metadata\":{\"namespace\":\"ns\",\"name\":\""
            + name
            + "\"},\"value\":\""
            + value
            + "\"}");
  }

  private ResourceCache<String> start(int maxObjects, boolean shortens) {
    ResourceCache<String> cache =
        new ResourceCache<>(
            new ResourceWatch.Scope(PATH, "", "", false),
            new ResourceWatch.Connection(
                ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT_HTTP1),
                (c, call) -> clients.client(c).send(call),
                _ -> Thread.yield()),
            new Noting(shortens),
            maxObjects);
    Thread t = cache.thread("test");
    t.start();
    thread = t;
    return cache;
  }

  private final class Noting implements ResourceCache.Listener<String> {
    private final boolean shortens;

    Noting(boolean shortens) {
      this.shortens = shortens;
    }

    @Override
    public String read(JsonNode object) {
      return object.path("value").asString("");
    }

    @Override
    public String retained(String object) {
      return shortens ? "kept " + object : object;
    }

    @Override
    public void changed(List<Change<String>> now) {
      changes.add(now);
    }

    @Override
    public void synced() {}

    @Override
    public void failed(String what, String reason) {}
  }
}
