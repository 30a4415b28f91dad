package dev.tethys.query.logql.exec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.query.logql.InMemoryLogStore;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.exec.LiveTail.Delivery;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LiveTailTest {
  private static final long WAIT = 20_000_000_000L;
  private static final Labels API = Labels.of("app", "api");

  private final TailedLogStore store = new TailedLogStore(new InMemoryLogStore(4));

  @AfterEach
  void close() {
    store.close();
  }

  private void append(String tenant, Labels stream, long time, String... lines) {
    LogBatch b = new LogBatch();
    int s = b.stream(stream);
    int name = b.name("user");
    for (String line : lines) {
      byte[] bytes = line.getBytes(UTF_8);
      b.add(time, s, bytes, 0, bytes.length);
      b.metadata(name, "ann".getBytes(UTF_8), 0, 3);
    }
    store.append(Scope.of(tenant), b);
  }

  private LiveTail tail(String tenant, String query) {
    LiveTail t = store.tail(Scope.of(tenant), query, 0);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                t.filter();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    return t;
  }

  private static List<LogEntry> take(LiveTail t, int n) throws InterruptedException {
    List<LogEntry> out = new ArrayList<>();
    while (out.size() < n) {
      out.addAll(Objects.requireNonNull(t.next(n, WAIT)).entries());
    }
    return out;
  }

  @Test
  void evaluatesEntriesWhenStored() throws Exception {
    append("fake", API, 1, "level=info before");
    LiveTail t = tail("fake", "{app=\"api\"} |= \"err\" | logfmt");
    append("fake", API, 2, "level=info ok", "level=error err");
    append("fake", Labels.of("app", "web"), 3, "level=error err");
    append("other", API, 3, "level=error err");
    append("fake", API, 4, "level=warn err");
    List<LogEntry> got = take(t, 2);
    assertThat(got).extracting(LogEntry::text).containsExactly("level=error err", "level=warn err");
    assertThat(got.getFirst().parsed().get("level")).isEqualTo("error");
    assertThat(got.getFirst().metadata()).isEqualTo(Labels.of("user", "ann"));
    assertThat(Objects.requireNonNull(t.next(10, 1)).entries()).isEmpty();
  }

  @Test
  void addsTenantLabelForSeveralTenants() throws Exception {
    LiveTail t = tail("a|b", "{app=\"api\", __tenant_id__=\"b\"}");
    append("a", API, 1, "of a");
    append("b", API, 1, "of b");
    append("c", API, 1, "of c");
    LogEntry e = take(t, 1).getFirst();
    assertThat(e.text()).isEqualTo("of b");
    assertThat(e.stream()).isEqualTo(Labels.of("app", "api", "__tenant_id__", "b"));
  }

  @Test
  void skipsEntriesAlreadyFound() throws Exception {
    LiveTail t = tail("fake", "{app=\"api\"}");
    append("fake", API, 1, "one", "two");
    LogEntry one =
        new LogEntry(1, "one".getBytes(UTF_8), API, Labels.of("user", "ann"), Labels.EMPTY);
    t.skip(List.of(one));
    assertThat(take(t, 1)).extracting(LogEntry::text).containsExactly("two");
  }

  @Test
  void fullQueueDropsAndCounts() throws Exception {
    LiveTail t = store.tail(Scope.DEFAULT, "{app=\"api\"}", 0); // nothing takes from the queue
    int more = 1500;
    for (int i = 0; i < LiveTail.MAX_QUEUED + more; i++) {
      append("fake", API, i, "x");
    }
    Delivery d = Objects.requireNonNull(t.next(1, WAIT));
    assertThat(d.droppedCount()).isEqualTo(more);
    assertThat(d.dropped()).hasSize(LiveTail.MAX_LISTED);
    assertThat(d.dropped().getFirst()).isEqualTo(new LiveTail.Dropped(API, LiveTail.MAX_QUEUED));
  }

  @Test
  void delayedEntriesWait() throws Exception {
    LiveTail t = store.tail(Scope.DEFAULT, "{app=\"api\"}", WAIT * 100);
    Thread filter = Thread.ofVirtual().start(() -> runFilter(t));
    append("fake", API, 1, "x");
    assertThat(Objects.requireNonNull(t.next(1, 1_000_000)).entries()).isEmpty();
    t.close();
    filter.join();
  }

  private static void runFilter(LiveTail t) {
    try {
      t.filter();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void closingStopsTails() throws Exception {
    LiveTail t = tail("fake", "{app=\"api\"}");
    assertThat(store.openTails(Scope.DEFAULT)).isEqualTo(1);
    store.closeTails();
    @Nullable Delivery d = t.next(1, WAIT);
    assertThat(d).isNull();
    assertThat(store.openTails(Scope.DEFAULT)).isZero();
    assertThat(store.tail(Scope.DEFAULT, "{app=\"api\"}", 0).next(1, WAIT)).isNull();
  }

  @Test
  void rejectsMetricQueries() {
    assertThatThrownBy(() -> store.tail(Scope.DEFAULT, "rate({app=\"api\"}[1m])", 0))
        .isInstanceOf(LogqlParseException.class)
        .hasMessageContaining("only log selector is supported");
  }
}
