package dev.tethys.pipeline.receiver;

import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** The consumer after a receiver: it keeps batches and answers as configured. */
public final class TestPipeline implements Consumer {
  public final List<Batch> batches = new CopyOnWriteArrayList<>();
  public volatile Outcome outcome = Outcome.ACCEPTED;

  @Override
  public void consume(Batch batch, AckCallback ack) {
    batches.add(batch);
    Outcome o = outcome;
    // Settled by another thread, as a destination does.
    Thread.ofVirtual().start(() -> ack.complete(o));
  }

  /** Uses this consumer for some signals. */
  public Map<Signal, Consumer> of(Signal... signals) {
    Map<Signal, Consumer> m = new HashMap<>();
    for (Signal s : signals) {
      m.put(s, this);
    }
    return m;
  }

  /** Reads settings as a configuration has them. */
  public static <T> T read(Type<T> type, String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    T t = type.read(d.root());
    d.refuseNotBuilt();
    return t;
  }
}
