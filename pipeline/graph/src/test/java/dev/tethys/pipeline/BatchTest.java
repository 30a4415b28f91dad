package dev.tethys.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class BatchTest {
  private static LogsData logs(String... bodies) {
    LogsData data = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (String b : bodies) {
      LogRecord l = new LogRecord();
      l.setBody(b);
      s.items().add(l);
    }
    r.scopes().add(s);
    data.resources().add(r);
    return data;
  }

  private static Batch bytes(String... bodies) {
    byte[] b = new OtlpWriter().write(logs(bodies));
    return new Batch(Signal.LOGS, Encoding.OTLP, b, bodies.length, 0);
  }

  private static Batch tree(String... bodies) {
    return Batch.of(Signal.LOGS, logs(bodies), 0, Metadata.NONE);
  }

  private static List<String> bodies(Batch b) {
    Batch copy = new Batch(b.signal(), b.encoding(), b.body(), b.items(), b.lane());
    List<String> found = new ArrayList<>();
    records(copy.takeTree()).forEach(l -> found.add(String.valueOf(l.body())));
    return found;
  }

  private static List<LogRecord> records(Telemetry<?> tree) {
    List<LogRecord> all = new ArrayList<>();
    ((LogsData) tree).resources().forEach(r -> r.scopes().forEach(s -> all.addAll(s.items())));
    return all;
  }

  private static Batch edited(Batch b, String suffix) {
    Telemetry<?> t = b.takeTree();
    records(t).forEach(l -> l.setBody(l.body() + suffix));
    return b.with(b.signal(), t);
  }

  @Test
  void passesATreeBetweenEditorsAndEncodesItOnce() {
    Batch first = edited(bytes("a", "b"), "1");
    Telemetry<?> tree = first.takeTree();
    first.keepTree(tree);
    assertThat(first.takeTree()).as("put back, not read again").isSameAs(tree);
    first.keepTree(tree);
    Batch second = edited(first, "2");
    assertThat(second.body()).isSameAs(second.body());
    assertThat(bodies(second)).containsExactly("a12", "b12");
  }

  @Test
  void takenTreeCannotBeSentByMistake() {
    Batch b = tree("a");
    b.takeTree();
    assertThatThrownBy(b::body).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void editsOfTheTreeLeaveBytesUnchanged() {
    Batch b = bytes("a");
    byte[] before = b.body().clone();
    edited(b, "x");
    assertThat(b.body()).isEqualTo(before);
    assertThat(bodies(edited(b, "y"))).containsExactly("ay");
  }

  @Test
  void branchesDoNotSeeEachOthersEdits() {
    for (Batch b : List.of(bytes("a"), tree("a"))) {
      b.share();
      Batch left = edited(b, "l");
      Batch right = edited(b, "r");
      assertThat(bodies(left)).containsExactly("al");
      assertThat(bodies(right)).containsExactly("ar");
      assertThat(bodies(b)).containsExactly("a");
      assertThat(bodies(edited(b, "late"))).containsExactly("alate");
    }
  }

  @Test
  void mergesTreesAsTreesAndOthersAsBytes() {
    Batch trees = Batch.join(List.of(tree("a"), tree("b", "c")), 7, Metadata.NONE);
    assertThat(trees.items()).isEqualTo(3);
    assertThat(trees.lane()).isEqualTo(7);
    Telemetry<?> t = trees.takeTree();
    assertThat(t.itemCount()).isEqualTo(3);
    trees.keepTree(t);
    assertThat(bodies(trees)).containsExactly("a", "b", "c");
    Batch shared = tree("d");
    shared.share();
    Batch mixed = Batch.join(List.of(bytes("a"), tree("b"), shared), 0, Metadata.NONE);
    assertThat(bodies(mixed)).containsExactly("a", "b", "d");
    assertThat(bodies(shared)).containsExactly("d");
  }

  @Test
  void estimatesATreesVolumeFromItsSource() {
    Batch b = bytes("aaaa", "bbbb");
    Telemetry<?> t = b.takeTree();
    t.resources().getFirst().scopes().getFirst().items().removeLast();
    Batch half = b.with(Signal.LOGS, t);
    assertThat(half.size()).isEqualTo(b.size() / 2);
    assertThat(half.items()).isEqualTo(1);
    half.body();
    assertThat(half.size()).isEqualTo(half.body().length);
  }

  @Test
  void encodesProfilesAsOtlpOnDemand() {
    ProfileBatch profiles = new ProfileBatch();
    AtomicInteger written = new AtomicInteger();
    Batch b =
        Batch.ofProfiles(
            profiles,
            () -> {
              written.incrementAndGet();
              return new byte[0];
            },
            3,
            40,
            Metadata.NONE);
    b.share();
    assertThat(b.size()).isEqualTo(40);
    assertThat(b.takeProfiles()).isSameAs(profiles);
    assertThat(b.takeProfiles()).isNull();
    assertThat(written).hasValue(0);
    assertThat(b.takeTree()).isInstanceOf(ProfilesData.class);
    assertThat(b.body()).isEmpty();
    assertThat(b.measure()).isZero();
    assertThat(written).hasValue(1);
  }

  @Test
  void mergesProfilesAsOtlp() {
    List<Batch> two = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      two.add(Batch.ofProfiles(new ProfileBatch(), () -> new byte[0], 1, 1, Metadata.NONE));
    }
    Batch joined = Batch.join(two, 0, Metadata.NONE);
    assertThat(joined.takeProfiles()).isNull();
    assertThat(joined.takeTree()).isInstanceOf(ProfilesData.class);
  }
}
