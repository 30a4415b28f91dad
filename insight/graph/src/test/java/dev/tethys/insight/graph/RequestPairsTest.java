package dev.tethys.insight.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.guard.SeriesMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestPairsTest {
  private static final int WAIT = 100;

  private final SeriesMemory memory = new SeriesMemory(1_000_000);
  private final List<String> counted = new ArrayList<>();
  private boolean full;

  private RequestPairs pairs(int maxWaiting, MissingSide missing) {
    return new RequestPairs(
        maxWaiting,
        WAIT,
        missing,
        memory,
        (key, r, now) -> {
          counted.add(key.tenant() + r.client + ">" + r.server + " " + r.connection + r.virtual);
          return !full;
        });
  }

  private static Request.Key key(String tenant, long span) {
    return new Request.Key(tenant, 1, 2, span, span == 0);
  }

  private static boolean client(RequestPairs p, Request.Key key, @Nullable String peer, long now) {
    Request r = Objects.requireNonNull(p.find(key, now));
    r.client = "web";
    r.peer = peer;
    return p.settle(key, r, now);
  }

  private static boolean server(RequestPairs p, Request.Key key, long now) {
    Request r = Objects.requireNonNull(p.find(key, now));
    r.server = "cart";
    return p.settle(key, r, now);
  }

  @Test
  void pairsBothSidesInAnyOrder() {
    RequestPairs p = pairs(10, MissingSide.IGNORED);
    client(p, key("", 1), null, 0);
    server(p, key("", 1), 50);
    server(p, key("", 2), 60);
    client(p, key("", 2), null, 70);
    assertThat(counted).containsExactly("web>cart ", "web>cart ");
    assertThat(memory.inUse()).isZero();
  }

  @Test
  void neverPairsTwoTenants() {
    RequestPairs p = pairs(10, MissingSide.IGNORED);
    client(p, key("a", 1), null, 0);
    server(p, key("b", 1), 0);
    assertThat(counted).isEmpty();
  }

  @Test
  void namesMissingSidesByTempoRules() {
    RequestPairs p = pairs(10, MissingSide.BY_PEER);
    client(p, key("", 1), "stripe", 0);
    client(p, key("", 2), null, 0);
    server(p, key("", 0), 0);
    server(p, key("", 3), 0);
    p.expire(WAIT - 1);
    assertThat(counted).isEmpty();
    p.expire(WAIT);
    assertThat(counted).containsExactly("web>stripe virtual_node", "user>cart virtual_node");
    assertThat(p.unpaired()).isEqualTo(2);
  }

  @Test
  void namesMissingSidesByCollectorRules() {
    RequestPairs p = pairs(10, MissingSide.OR_UNKNOWN);
    client(p, key("", 1), null, 0);
    server(p, key("", 0), 0);
    server(p, key("", 3), 0);
    p.expire(WAIT);
    assertThat(counted)
        .containsExactly("web>unknown virtual_nodeserver", "user>cart virtual_nodeclient");
    assertThat(p.unpaired()).isEqualTo(1);
  }

  @Test
  void ignoresLoneSpansOfNodeAgents() {
    RequestPairs p = pairs(10, MissingSide.BY_PEER);
    Request r = Objects.requireNonNull(p.find(key("", 1), 0));
    r.client = "web";
    r.peer = "db";
    r.observed = true;
    p.settle(key("", 1), r, 0);
    p.expire(WAIT);
    assertThat(counted).isEmpty();
    assertThat(p.unpaired()).isZero();
  }

  @Test
  void refusesRequestsBeyondTheLimitUntilOthersExpire() {
    RequestPairs p = pairs(1, MissingSide.IGNORED);
    client(p, key("", 1), null, 0);
    assertThat(p.find(key("", 2), 1)).isNull();
    assertThat(p.find(key("", 1), 1)).isNotNull();
    assertThat(p.find(key("", 2), WAIT)).isNotNull();
    assertThat(p.dropped()).isEqualTo(1);
  }

  @Test
  void refusesRequestsBeyondTheMemoryOfSeries() {
    RequestPairs p = pairs(1000, MissingSide.IGNORED);
    String peer = "p".repeat(100_000);
    int kept = 0;
    for (int i = 1; i <= 10; i++) {
      kept += client(p, key("", i), peer, 0) ? 1 : 0;
    }
    assertThat(kept).isEqualTo(3);
    assertThat(p.dropped()).isEqualTo(7);
    p.expire(WAIT);
    assertThat(memory.inUse()).isZero();
  }

  @Test
  void countsRefusalsOfEdges() {
    full = true;
    RequestPairs p = pairs(10, MissingSide.BY_PEER);
    client(p, key("", 1), null, 0);
    assertThat(server(p, key("", 1), 0)).isFalse();
    client(p, key("", 2), "stripe", 0);
    p.expire(WAIT);
    assertThat(p.dropped()).isEqualTo(2);
  }
}
