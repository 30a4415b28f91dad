package dev.tethys.web.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.HttpClientFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Resources that a server does not have. */
@Timeout(60)
class ResourceWatchTest {
  private static final String PATH = "/apis/example.org/v1/things";

  @Test
  void reportsMissingResourcesOnlyAfterTheServerIsReady() throws Exception {
    List<String> told = new ArrayList<>();
    try (KubernetesDouble api = new KubernetesDouble();
        HttpClientFactory clients = new HttpClientFactory("test")) {
      api.undefine(PATH);
      api.ready(false);
      int[] pauses = new int[1];
      ResourceWatch<String> w =
          new ResourceWatch<>(
              new ResourceWatch.Scope(PATH, "", "", false),
              new ResourceWatch.Connection(
                  ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT_HTTP1),
                  (c, call) -> clients.client(c).send(call),
                  d -> {
                    switch (pauses[0]++) {
                      case 0 -> {}
                      case 1 -> api.ready(true);
                      case 2 -> api.forbid("/readyz", true);
                      default -> throw new InterruptedException();
                    }
                  }),
              new Noting(told));
      try {
        w.run();
      } catch (InterruptedException e) {
        // as asked
      }
    }
    assertThat(told)
        .containsExactly(
            "failed list " + PATH,
            "failed list " + PATH,
            "missing list " + PATH,
            "missing list " + PATH);
  }

  private record Noting(List<String> told) implements ResourceWatch.Sink<String> {
    @Override
    public String keep(JsonNode object) {
      return "";
    }

    @Override
    public void replace(Map<String, String> now) {}

    @Override
    public void put(String key, String object) {}

    @Override
    public void remove(String key) {}

    @Override
    public void synced() {}

    @Override
    public void failed(String what, String reason) {
      told.add("failed " + what);
    }

    @Override
    public void missing(String what, String reason) {
      told.add("missing " + what);
    }
  }
}
