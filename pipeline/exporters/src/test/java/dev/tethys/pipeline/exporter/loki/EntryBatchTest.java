package dev.tethys.pipeline.exporter.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.loki.PushWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.testkit.Waiting;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EntryBatchTest {
  @Test
  void sentBatchKeepsOnlyAcknowledgements() {
    AtomicInteger settled = new AtomicInteger();
    EntryBatch batch = new EntryBatch("", null);
    LogEntry entry = new LogEntry(Labels.of("app", "a"), 1, "x", settled::incrementAndGet);
    batch.add(entry, "{app=\"a\"}", new byte[] {'x'}, 0, 1);
    WeakReference<PushWriter> writer = new WeakReference<>(batch.detachWriter());
    Waiting.await(
        () -> {
          System.gc();
          return writer.refersTo(null);
        });
    assertThatThrownBy(batch::writer).isInstanceOf(NullPointerException.class);
    batch.settle();
    assertThat(settled).hasValue(1);
  }
}
